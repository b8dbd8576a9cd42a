"""Who sent a webhook, what it says, and how the webhooks that a system has of us are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, runtime_checkable

from pydantic import BaseModel

from app.domain import Process, SourceRecord
from app.integrations.protocol.settings import ConnectionSettings

# --- who sent a webhook -----------------------------------------------------------------------------------------------


class WebhookRequest(NamedTuple):
    """A delivery as it came in. `headers` have lower-case names; `query` is what stands behind `?`, as it was sent."""

    headers: Mapping[str, str]
    query: bytes
    body: bytes


class WhyRefused(StrEnum):
    """Stable, for metrics and problem documents."""

    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad-signature"
    WRONG_TYPE = "wrong-type"
    NOT_READABLE = "not-readable"


@dataclass(frozen=True)
class Accepted:
    """It comes from whom it says, and its body can be read."""


@dataclass(frozen=True)
class Greeting:
    """It asks whether the address works: answered 200 and otherwise ignored."""

    answer: bytes = b'{"status":"pong"}'
    media_type: str = "application/json"


@dataclass(frozen=True)
class Refused:
    """It is not taken. `code` names the reason more closely than `reason`, for metrics and problem documents."""

    reason: WhyRefused
    title: str
    fix: str
    code: str = ""


@dataclass(frozen=True)
class SignedError:
    """A genuine delivery that held an error instead of a record: its headers, and what `SweepNeeded.why` said of it."""

    headers: Mapping[str, str]
    why: str


@dataclass(frozen=True)
class RightsMissing:
    """Why webhooks cannot be made with the connection's credentials. `code` is stable."""

    code: str
    text: str
    fix: str


class IncomingWebhooks(Protocol):
    """How a system's webhooks are recognised and understood. Holds no state; calls nothing."""

    proof_headers: frozenset[str]
    """Lower-case names of the headers that prove who sent a delivery. They are not kept with it."""
    refusals: tuple[Refused, ...]
    """Everything that a delivery can be refused for, for the documentation."""

    def body_limit(self, headers: Mapping[str, str], most: int) -> int | Refused:
        """How many bytes of the body are read, at most `most`; or why none are. Decided before the body arrives."""
        ...

    def authenticate(self, request: WebhookRequest, secret: str) -> Accepted | Greeting | Refused:
        """Whether it comes from whom it says, by its raw body and in constant time, and whether it can be read at all."""
        ...

    def topic(self, request: WebhookRequest) -> str | None:
        """What the delivery says it is about, for people to read."""
        ...

    def interpret(
        self, headers: Mapping[str, str], body: bytes, settings: ConnectionSettings, credentials: BaseModel
    ) -> Announcement:
        """What a genuine delivery says. Pure; never raises on odd bodies."""
        ...

    def failed_webhook_ids(self, events: Iterable[SignedError]) -> frozenset[str]:
        """The webhooks whose maker may no longer see the records, by what their deliveries said."""
        ...

    def rights_missing(self, facts: Mapping[str, Any]) -> RightsMissing | None:
        """What the last connection test found that keeps us from making webhooks; None when nothing does."""
        ...


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
