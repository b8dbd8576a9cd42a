"""What is written to the WMS, and what is wrong with a record before a call is spent."""
