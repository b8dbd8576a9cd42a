"""A sentence for people: in English here, and by its pattern in the other languages of the console's catalogues."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, init=False)
class Sentence:
    """`Sentence("The order is closed in %(shop)s", shop="the shop")`. The pattern stands in the catalogues as it is written."""

    pattern: str
    values: dict[str, str | int | None] = field(default_factory=dict)

    def __init__(self, pattern: str, **values: str | int | None) -> None:
        object.__setattr__(self, "pattern", pattern)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        return self.pattern % self.values
