"""A draft on its way into use: the settings that matter, the test, real records, and what activation will do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from app.console.connections import actions
from app.console.connections.connecting import STEPS
from app.console.connections.one import address_of, consent_address, named
from app.console.connections.settings import save, tried_on_records
from app.console.kit.page import Page
from app.domain import SWITCHED, Process
from app.engine.operations import connection_test
from app.engine.operations.settings_preview import Tried
from app.engine.upkeep import webhook_guard
from app.errors import RemoteError
from app.integrations.protocol import Choice, OffersChoices
from app.integrations.protocol.integration import can
from app.records.connections import Connection, Status
from app.web.model_form import ModelForm
from app.web.model_form.of_settings import Sent, form_of, read, seen_of, those_that_matter, values_of
from app.web.texts import Text


def _address(connection: Connection, step: str) -> str:
    return f"{address_of(connection)}/setup/{step}"


def _over(page: Page, connection: Connection) -> Response | None:
    """Back to the connection, when it is in use already."""
    if connection.status is not Status.DRAFT:
        return page.done(address_of(connection), Text("%(name)s is set up already.", name=connection.name))
    return None


def _render(page: Page, connection: Connection, template: str, step: int, *, status: int = 200, **shown: Any) -> Response:
    return page.render(
        f"connections/{template}",
        status=status,
        connection=connection,
        address=address_of(connection),
        steps=STEPS,
        step=step,
        **shown,
    )


# --- 4: settings ----------------------------------------------------------------------------------------------------------


async def settings_page(page: Page) -> Response:
    connection = await named(page)
    if (over := _over(page, connection)) is not None:
        return over
    form, trouble = await _form(page, connection)
    return _settings(page, connection, form, Sent(form.shown(values_of(connection))), trouble)


async def settings_sent(page: Page) -> Response:
    connection = await named(page)
    form, trouble = await _form(page, connection)
    sent = read(form, connection, page.form)
    if sent.is_good and await save(page, connection, form, sent) is not None:
        return page.back(_address(connection, "test"))
    return _settings(page, connection, form, sent, trouble)


async def _form(page: Page, connection: Connection) -> tuple[ModelForm, str]:
    """With what the system offers to choose from, if it can be asked now; else why not."""
    choices, trouble = await _choices(page, connection)
    return those_that_matter(form_of(connection, page.reader.zone, choices), connection.system, choices), trouble


async def _choices(page: Page, connection: Connection) -> tuple[tuple[Choice, ...], str]:
    source = page.gateway.source(connection)
    if not isinstance(source, OffersChoices):
        return (), ""
    try:
        return await source.choices(), ""
    except RemoteError as error:
        return (), error.message


def _settings(page: Page, connection: Connection, form: ModelForm, sent: Sent, trouble: str) -> Response:
    return _render(
        page,
        connection,
        "setup_settings.html",
        4,
        status=200 if sent.is_good else 422,
        form=form,
        sent=sent,
        trouble=trouble,
        zone=getattr(form.zone, "key", "UTC"),
        seen=seen_of(connection),
    )


# --- 5: the test ----------------------------------------------------------------------------------------------------------


async def test_page(page: Page) -> Response:
    connection = await named(page)
    return _over(page, connection) or _render(page, connection, "setup_test.html", 5, consent_url=consent_address(connection))


async def test_sent(page: Page) -> Response:
    connection = await named(page)
    await connection_test.test(page.gateway, connection)
    return page.back(_address(connection, "test"))


# --- 6: real records ------------------------------------------------------------------------------------------------------


async def preview_page(page: Page) -> Response:
    connection = await named(page)
    return _over(page, connection) or _preview(page, connection, Sent({}), None)


async def preview_sent(page: Page) -> Response:
    connection = await named(page)
    sent = Sent({})
    tried = await tried_on_records(page, connection, form_of(connection, page.reader.zone), sent)
    return _preview(page, connection, sent, tried)


def _preview(page: Page, connection: Connection, sent: Sent, tried: Sequence[Tried] | None) -> Response:
    can_try = [each for each in ("orders", "articles") if can(connection.system, Process(each))]
    status = 200 if sent.is_good else 422
    return _render(
        page, connection, "setup_preview.html", 6, status=status, sent=sent, tried=tried, can_try=can_try, given=page.form
    )


# --- 7: activation --------------------------------------------------------------------------------------------------------


async def activate_page(page: Page) -> Response:
    connection = await named(page)
    if (over := _over(page, connection)) is not None:
        return over
    form = form_of(connection, page.reader.zone).only("go_live")
    return _activate(page, connection, form, Sent(form.shown(values_of(connection))))


async def activate_sent(page: Page) -> Response:
    """Saves the go-live date and whether quantities are written, tests, and activates."""
    connection = await named(page)
    form = form_of(connection, page.reader.zone).only("go_live")
    sent = read(form, connection, page.form)
    if connection.settings.processes.stock:
        sent.change["stock"] = {"look_only": page.form["look_only"] == "on"}
    saved = await save(page, connection, form, sent) if sent.is_good else None
    if saved is None:
        return _activate(page, connection, form, sent)
    return await actions.activated(page, saved.connection, _address(connection, "test"))


def _activate(page: Page, connection: Connection, form: ModelForm, sent: Sent) -> Response:
    settings, system = connection.settings, connection.system
    is_managed = webhook_guard.is_managed(page.gateway, connection)
    return _render(
        page,
        connection,
        "setup_activate.html",
        7,
        status=200 if sent.is_good else 422,
        form=form,
        sent=sent,
        zone=getattr(form.zone, "key", "UTC"),
        seen=seen_of(connection),
        on=[each.value for each in SWITCHED if can(system, each) and settings.processes.is_on(each)],
        is_tested=bool((connection.test or {}).get("ok")),
        webhooks="none" if system.webhooks is None else "made" if is_managed else "by-hand",
    )
