"""`serve`, `worker`, `migrate`, `up`: the gateway's processes. `backup` and `restore`: its data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from app.commands.kit.terminal import AsJson, Exit, err, fail, out, print_json

# What a process is made of is imported by its own command, so that the others start at once.
if TYPE_CHECKING:
    from socket import socket

    from app.processes.backup import Backup
    from app.settings import Settings


def _checked(settings: Settings) -> Settings:
    """Ends the command when settings contradict one another, or secrets could not be opened. Warns of names that mean nothing."""
    from app.integrations.registry import deployment_variables
    from app.settings import START_VARIABLE, given_variables, misspelt_variables
    from app.storage.secrets import Vault

    given = given_variables()
    known = deployment_variables()
    for sentence in misspelt_variables(given, known) if START_VARIABLE not in given else ():  # `gateway up` has said it
        err().print(Text.assemble(("Warning: ", "bold yellow"), sentence))
    if settings.secret_keys:
        Vault([key.get_secret_value() for key in settings.secret_keys])
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


def _alone(settings: Settings) -> Settings:
    """What an earlier start has left is for the gateway's user only."""
    from app.processes.private_files import keep_private

    keep_private(settings)
    return settings


def serve() -> None:
    """Run the API: webhooks, REST, /docs. One process; needs REDIS_URL."""
    import math

    import uvicorn

    from app import logs
    from app.api.intake.protocol import protocol_for
    from app.integrations.registry import secret_names
    from app.main import create_app
    from app.processes.preflight import make_room_for_connections, refuse_taken_port
    from app.settings import Settings

    settings = _alone(_with_queue(_checked(Settings())))
    refuse_taken_port(settings)
    make_room_for_connections(settings)
    logs.configure(settings, secret_names())
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="auto",  # uvloop where there is one
        http=protocol_for(app.intake),
        lifespan="on",
        ws="none",
        timeout_keep_alive=settings.keep_alive_seconds,  # type: ignore[arg-type]  # seconds, of which it asks for whole ones only
        proxy_headers=False,  # app/api/kit/addresses.py knows whom to believe
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=math.ceil(settings.drain_seconds),
    )

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket] | None = None) -> None:
            app.stop_soon()
            await super().shutdown(sockets)

    Server(config).run()


def work() -> None:
    """Run a worker. It works on what came in and writes to the warehouse and the shops. Needs REDIS_URL."""
    from app import logs, worker
    from app.integrations.registry import secret_names
    from app.settings import Settings

    settings = _alone(_with_queue(_checked(Settings())))
    if not settings.redis_url:
        fail("a worker needs REDIS_URL: GATEWAY_QUEUE=memory works within one process only", "set REDIS_URL", Exit.USAGE)
    logs.configure(settings, secret_names())
    worker.work_until_told(settings)


def migrate(as_json: AsJson = False) -> None:
    """Bring the database to the newest revision. Harmless when it is there already.

    The database of a newer gateway is left as it is: exit code 0 when this version can run on it, and 1 when it cannot.
    """
    from app.processes.preflight import prepare_directory
    from app.settings import Settings
    from app.storage import migrations
    from app.storage.outages import said_plainly

    settings = _checked(Settings())
    if settings.is_sqlite:
        prepare_directory(settings)
    with said_plainly(settings.sqlalchemy_url):
        revision = migrations.upgrade(settings.sqlalchemy_url)
    if as_json:
        print_json({"revision": revision, "needed": migrations.REVISION})
    elif revision > migrations.REVISION:
        newer = f"The database is at revision {revision}, of a newer gateway. This version needs {migrations.REVISION}"
        out().print(f"{newer}, and can run on it. Nothing was changed.")
    else:
        out().print(f"The database is at revision {revision}.")


def backup(
    file: Annotated[
        Path | None, typer.Argument(help="Where to write it. Default: gateway-DATE-TIME.tar.gz here.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write database and keys of this machine's gateway into one file, while it runs. For SQLite; PostgreSQL has pg_dump."""
    from app.clock import utc_now
    from app.processes import backup as backups
    from app.settings import Settings

    now = utc_now()
    target = file or Path(f"gateway-{now:%Y%m%d-%H%M%S}.tar.gz")
    made = backups.make(Settings(), target, now)
    if as_json:
        print_json({"file": str(target.absolute()), **made.plain()})
        return
    out().print(f"{target} holds {_contents(made)}.")
    if "secret.key" not in made.files:
        err().print("It has no secret.key: the keys are in GATEWAY_SECRET_KEYS. Keep them too, or no credentials can be opened.")
    err().print("Names, addresses and credentials can be read with it: keep it like a password.")


def _contents(made: Backup) -> str:
    counts = f"{made.counts['connections']} connections, {made.counts['mappings']} records and {made.counts['inbox']} events"
    when = f"{made.made_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{counts} of {when}: {', '.join(made.files)} (revision {made.revision}, version {made.version})"


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `gateway backup` has made.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put database and keys of a backup back. The gateway must be stopped; what is there now is kept beside it."""
    from app.clock import utc_now
    from app.processes import backup as backups
    from app.settings import Settings

    settings = Settings()
    if not yes and not as_json and sys.stdin.isatty():
        typer.confirm(f"Replace the gateway in {settings.data_directory.absolute()} with {file}?", abort=True, err=True)
    done = backups.restore(settings, file, utc_now())
    if as_json:
        print_json({"kept": str(done.kept) if done.kept else None, **done.backup.plain()})
        return
    out().print(f"Restored: {_contents(done.backup)}.")
    if done.kept:
        err().print(f"What was there is kept in {done.kept}.")
    if settings.secret_keys and "secret.key" in done.backup.files:
        err().print("GATEWAY_SECRET_KEYS is set, and counts instead of the restored secret.key.")
    err().print("Start it with `gateway up`, then read what came since the backup: gateway sync NAME --full")


def run_up() -> None:
    """Run everything on this machine: the database's migrations, the API, a worker and, without REDIS_URL, a queue of its own."""
    import asyncio

    from app import logs
    from app.integrations.registry import secret_names
    from app.processes import supervisor
    from app.settings import Settings

    settings = _checked(Settings())
    logs.configure(settings, secret_names())
    asyncio.run(supervisor.until_told(supervisor.run(settings)))


def register(app: typer.Typer) -> None:
    app.command("serve", rich_help_panel="Run it")(serve)
    app.command("worker", rich_help_panel="Run it")(work)
    app.command("migrate", rich_help_panel="Run it")(migrate)
    app.command("backup", rich_help_panel="Run it")(backup)
    app.command("restore", rich_help_panel="Run it")(restore)
    app.command("up", rich_help_panel="Run it")(run_up)
