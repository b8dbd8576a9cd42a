"""Mappings over REST: what is shown of a record on both sides, and what people do with it."""
