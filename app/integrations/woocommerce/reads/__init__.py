"""What is read from a shop."""
