"""Returns: what came back, why, and what callers announce."""
