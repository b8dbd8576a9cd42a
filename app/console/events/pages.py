"""The addresses of the pages of events and dead letters."""

from __future__ import annotations

from app.console.events import events, letters
from app.console.kit.console import Console
from app.domain import Right

EVENTS = "/console/events"
LETTERS = "/console/dead-letters"


def register(console: Console) -> None:
    console.get(EVENTS, events.events_page)
    console.get(f"{EVENTS}/{{event_id}}", events.event_page)
    console.post(f"{EVENTS}/{{event_id}}/replay", events.replay_event, back=f"{EVENTS}/{{event_id}}")
    console.get(LETTERS, letters.letters_page)
    console.get(f"{LETTERS}/replay", letters.trial_page, right=Right.SYNC)
    console.post(f"{LETTERS}/replay", letters.replay_all, back=LETTERS)
    console.get(f"{LETTERS}/{{letter_id}}", letters.letter_page)
    console.post(f"{LETTERS}/{{letter_id}}/replay", letters.replay_one, back=f"{LETTERS}/{{letter_id}}")
