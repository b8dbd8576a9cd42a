"""Stock levels: their rows, and lists of them."""
