"""What can be done with a connection: each does what the REST operation does."""

from __future__ import annotations

from typing import Literal

from starlette.responses import Response

from app.api.connections.views import warehouse_webhook_url, webhook_url
from app.console.connections.one import CONNECTIONS, address_of, named
from app.console.kit.notices import Notice
from app.console.kit.page import Page
from app.domain import Process
from app.engine.operations import connection_test, syncs
from app.engine.operations import connections as service
from app.engine.operations.connection_test import Report
from app.engine.upkeep import webhook_guard, webhook_state
from app.errors import Conflict
from app.given import Given
from app.records.connections import Connection
from app.web.texts import Text


class Sync(Given):
    """What to read. Without a process: all that are switched on."""

    process: Literal["suppliers", "articles", "orders", "stock", "shipments", "returns", "receipts"] | None = None
    full: bool = False
    dry_run: bool = False


class Rotation(Given):
    """Whose webhooks, and whether the old secret is refused from now on."""

    of: Literal["source", "warehouse"] = "source"
    at_once: bool = False


async def test(page: Page) -> Response:
    connection = await named(page)
    report = await connection_test.test(page.gateway, connection)
    if report.ok:
        return page.done(address_of(connection), Text("The test went well: both sides answer, and the rights are there."))
    return _failed(page, address_of(connection), Text("The test failed. Each line says what to do."), report)


def _failed(page: Page, address: str, text: Text, report: Report) -> Response:
    first = next(check for check in report.checks if not check.ok)
    return page.back(address, Notice(text.said(page.reader.language), True, f"{first.system}: {first.message}", first.fix))


async def activated(page: Page, connection: Connection, back: str) -> Response:
    """To the connection, or `back` where its test has failed. Raises Conflict."""
    try:
        report = await service.activate(page.gateway, connection)
    except Conflict as clash:
        raise (clash if page.viewer.key.connection_ids is None else service.without_foreign_names(clash)) from clash
    if not report.ok:
        return _failed(page, back, Text("It is not active: a check of the test failed. Each line says what to do."), report)
    return page.done(address_of(connection), Text("%(name)s is active. It reads the shop now.", name=connection.name))


async def pause(page: Page) -> Response:
    connection = await named(page)
    await service.pause(page.gateway, connection)
    return page.done(address_of(connection), Text("%(name)s is paused. Webhooks are kept.", name=connection.name))


async def resume(page: Page) -> Response:
    connection = await named(page)
    await service.resume(page.gateway, connection)
    return page.done(address_of(connection), Text("%(name)s goes on with what waited.", name=connection.name))


async def write_stock(page: Page) -> Response:
    connection = await named(page)
    await service.patch(page.gateway, connection, {"settings": {"stock": {"look_only": False}}})
    return page.done(address_of(connection), Text("Quantities are written from now on."))


async def delete(page: Page) -> Response:
    connection = await named(page)
    await service.remove(page.gateway, connection)
    return page.done(CONNECTIONS, Text("The draft %(name)s is deleted.", name=connection.name))


async def sync(page: Page) -> Response:
    connection = await named(page)
    wish = page.given(Sync)
    process = Process(wish.process) if wish.process else None
    asked = syncs.Request(connection.name, process, wish.full, wish.dry_run)
    run_id = await syncs.start(page.gateway, asked, syncs.Asker(page.viewer.key.id, [connection.id]))
    return page.done(f"/console/runs/{run_id}", Text("The run has begun, or one that reads the same goes on."))


async def check_webhooks(page: Page) -> Response:
    connection = await named(page)
    state = await webhook_state.check(page.gateway, connection)
    if state.last_error:
        text = Text("The shop's webhooks could not be checked.")
        return page.back(address_of(connection), Notice(text.said(page.reader.language), True, state.last_error))
    return page.done(address_of(connection), Text("The shop's webhooks are checked, and put right where that was needed."))


async def rotate(page: Page) -> Response:
    """The secret is on the answer and nowhere else."""
    connection, wish = await named(page), page.given(Rotation)
    secret = await service.rotate_webhook_secret(page.gateway, connection, wish.of, at_once=wish.at_once)
    in_shop = await webhook_guard.renew_secret(page.gateway, connection.id) if wish.of == "source" else None
    of_shop = wish.of == "source"
    old = connection.webhook_secret if of_shop else connection.warehouse.webhook_secret
    return page.render(
        "connections/secret.html",
        connection=connection,
        address=address_of(connection),
        secret=secret,
        of=wish.of,
        in_shop=in_shop,
        minutes=0 if wish.at_once or old is None else connection.settings.webhooks.old_secret_minutes,
        url=webhook_url(page.request, connection)[0] if of_shop else warehouse_webhook_url(page.request, connection),
    )
