"""One call to a shop, and how its answers are read."""
