"""The settings of a connection: tried on real records before they are saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.api.connections.preview import MOST_RECORDS
from app.console.connections.one import address_of, named
from app.console.kit import reading
from app.console.kit.page import Page
from app.domain import Process
from app.engine.operations import connections as service
from app.engine.operations import settings_preview
from app.engine.operations.settings_preview import Tried
from app.errors import BadInput, Conflict, RemoteError
from app.given import Given
from app.integrations.protocol.integration import can
from app.records.connections import Connection
from app.web.forms import Form
from app.web.model_form import ModelForm
from app.web.model_form.of_settings import Sent, form_of, read, seen_of, values_of
from app.web.texts import Text


class Trial(Given):
    """What to try settings on: these records of the shop, or the latest."""

    process: Literal["orders", "articles"] = "orders"
    records: Annotated[str, StringConstraints(max_length=2000)] = ""
    latest: int = Field(3, ge=1, le=MOST_RECORDS)

    @classmethod
    def of(cls, form: Form) -> Trial:
        """Raises BadInput."""
        return reading.read(cls, ((name, form[f"try.{name}"]) for name in cls.model_fields))

    @property
    def ids(self) -> list[str]:
        return self.records.replace(",", " ").split()


async def settings_page(page: Page) -> Response:
    connection = await named(page)
    form = form_of(connection, page.reader.zone)
    return _shown(page, connection, form, Sent(form.shown(values_of(connection))))


async def settings_sent(page: Page) -> Response:
    connection = await named(page)
    form = form_of(connection, page.reader.zone)
    sent = read(form, connection, page.form)
    tried = None
    if sent.is_good and page.form["action"] == "preview":
        tried = await tried_on_records(page, connection, form, sent)
    elif sent.is_good:
        saved = await save(page, connection, form, sent)
        if saved is not None:
            return page.done(address_of(connection), told(saved))
    return _shown(page, connection, form, sent, tried)


def told(saved: service.Saved) -> Text:
    if not saved.changed:
        return Text("Nothing was changed.")
    changed = ", ".join(each.removeprefix("settings.") for each in saved.changed)
    return Text("The settings are saved. Changed: %(changed)s.", changed=changed)


async def save(page: Page, connection: Connection, form: ModelForm, sent: Sent) -> service.Saved | None:
    """None when they cannot be saved; `sent` says why."""
    try:
        return await service.patch(page.gateway, connection, {"settings": sent.change})
    except Conflict as clash:
        limited = page.viewer.key.connection_ids is not None
        sent.add(form, service.without_foreign_names(clash) if limited else clash)
    except BadInput as error:
        sent.add(form, error)
    return None


async def tried_on_records(page: Page, connection: Connection, form: ModelForm, sent: Sent) -> Sequence[Tried] | None:
    """What would be sent of real records. None when that cannot be told; `sent` says why."""
    try:
        trial = Trial.of(page.form)
        which: Sequence[str] | int = trial.ids[:MOST_RECORDS] or trial.latest
        return await settings_preview.try_settings(page.gateway, connection, sent.change, Process(trial.process), which)
    except BadInput as error:
        sent.add(form, error)
    except RemoteError as error:
        sent.others.append(BadInput(error.message, fix="try again when the other system answers"))
    return None


def _shown(page: Page, connection: Connection, form: ModelForm, sent: Sent, tried: Sequence[Tried] | None = None) -> Response:
    return page.render(
        "connections/settings.html",
        status=200 if sent.is_good else 422,
        connection=connection,
        address=address_of(connection),
        form=form,
        sent=sent,
        tried=tried,
        zone=getattr(form.zone, "key", "UTC"),
        seen=seen_of(connection),
        given=page.form,
        can_try=[each for each in ("orders", "articles") if can(connection.system, Process(each))],
    )
