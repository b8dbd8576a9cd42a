"""`python -m tests.chaos.programs api|worker`: the gateway's processes as `gateway serve` and `gateway worker` run them.

Without their refusal of leases shorter than a call to a real warehouse: the bad days would take minutes each. Each imports only
what it needs: they are started by the dozen.
"""

from __future__ import annotations

import asyncio
import math
import sys

from app.integrations.registry import secret_names
from app.settings import Settings


def api(settings: Settings) -> None:
    import uvicorn

    from app import logs
    from app.api.intake.protocol import protocol_for
    from app.main import create_app

    logs.configure(settings, secret_names())
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        http=protocol_for(app.intake),
        host=settings.host,
        port=settings.port,
        lifespan="on",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=math.ceil(settings.drain_seconds),
    )
    uvicorn.Server(config).run()


def work(settings: Settings) -> None:
    from app import worker

    asyncio.run(worker.run(settings))


if __name__ == "__main__":
    {"api": api, "worker": work}[sys.argv[1]](Settings())
