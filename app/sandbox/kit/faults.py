"""The faults that a simulator was told to show."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send


@dataclass
class Fault:
    """A fault to show for the next `times` matching calls (None: until cleared).

    `kind` is one of: `status` (answer `status`, with `retry_after` seconds when given), `slow` (wait `seconds`, then answer as
    usual), `hang-up` (close without an answer), `html` (200 with an HTML page), `messages` (answer as usual, `text` before the
    JSON), and what a simulator adds of its own.
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
    text: str = ""

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
    if fault.kind == "messages":
        return None
    if fault.kind == "html":
        return Response("<html><body><h1>Maintenance</h1></body></html>", media_type="text/html")
    if fault.kind == "hang-up":
        return HangUp()
    raise ValueError(f"unknown fault: {fault.kind}")
