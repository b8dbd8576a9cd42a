"""Who sent a webhook, what it says, and how the webhooks that a system has of us are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
    """The sender is proven, and the body can be read."""


@dataclass(frozen=True)
class Greeting:
    """It asks whether the address works: answered 200 and otherwise ignored. `webhook_id`: of the webhook that sends it."""

    webhook_id: str | None = None
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
class WontCall:
    """Why a system will not call an address, and what to do. `code` is stable."""

    code: str
    text: str
    fix: str


@dataclass(frozen=True)
class RightsMissing:
    """Why webhooks cannot be made with the connection's credentials. `code` is stable."""

    code: str
    text: str
    fix: str


class IncomingWebhooks(Protocol):
    """How a system's webhooks are recognised and understood. Holds no state; calls nothing."""

    kept_headers: frozenset[str]
    """Lower-case names of the system's own headers that are kept with a delivery. What proves who sent it is none of them."""
    refusals: tuple[Refused, ...]
    """Everything that a delivery can be refused for, for the documentation."""

    def body_limit(self, headers: Mapping[str, str], most: int) -> int | Refused:
        """How many bytes of the body to read, at most `most`, or why none. This is decided before the body arrives."""
        ...

    def authenticate(self, request: WebhookRequest, secret: str) -> Accepted | Greeting | Refused:
        """Checks the sender by the raw body, in constant time, and whether the body can be read."""
        ...

    def proof(self, headers: Mapping[str, str]) -> str:
        """What proves the body of a delivery that was accepted: the same for the same body, and for no other."""
        ...

    def delivery_id(self, headers: Mapping[str, str]) -> str | None:
        """What the system names this very delivery. None: it names none."""
        ...

    def topic(self, request: WebhookRequest) -> str | None:
        """What the delivery says it is about, for people to read."""
        ...

    def interpret(
        self,
        headers: Mapping[str, str],
        body: bytes,
        settings: ConnectionSettings,
        credentials: BaseModel,
        facts: Mapping[str, Any] | None = None,
    ) -> Announcement:
        """What a genuine delivery says. `facts` are those of the connection's last test. Pure; never raises on odd bodies."""
        ...

    def webhook_id(self, headers: Mapping[str, str]) -> str | None:
        """The id that the webhook which sent a delivery has in the system (`WebhookSeen.id`). None: the headers do not say."""
        ...

    def not_called(self, url: str, credentials: BaseModel, facts: Mapping[str, Any]) -> WontCall | None:
        """Why the system will never call this address of ours, as far as the address itself tells. Pure."""
        ...

    def rights_missing(self, facts: Mapping[str, Any]) -> RightsMissing | None:
        """Why webhooks cannot be made, from the last connection test. None when nothing prevents it."""
        ...


def by_any(webhooks: IncomingWebhooks, request: WebhookRequest, secrets: Sequence[str]) -> Accepted | Greeting | Refused:
    """The sender is proven by whichever of the secrets fits; there is one at least."""
    known = webhooks.authenticate(request, secrets[0])
    for secret in secrets[1:]:
        if not (isinstance(known, Refused) and known.reason is WhyRefused.BAD_SIGNATURE):
            break
        known = webhooks.authenticate(request, secret)
    return known


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
    """Something happened and the delivery does not say to which record: look through all that are open.

    `without_right` is set where the system says that somebody may not see the record: who that is, in words that people find in
    the system. The webhook brings nothing until he may.
    """

    process: Process
    why: str
    without_right: str | None = None


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
    """One webhook as the shop shows it. `modified_at` is UTC."""

    id: str
    name: str
    topic: str
    status: str
    """As the shop says: active, paused, disabled."""
    delivery_url: str
    modified_at: datetime | None = None
    secret: str = field(default="", repr=False)
    """What the shop signs its deliveries with, where it says so when it makes the webhook. Kept with the connection's secrets."""


class Mend(StrEnum):
    """What is done about a webhook."""

    REGISTER = "register"
    REPAIR = "repair"
    DELETE = "delete"


class Fault(StrEnum):
    """Why it is done. Stable, for logs, metrics and people."""

    MISSING = "missing"
    DISABLED = "disabled"
    """The shop switched it off after several failures in a row. If it were switched on again, the next failure would switch it
    off at once. So it is made anew."""
    PAUSED = "paused"
    ELSEWHERE = "elsewhere"
    """It points to another address than the gateway's."""
    DUPLICATE = "duplicate"
    WITHOUT_RIGHTS = "without-rights"
    """The user who made it has lost the rights. Its deliveries hold errors."""
    UNWANTED = "unwanted"
    SIGNATURE = "signature"
    """It may sign with another secret than the connection's: that cannot be read in the shop, so the secret is written again."""


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
    """A shop whose webhooks can be made and repaired over its API. Raises the RemoteErrors of `app.errors`."""

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
