"""What is read of a shop: what changed, single records, and what belongs beside them."""
