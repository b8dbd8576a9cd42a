"""What the warehouse is sent of articles and orders: pure tables, read beside the requirement."""
