"""What people and programs may give: bounded numbers, times with a zone, phrases, and flags that are true or false."""

from app.given.model import Flag, Given, Instant
from app.given.phrases import Phrases, said_in

__all__ = ["Flag", "Given", "Instant", "Phrases", "said_in"]
