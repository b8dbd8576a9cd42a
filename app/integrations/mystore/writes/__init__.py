"""What is written to a shop."""
