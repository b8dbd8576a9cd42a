"""A message about alerts, and what it looks like as JSON, for Slack and for Microsoft Teams.

Slack: an incoming webhook's `text` (the notification) and `blocks`. `&`, `<` and `>` are escaped, so that no text mentions
anybody. Teams: the message with an Adaptive Card that the Workflows trigger "When a Teams webhook request is received" takes.
Both bound the size of a message, so long ones name fewer alerts and say how many more there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.engine.upkeep.alerting.kinds import meaning
from app.records.alerts import About, Alert
from app.settings import Settings

MOST_IN_CHATS = 20
LONGEST_IN_CHATS = 350
"""Characters of one alert: twenty of them stay below Slack's 13,000 for all blocks, and below the 28 KB of Teams."""


@dataclass(frozen=True)
class Item:
    """An alert as people are told of it. `about`: its record by the shop's number, like `order 5012`. No personal data."""

    kind: str
    connection: str | None
    subject: str
    text: str
    times: int
    first_at: datetime
    last_at: datetime
    about: str | None = None
    closed_at: datetime | None = None
    closed_why: str | None = None
    link: str | None = None

    @property
    def where(self) -> str:
        return f"{self.connection or 'gateway'}, {self.about or self.subject}"

    @property
    def said(self) -> str:
        if self.closed_at is not None:
            return f"closed: {self.closed_why or 'by a person'}"
        return self.text + (f" ({self.times} times)" if self.times > 1 else "")

    def plain(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "meaning": meaning(self.kind),
            "state": "open" if self.closed_at is None else "closed",
            "connection": self.connection,
            "subject": self.subject,
            "record": self.about,
            "text": self.text,
            "count": self.times,
            "first_at": self.first_at.isoformat(),
            "last_at": self.last_at.isoformat(),
            "closed_at": self.closed_at.isoformat() if self.closed_at else None,
            "closed_why": self.closed_why,
            "link": self.link,
        }


def item_of(alert: Alert, about: About | None, settings: Settings) -> Item:
    return Item(
        alert.kind,
        alert.connection,
        alert.subject,
        alert.text,
        alert.times,
        alert.first_at,
        alert.last_at,
        f"{about.kind} {about.number}" if about else None,
        alert.closed_at,
        alert.closed_why,
        link_to(settings, f"/console/alerts/{alert.id}"),
    )


def link_to(settings: Settings, path: str) -> str | None:
    return settings.public_url.rstrip("/") + path if settings.public_url else None


@dataclass(frozen=True)
class Message:
    """`more`: alerts that are not in it."""

    raised: Sequence[Item]
    closed: Sequence[Item] = ()
    more: int = 0

    @property
    def title(self) -> str:
        items = [*self.raised, *self.closed]
        names = sorted({each.connection for each in items if each.connection})
        named = f" ({', '.join(names[:3])}{' …' if len(names) > 3 else ''})" if names else ""
        return f"Gateway: {self._counted(len(items))}{named}"

    def _counted(self, count: int) -> str:
        if not self.raised:
            return f"{count} alerts closed" if count > 1 else f"Closed: {meaning(self.closed[0].kind)}"
        return f"{count} alerts" if count > 1 else meaning(self.raised[0].kind)

    def sections(self) -> list[tuple[str, list[Item]]]:
        """By kind, with its meaning as heading; what is over comes last."""
        found = [
            (meaning(kind), [each for each in self.raised if each.kind == kind])
            for kind in dict.fromkeys(each.kind for each in self.raised)
        ]
        return [*found, *([("Over", list(self.closed))] if self.closed else [])]

    def cut_to(self, most: int) -> Message:
        raised = self.raised[:most]
        closed = self.closed[: most - len(raised)]
        left_out = len(self.raised) + len(self.closed) - len(raised) - len(closed)
        return replace(self, raised=raised, closed=closed, more=self.more + left_out)

    @property
    def ending(self) -> str | None:
        return f"And {self.more} more; see: gateway alerts" if self.more else None


def as_json(message: Message) -> dict[str, Any]:
    closed = [each.plain() for each in message.closed]
    return {"alerts": [each.plain() for each in message.raised], "closed": closed, "more": message.more}


def as_slack(message: Message) -> dict[str, Any]:
    short = message.cut_to(MOST_IN_CHATS)
    blocks: list[dict[str, Any]] = [_slack_text("header", "plain_text", _cut(short.title, 150))]
    for heading, items in short.sections():
        blocks.append(_slack_text("section", "mrkdwn", f"*{_escaped(heading)}*"))
        blocks += [_slack_text("section", "mrkdwn", _slack_line(each)) for each in items]
    if short.ending:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": _escaped(short.ending)}]})
    return {"text": _escaped(message.title), "blocks": blocks[:50]}


def _slack_text(block: str, kind: str, text: str) -> dict[str, Any]:
    return {"type": block, "text": {"type": kind, "text": text}}


def _slack_line(item: Item) -> str:
    where = _escaped(item.where)
    linked = f"<{_escaped(item.link)}|{where}>" if item.link else where
    return f"{linked}: {_escaped(_cut(item.said, LONGEST_IN_CHATS))}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_teams(message: Message) -> dict[str, Any]:
    short = message.cut_to(MOST_IN_CHATS)
    body = [_teams_text(short.title, size="Large", weight="Bolder")]
    for heading, items in short.sections():
        body.append(_teams_text(heading, weight="Bolder", separator=True))
        body += [_teams_text(_cut(f"{each.where}: {each.said}", LONGEST_IN_CHATS)) for each in items]
    if short.ending:
        body.append(_teams_text(short.ending, isSubtle=True))
    link = next((each.link for each in (*short.raised, *short.closed) if each.link), None)
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": [{"type": "Action.OpenUrl", "title": "Open the alert", "url": link}] if link else [],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _teams_text(text: str, **how: Any) -> dict[str, Any]:
    # A card reads Markdown: what links, or stands out, in an outside system's words stays plain.
    plain = "".join(f"\\{each}" if each in "\\*_[]`#" else each for each in text)
    return {"type": "TextBlock", "text": plain, "wrap": True, **how}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


BODIES = {"json": as_json, "slack": as_slack, "teams": as_teams}
"""By GATEWAY_ALERT_WEBHOOK_FORMAT."""
