"""The routes by which a test or a person reads a simulator's journal and sets faults."""

from __future__ import annotations

from dataclasses import asdict

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox.kit.faults import Fault, Faults
from app.sandbox.kit.journal import Journal


def control_routes(journal: Journal, faults: Faults, kind: type[Fault] = Fault) -> list[Route]:
    """The routes under `/_sandbox` by which a test or a person reads the journal and sets faults.

    `GET /_sandbox/journal?since=N`, `GET|POST|DELETE /_sandbox/faults` (POST takes one fault of this kind as JSON).
    """

    async def read_journal(request: Request) -> Response:
        since = int(request.query_params.get("since", "0"))
        return Response(orjson.dumps([asdict(call) for call in journal.since(since)], default=str), media_type="application/json")

    async def change_faults(request: Request) -> Response:
        if request.method == "POST":
            try:
                faults.active.append(kind(**orjson.loads(await request.body())))
            except (TypeError, orjson.JSONDecodeError) as error:
                return JSONResponse({"error": f"not a fault: {error}"}, status_code=422)
        elif request.method == "DELETE":
            faults.active.clear()
        return JSONResponse([asdict(fault) for fault in faults.active])

    return [
        Route("/_sandbox/journal", read_journal, methods=["GET"]),
        Route("/_sandbox/faults", change_faults, methods=["GET", "POST", "DELETE"]),
    ]
