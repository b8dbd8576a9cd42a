"""Single calls to a shop, and how its values are written."""
