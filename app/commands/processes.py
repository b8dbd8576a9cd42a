"""`serve`, `worker`, `migrate`, `up`: the gateway's processes."""

from __future__ import annotations

import asyncio
import math

import typer
import uvicorn

from app import logs, worker
from app.commands.kit.terminal import AsJson, Exit, fail, out, print_json
from app.integrations.registry import secret_names
from app.main import create_app
from app.processes import supervisor
from app.settings import Settings
from app.storage import migrations


def _checked(settings: Settings) -> Settings:
    """Ends the command when settings contradict one another."""
    found = settings.contradictions()
    if found:
        fail(
            "these settings cannot work together:\n" + "\n".join(f"  - {sentence}" for sentence in found),
            "change them; `gateway doctor` looks at everything else too",
        )
    return settings


def _with_queue(settings: Settings) -> Settings:
    if not settings.redis_url and settings.queue == "arq":
        fail(
            "REDIS_URL is not set, and the queue between `serve` and `worker` needs it",
            "set REDIS_URL (redis://…), or run `gateway up`, which starts everything on this machine with a queue of its own",
            Exit.USAGE,
        )
    return settings


def serve() -> None:
    """Run the API: webhooks, REST, /docs. One process; needs REDIS_URL."""
    settings = _with_queue(_checked(Settings()))
    logs.configure(settings, secret_names())
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        loop="auto",  # uvloop and httptools: both come with the gateway, but uvloop not everywhere
        http="auto",
        lifespan="on",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=math.ceil(settings.drain_seconds),
    )
    uvicorn.Server(config).run()


def work() -> None:
    """Run a worker: it takes up what came in and writes to the warehouse. Needs REDIS_URL."""
    settings = _with_queue(_checked(Settings()))
    if not settings.redis_url:
        fail("a worker needs REDIS_URL: GATEWAY_QUEUE=memory works within one process only", "set REDIS_URL", Exit.USAGE)
    logs.configure(settings, secret_names())
    worker.work_until_told(settings)


def migrate(as_json: AsJson = False) -> None:
    """Bring the database to the newest revision. Harmless when it is there already."""
    settings = Settings()
    settings.data_directory.mkdir(parents=True, exist_ok=True)
    migrations.upgrade(settings.sqlalchemy_url)
    if as_json:
        print_json({"revision": migrations.REVISION})
    else:
        out().print(f"The database is at revision {migrations.REVISION}.")


def run_up() -> None:
    """Run everything on this machine: the database's migrations, the API, a worker and, without REDIS_URL, a queue of its own."""
    settings = _checked(Settings())
    logs.configure(settings, secret_names())
    asyncio.run(supervisor.until_told(supervisor.run(settings)))


def register(app: typer.Typer) -> None:
    app.command("serve", rich_help_panel="Run it")(serve)
    app.command("worker", rich_help_panel="Run it")(work)
    app.command("migrate", rich_help_panel="Run it")(migrate)
    app.command("up", rich_help_panel="Run it")(run_up)
