"""Stock levels: read from both sides, and written to the shop."""
