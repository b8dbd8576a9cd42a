"""A piece of work that has begun, whether traces are switched on or not."""

from __future__ import annotations

from dataclasses import dataclass

from app.tracing.origin import Origin

Attribute = str | int


@dataclass
class Work:
    """`origin` is what its own steps come from. Without traces it tells nobody anything."""

    origin: Origin

    def note(self, name: str, value: Attribute) -> None:
        """Says more about it."""

    def end(self) -> None:
        """To be called once, for what `spans.begin` gave."""
