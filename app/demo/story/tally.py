"""The demo in figures: counted from the steps that it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

PLACED = re.compile(r"\bbuys\b")
TAKEN_BACK = re.compile(r"\b(cancels|is deleted|is withdrawn)$")
ENTERED = re.compile(r"^order \S+ created\b")
TOLD = re.compile(r"\border \S+ is \S+$")


@dataclass
class Tally:
    """`held`: the orders that wait for a person, by number, each with the reason."""

    placed: int = 0
    taken_back: int = 0
    entered: int = 0
    told: int = 0
    webhooks: int = 0
    failed: int = 0
    held: dict[str, str] = field(default_factory=dict)

    def see(self, where: str, words: str, *, is_trouble: bool) -> None:
        """One step, as it is shown."""
        self.failed += is_trouble
        match where:
            case "shop":
                self.placed += bool(PLACED.search(words))
                self.taken_back += bool(TAKEN_BACK.search(words))
            case "webhook":
                self.webhooks += 1
            case "warehouse":
                self.entered += bool(ENTERED.search(words)) and not is_trouble
            case "gateway":
                self.told += bool(TOLD.search(words)) and not is_trouble

    @property
    def line(self) -> str:
        """For the foot of the screen."""
        return f"orders {self.placed} · in the warehouse {self.entered} · told to the shop {self.told} · held {len(self.held)}"

    def good_bye(self) -> list[str]:
        went = f"{self.entered} orders went into the warehouse, and the shops were told of {self.told}."
        return [
            f"Good-bye. While you watched, {self.placed} orders were placed and {self.taken_back} taken back.",
            f"{self.webhooks} webhooks came, {went}",
            f"{len(self.held)} orders waited for a person at the end, and {self.failed} steps failed.",
        ]
