"""The JSON of whole answers and deliveries from outside."""

from app.json_answers.whole import NotJson, TooMuch, has_junk, is_json, parse, read, with_junk

__all__ = ["NotJson", "TooMuch", "has_junk", "is_json", "parse", "read", "with_junk"]
