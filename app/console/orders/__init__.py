"""Orders and articles: found by any number, one page each, what a person can do about one or about all that a list shows."""
