"""What a simulator was asked and what it answered, call by call."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request


@dataclass(frozen=True)
class Call:
    """One call as it arrived (`query` and `body` decoded) and the answer it got. `at` is UTC."""

    number: int
    at: datetime
    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any
    status: int
    answer: Any
    fault: str | None = None
    traceparent: str | None = None


@dataclass
class Journal:
    """Every call, oldest first, the newest `limit` of them kept."""

    limit: int = 100_000
    calls: deque[Call] = field(default_factory=deque)
    count: int = 0

    def add(self, request: Request, body: Any, status: int, answer: Any, fault: str | None = None) -> None:
        self.count += 1
        self.calls.append(
            Call(
                number=self.count,
                at=datetime.now(UTC),
                method=request.method,
                path=request.url.path,
                query=list(request.query_params.multi_items()),
                body=body,
                status=status,
                answer=answer,
                fault=fault,
                traceparent=request.headers.get("traceparent"),
            )
        )
        if len(self.calls) > self.limit:
            self.calls.popleft()

    def since(self, number: int = 0) -> list[Call]:
        return [call for call in self.calls if call.number > number]


def decoded(raw: bytes, charset: str = "utf-8") -> Any:
    """A body as the journal keeps it: decoded where it is JSON, otherwise as text; None when there is none."""
    if not raw:
        return None
    try:
        return orjson.loads(raw if charset == "utf-8" else raw.decode(charset))
    except orjson.JSONDecodeError:
        return raw.decode(charset, errors="replace")
