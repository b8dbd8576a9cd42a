"""What a webhook says, and how the webhooks that a shop has of us are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from app.domain import Process, SourceRecord

# --- what a webhook says ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Announced:
    """The delivery holds the record itself."""

    record: SourceRecord


@dataclass(frozen=True)
class ReadNeeded:
    """The delivery names a record (moved to the trash, or too thin to map): it must be read."""

    process: Process
    source_id: str
    why: str


@dataclass(frozen=True)
class SweepNeeded:
    """Something happened and the delivery does not say to which record: look through all that are open."""

    process: Process
    why: str


@dataclass(frozen=True)
class NotOurs:
    """Nothing to do, with the reason (`code` is stable). `alert` when an operator should hear of it."""

    code: str
    why: str
    alert: bool = False


Announcement = Announced | ReadNeeded | SweepNeeded | NotOurs


# --- the webhooks a shop has of us ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WebhookSeen:
    """One webhook as the shop shows it; never with its secret. `modified_at` is UTC."""

    id: str
    name: str
    topic: str
    status: str
    """As the shop says: active, paused, disabled."""
    delivery_url: str
    modified_at: datetime | None = None


class Mend(StrEnum):
    """What is done about a webhook."""

    REGISTER = "register"
    REPAIR = "repair"
    DELETE = "delete"


class Fault(StrEnum):
    """Why it is done. Stable, for logs, metrics and people."""

    MISSING = "missing"
    DISABLED = "disabled"
    """The shop gave it up after failures in a row. Switched on again it would go with the next failure, so it is made anew."""
    PAUSED = "paused"
    ELSEWHERE = "elsewhere"
    """It points to another address than the gateway's."""
    DUPLICATE = "duplicate"
    WITHOUT_RIGHTS = "without-rights"
    """The user who made it has lost his rights: its deliveries hold errors."""
    UNWANTED = "unwanted"


@dataclass(frozen=True)
class WebhookAction:
    """One step of putting webhooks right. `webhook_id` is None for a registration."""

    mend: Mend
    fault: Fault
    topic: str
    webhook_id: str | None
    message: str


@runtime_checkable
class ManagesWebhooks(Protocol):
    """A shop whose webhooks can be made and mended over its API. Raises the RemoteErrors of `app.errors`."""

    async def webhooks(self) -> tuple[WebhookSeen, ...]:
        """All webhooks of the shop, other people's included."""
        ...

    def webhook_plan(
        self, seen: Sequence[WebhookSeen], url: str, without_rights: Collection[str] = ()
    ) -> tuple[WebhookAction, ...]:
        """What must be done so that every wanted topic reaches `url` once. Pure; touches only webhooks that are ours.

        `without_rights` are ids of webhooks whose deliveries hold errors. Carry the steps out in the order given: what replaces a
        webhook is made before it is deleted, so that no event falls between.
        """
        ...

    async def register(self, topic: str, url: str, secret: str) -> WebhookSeen:
        """Makes a webhook; the shop greets the address before it answers.

        Not idempotent: look at `webhooks` after an unknown outcome.
        """
        ...

    async def repair(self, webhook_id: str, url: str, secret: str) -> WebhookSeen:
        """Sets address, secret and the status active. Does not reset the shop's count of failures. Raises NoSuchRecord."""
        ...

    async def delete_webhook(self, webhook_id: str) -> None:
        """Deletes it for good; one that is gone already is no error."""
        ...
