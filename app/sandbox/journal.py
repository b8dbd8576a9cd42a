"""What a simulator was asked and what it answered, call by call; and the faults it was told to show."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send


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
            )
        )
        if len(self.calls) > self.limit:
            self.calls.popleft()

    def since(self, number: int = 0) -> list[Call]:
        return [call for call in self.calls if call.number > number]


@dataclass
class Fault:
    """A fault to show for the next `times` matching calls (None: until cleared).

    `kind` is one of: `status` (answer `status`, with `retry_after` seconds when given), `slow` (wait `seconds`, then answer as
    usual), `hang-up` (close without an answer), `html` (200 with an HTML page), and what a simulator adds of its own.
    `method` and `path` (a prefix) narrow it down; `after_write` shows it only once the change has been made, so that the caller
    does not learn that it was.
    """

    kind: str
    method: str | None = None
    path: str | None = None
    times: int | None = None
    status: int = 500
    seconds: float = 0.0
    retry_after: str | None = None
    after_write: bool = False

    def matches(self, request: Request) -> bool:
        return (
            (self.times is None or self.times > 0)
            and (self.method is None or self.method.upper() == request.method)
            and (self.path is None or request.url.path.startswith(self.path))
        )


@dataclass
class Faults:
    """The faults in force."""

    active: list[Fault] = field(default_factory=list)

    def take(self, request: Request) -> Fault | None:
        """The first fault that matches, used up once; None when the call is to be answered as usual."""
        for fault in self.active:
            if fault.matches(request):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None


def control_routes(journal: Journal, faults: Faults) -> list[Route]:
    """The routes under `/_sandbox` by which a test or a person reads the journal and sets faults.

    `GET /_sandbox/journal?since=N`, `GET|POST|DELETE /_sandbox/faults` (POST takes one fault as JSON).
    """

    async def read_journal(request: Request) -> Response:
        since = int(request.query_params.get("since", "0"))
        return Response(orjson.dumps([asdict(call) for call in journal.since(since)], default=str), media_type="application/json")

    async def change_faults(request: Request) -> Response:
        if request.method == "POST":
            try:
                faults.active.append(Fault(**orjson.loads(await request.body())))
            except (TypeError, orjson.JSONDecodeError) as error:
                return JSONResponse({"error": f"not a fault: {error}"}, status_code=422)
        elif request.method == "DELETE":
            faults.active.clear()
        return JSONResponse([asdict(fault) for fault in faults.active])

    return [
        Route("/_sandbox/journal", read_journal, methods=["GET"]),
        Route("/_sandbox/faults", change_faults, methods=["GET", "POST", "DELETE"]),
    ]


class HangUp(Response):
    """Promises an answer and breaks the connection off in the middle of it.

    Raising before anything was sent would not do: the server would answer 500 of its own accord.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        raise ConnectionResetError("the simulator hangs up, as it was told to")


async def show(fault: Fault) -> Response | None:
    """The answer of a common fault, after its delay; None when the call goes on as usual.

    `hang-up` is a `HangUp`: sending it breaks the connection off.
    """
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return None
    if fault.kind == "status":
        headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
        return JSONResponse({"Message": "An error has occurred."}, status_code=fault.status, headers=headers)
    if fault.kind == "html":
        return Response("<html><body><h1>Maintenance</h1></body></html>", media_type="text/html")
    if fault.kind == "hang-up":
        return HangUp()
    raise ValueError(f"unknown fault: {fault.kind}")
