"""What every integration needs and none should write again: problems of records in the system's own words, and number rules."""
