"""How a simulator takes a call in: the fault in force, the endpoint, the answer, the journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Lifespan

from app.sandbox.kit.control import control_routes
from app.sandbox.kit.faults import Fault, Faults, HangUp, show
from app.sandbox.kit.fields import R, Wrong, WrongBody, read_body
from app.sandbox.kit.journal import Journal, decoded
from app.sandbox.kit.queries import Parameter, WrongQuery, read_query

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Answer:
    """What is answered: a value that becomes JSON, or bytes that go out as they are."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = "application/json"

    def response(self) -> Response:
        if isinstance(self.body, bytes):
            media_type = self.media_type if self.body else None
            return Response(self.body, self.status, dict(self.headers), media_type)
        return Response(orjson.dumps(self.body), self.status, dict(self.headers), self.media_type)


NOTHING = Answer(b"")
"""An answer without a body."""


class Refused(Exception):
    """The call is refused with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.body))
        self.answer = answer


REFUSALS = (WrongBody, WrongQuery, Refused)
"""What an endpoint raises when it does not take a call."""


@dataclass(frozen=True)
class IncomingCall:
    """One call as it arrived. `body` and `query` raise WrongBody and WrongQuery for what their tables do not describe."""

    request: Request
    raw: bytes

    def body(self, kind: type[R]) -> R:
        return read_body(kind, self.raw)

    def query(self, allowed: Mapping[str, Parameter]) -> dict[str, Any]:
        return read_query(self.request, allowed)

    def number(self, name: str) -> int:
        """A whole number in the path."""
        number: int = self.request.path_params[name]
        return number


Endpoint = Callable[[IncomingCall], Answer]
Respond = Callable[[IncomingCall], Awaitable[tuple[Response, Fault | None]]]


@dataclass
class RequestHandler:
    """Takes calls in for one simulated system. A system with refusals of its own overrides the four methods that name them."""

    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)

    # ---- refusals

    def wrong_body(self, faults: Sequence[Wrong]) -> Answer:
        return Answer({"error": "; ".join(f"{one.place}: {one.reason}" for one in faults)}, 400)

    def wrong_query(self, name: str, reason: str) -> Answer:
        return Answer({"error": f"{name}: {reason}"}, 400)

    def no_such_route(self, path: str) -> Answer:
        return Answer({"error": f"there is no {path}"}, 404)

    def no_such_method(self, method: str) -> Answer:
        return Answer({"error": f"{method} is not allowed"}, 405)

    # ---- routes

    def route(self, method: str, path: str, endpoint: Endpoint) -> Route:
        """A call of the simulated system. `path` is in Starlette's notation."""
        return self.journaled_route([method], path, lambda call: self._respond(call, endpoint))

    def missing_route(self, routes: Sequence[Route], base: str = "") -> Route:
        """What answers, and journals, a path or a method under `base` that none of the routes has."""

        async def respond(call: IncomingCall) -> tuple[Response, Fault | None]:
            request = call.request
            known = any(route.path_regex.match(request.scope["path"]) for route in routes)
            refusal = self.no_such_method(request.method) if known else self.no_such_route(request.url.path)
            return refusal.response(), None

        return self.journaled_route(METHODS, base + "/{rest:path}", respond)

    def journaled_route(self, methods: Sequence[str], path: str, respond: Respond) -> Route:
        """For a system that takes calls in its own way: the journal is kept around `respond`."""

        async def answer(request: Request) -> Response:
            call = IncomingCall(request, await request.body())
            response, fault = await respond(call)
            hung_up = isinstance(response, HangUp)
            status, said = (0, None) if hung_up else (response.status_code, decoded(bytes(response.body), response.charset))
            self.journal.add(request, decoded(call.raw), status, said, fault.kind if fault else None)
            return response

        return Route(path, answer, methods=list(methods))

    def application(self, routes: Sequence[BaseRoute], lifespan: Lifespan[Starlette] | None = None) -> Starlette:
        """The routes and those under `/_sandbox`. `app.state` has the `journal` and the `faults`."""
        app = Starlette(routes=[*control_routes(self.journal, self.faults), *routes], lifespan=lifespan)
        app.state.journal, app.state.faults = self.journal, self.faults
        return app

    # ---- answers

    async def _respond(self, call: IncomingCall, endpoint: Endpoint) -> tuple[Response, Fault | None]:
        """A fault with `after_write` is shown when the endpoint has done its work; a refusal is shown in spite of it."""
        fault = self.faults.take(call.request)
        if fault is not None and not fault.after_write and (shown := await show(fault)) is not None:
            return shown, fault
        answer, refused = self.answer(lambda: endpoint(call))
        if fault is not None and fault.after_write and not refused and (shown := await show(fault)) is not None:
            return shown, fault
        return answer.response(), fault

    def answer(self, act: Callable[[], Answer]) -> tuple[Answer, bool]:
        """What `act` answers, and whether that is a refusal."""
        try:
            return act(), False
        except REFUSALS as error:
            return self.refusal(error), True

    def refusal(self, error: WrongBody | WrongQuery | Refused) -> Answer:
        """How the system answers what was refused while an endpoint worked."""
        if isinstance(error, WrongBody):
            return self.wrong_body(error.faults)
        if isinstance(error, WrongQuery):
            return self.wrong_query(error.name, error.reason)
        return error.answer
