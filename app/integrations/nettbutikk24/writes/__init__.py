"""What is written to a shop: shipments and quantities."""
