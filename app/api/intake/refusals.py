"""Why a delivery is not taken, and how that is answered: as a problem document, at both doors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import orjson

from app.errors import GatewayError
from app.integrations.protocol import Refused, WhyRefused
from app.tracing.origin import CURRENT
from app.web.safety import AS_BYTES

RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a delivery is not taken. `result` is the metric's label."""

    status: int
    result: str
    title: str
    fix: str


class Refuse(GatewayError):
    """Ends the request with this refusal. `retry_after`: in seconds, where it is another than usual."""

    def __init__(self, refusal: Refusal, retry_after: int = RETRY_AFTER_SECONDS) -> None:
        super().__init__(refusal.title)
        self.refusal = refusal
        self.retry_after = retry_after

    @property
    def answer(self) -> Answer:
        return answer_to(self.refusal, self.retry_after)


UNKNOWN = Refusal(
    404, "unknown", "There is no such webhook address", "Copy the address from the connection: gateway connections show NAME"
)
NEVER_OURS = replace(UNKNOWN)
"""Of an id that the gateway cannot have made. It costs nothing: no look-up, no memory, no line in the log."""
NO_SECRET = Refusal(404, "no-secret", "This connection takes no webhooks", "Set the connection's webhook secret first")
UNSIGNED = Refusal(401, "unsigned", "The signature is missing", "Give the shop's webhook the connection's webhook secret")
TOO_LARGE = Refusal(413, "too-large", "The body is too large", "Raise GATEWAY_MAX_BODY_BYTES if the shop really sends that much")
TOO_SLOW = Refusal(408, "too-slow", "The body did not arrive in time", "Look at the network between the shop and the gateway")
NOT_REACHABLE = Refusal(503, "not-stored", "The delivery could not be kept just now", "Send it again")
FULL = Refusal(503, "full", "Too many deliveries wait to be kept", "Send it again")
BUSY = Refusal(503, "busy", "Too many large bodies are being received just now", "Send it again")
SLOWED = Refusal(429, "slowed", "Too many wrong signatures came from this address", "Send it again, with the right secret")
HEAD_TOO_LARGE = Refusal(
    431,
    "head-too-large",
    "The first line and headers are too large",
    "Send fewer and shorter ones (GATEWAY_MAX_HEAD_BYTES)",
)
HEAD_TOO_SLOW = Refusal(408, "head-too-slow", "The request's headers did not arrive in time", "Look at the network in between")
NOT_HTTP = Refusal(400, "not-http", "This is no HTTP request", "Send HTTP/1.1; nothing of it was read")
CROWDED = Refusal(503, "crowded", "There are too many connections just now", "Try again, and close what is not used")
FAILED = Refusal(500, "internal", "The gateway failed", "Send it again; the gateway's log has the details")
HUNG_UP = Refusal(400, "hung-up", "The client hung up before the body had arrived", "Send it again")

STATUS_OF: dict[WhyRefused, int] = {
    WhyRefused.UNSIGNED: 401,
    WhyRefused.BAD_SIGNATURE: 401,
    WhyRefused.WRONG_TYPE: 415,
    WhyRefused.NOT_READABLE: 400,
}
"""How a system's own refusals are answered."""

PASSING = (429, 503)
"""Statuses that name a time after which the same is worth another try."""
JSON = "application/json"
PROBLEM = "application/problem+json"


class Answer(NamedTuple):
    """What goes back. `result` is the metric's label."""

    status: int
    body: bytes
    media_type: str
    result: str
    retry_after: int = 0
    request_id: str | None = None


def answer_headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    kind, length = (b"content-type", answer.media_type.encode()), (b"content-length", str(len(answer.body)).encode())
    headers = [kind, length, *AS_BYTES]
    if answer.retry_after:
        headers.append((b"retry-after", str(answer.retry_after).encode()))
    if answer.request_id is not None:
        headers.append((b"x-request-id", answer.request_id.encode()))
    return headers


def refusal_of(refused: Refused) -> Refusal:
    """A system's own reason for not taking a delivery, as it is answered."""
    return Refusal(STATUS_OF[refused.reason], refused.code or refused.reason.value, refused.title, refused.fix)


def answer_to(refusal: Refusal, retry_after: int = RETRY_AFTER_SECONDS) -> Answer:
    """A refusal as a problem document, with the id of the request that is answered. `retry_after` is for those that pass."""
    origin = CURRENT.get()
    request_id = origin.request_id if origin else None
    kind = f"urn:gateway:problem:{refusal.result}"
    said = {"type": kind, "title": refusal.title, "status": refusal.status, "detail": refusal.title, "fix": refusal.fix}
    if request_id is not None:
        said["request_id"] = request_id
    body = orjson.dumps(said)
    pause = retry_after if refusal.status in PASSING else 0
    return Answer(refusal.status, body, PROBLEM, refusal.result, pause, request_id)
