"""`gateway keys …`: API keys, over REST with --url or GATEWAY_URL, else on the database of this machine's gateway; and the key of
secrets, on its own machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.clock import utc_now
from app.commands.kit.remote import ApiKey, Remote, connect, segment
from app.commands.kit.terminal import AsJson, Exit, err, fail, out, print_json, table
from app.domain import Right

# The database is imported when a command uses it, so that the others start at once.
if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from app.records.keys import ApiKey as StoredKey
    from app.settings import Settings

Result = TypeVar("Result")

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "API keys, and the key that encrypts stored secrets. With --url or GATEWAY_URL and a key, API keys are made over REST; "
        "else these commands work on the database of this machine's gateway."
    ),
)


Elsewhere = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="GATEWAY_URL",
        help="Address of a gateway that runs elsewhere. Default: the database of this machine's.",
        show_default=False,
        rich_help_panel="Gateway",
    ),
]


def _remote(url: str | None, api_key: str | None) -> Remote | None:
    """The gateway to ask. None without an address, and without any key for it: the first key is made on its own machine."""
    from app.settings import given_variables

    url = url or given_variables().get("GATEWAY_URL")
    remote = connect(url, api_key) if url else None
    return remote if remote is not None and remote.has_key else None


def on_database(settings: Settings, command: str, work: Callable[[AsyncConnection], Awaitable[Result]]) -> Result:
    """Runs it in one transaction, which keeps the command and the machine's user with what it changes.

    Ends the command when the database cannot be reached or has no tables yet.
    """
    from app.storage import migrations
    from app.storage.audit import acts
    from app.storage.engine import Database
    from app.storage.outages import refuse_missing_file, said_plainly

    refuse_missing_file(settings.sqlalchemy_url)

    async def run() -> Result:
        database = Database(settings.sqlalchemy_url)
        try:
            async with database.begin() as db:
                if await migrations.current(db) is None:
                    fail("the database has no tables yet", "run: gateway migrate")
                return await work(db)
        finally:
            await database.close()

    with said_plainly(settings.sqlalchemy_url), acts.separate(acts.of_this_machine(command)):
        return asyncio.run(run())


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whom or what the key is for.")],
    right: Annotated[
        list[Right] | None,
        typer.Option(help="What it may do; sync includes read, admin everything. Give more than one. Default: read."),
    ] = None,
    connection: Annotated[
        list[str] | None, typer.Option(help="A connection that it is for, by name; give more than one. Default: all.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="When it expires: 90d, 2027-06-30 or 2027-06-30T12:00:00Z. Default: never.")
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(help="An address or range (10.0.0.0/8) from which alone it may be used; give more than one. Default: any."),
    ] = None,
    url: Elsewhere = None,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key and show it this once. Only its hash is stored."""
    rights, now = right or [Right.READ], utc_now()
    if remote := _remote(url, api_key):
        asked = {"name": name, "rights": [each.value for each in rights], "connections": connection or None}
        made = remote.call("POST", "/keys", json={**asked, "expires_at": _moment(expires, now), "addresses": address or None})
        key_id, secret = made["id"], made["key"]
    else:
        key_id, secret = _made_here(name, rights, connection, (_moment(expires, now), address), now)
    if as_json:
        print_json({"id": key_id, "name": name, "key": secret})
        return
    err().print(f"Key {key_id} for {name}. It is shown this once:")
    out().print(secret)


def _made_here(
    name: str, rights: list[Right], connection: list[str] | None, limited: tuple[datetime | None, list[str] | None], now: datetime
) -> tuple[str, str]:
    """`limited`: when it expires, and from where alone it may be used."""
    from app.records import connections, keys
    from app.settings import Settings
    from app.storage.secrets import open_vault

    settings, limits = Settings(), keys.Limits.of(*limited, now)

    async def work(db: AsyncConnection) -> tuple[str, str]:
        vault = open_vault(settings)
        ids = [(await connections.find(db, vault, one)).id for one in connection] if connection else None
        return await keys.create(db, name, rights, ids, now, limits)

    return on_database(settings, "gateway keys create", work)


def _moment(given: str | None, now: datetime) -> datetime | None:
    """A number of days from now, a date, or a moment; without a zone it is UTC. Ends the command for anything else."""
    if given is None:
        return None
    try:
        if given.endswith("d") and given[:-1].isdecimal():
            return now + timedelta(days=int(given[:-1]))
        moment = datetime.fromisoformat(given)
    except (ValueError, OverflowError):
        fail(f"{given[:40]!r} is no moment", "give a number of days (90d), a date, or a moment: 2027-06-30T12:00:00Z", Exit.USAGE)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@app.command("list")
def show(url: Elsewhere = None, api_key: ApiKey = None, as_json: AsJson = False) -> None:
    """List the API keys (never the keys themselves)."""
    remote = _remote(url, api_key)
    rows = remote.items("/keys", 1000) if remote else _rows_here()
    if as_json:
        print_json({"items": rows, "next_cursor": None})
        return
    columns = {
        "Id": "id",
        "Name": "name",
        "Rights": "rights",
        "Connections": "connections",
        "From": "addresses",
        "Made": "created_at",
        "Expires": "expires_at",
        "Last used": "last_used_at",
        "Revoked": "revoked_at",
    }
    shown = [{**row, "connections": row["connections"] or "all", "addresses": row["addresses"] or "anywhere"} for row in rows]
    table(shown, columns, "API keys")


def _rows_here() -> list[dict[str, Any]]:
    from app.records import connections, keys
    from app.settings import Settings

    async def work(db: AsyncConnection) -> list[dict[str, Any]]:
        names = await connections.names(db)
        return [_row(key, names) for key in await keys.every(db)]

    return on_database(Settings(), "gateway keys list", work)


def _row(key: StoredKey, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "rights": sorted(key.rights),
        "connections": None if key.connection_ids is None else [names.get(each, each) for each in key.connection_ids],
        "addresses": None if key.addresses is None else list(key.addresses),
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, as `keys list` shows it.")],
    url: Elsewhere = None,
    api_key: ApiKey = None,
) -> None:
    """Revoke an API key, at once and for good."""
    if remote := _remote(url, api_key):
        remote.call("DELETE", f"/keys/{segment(key_id)}")
        err().print(f"Key {key_id} is revoked.")
        return
    from app.records import keys
    from app.settings import Settings

    on_database(Settings(), "gateway keys revoke", lambda db: keys.revoke(db, key_id, utc_now()))
    err().print(f"Key {key_id} is revoked.")


@app.command("secret")
def secret() -> None:
    """Print a new key for GATEWAY_SECRET_KEYS (Fernet). To replace a key, put the new one first and keep the old one after it."""
    from app.storage.secrets import new_key

    out().print(new_key())


@app.command("reencrypt")
def reencrypt() -> None:
    """Encrypt all stored secrets with the first of GATEWAY_SECRET_KEYS. Afterwards you can remove the other keys."""
    from app.settings import Settings
    from app.storage.secrets import open_vault, reseal

    settings = Settings()
    counts = on_database(settings, "gateway keys reencrypt", lambda db: reseal(db, open_vault(settings)))
    err().print(f"The secrets of {counts['connections']} connections are encrypted with the first key now.")
