"""What is read of the ERP: what changed, single records, and what belongs beside them."""
