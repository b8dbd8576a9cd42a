"""The pages of API keys. Only for a key with the right admin that is not limited to some connections, as over REST."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.responses import Response

from app.console.kit.console import Console
from app.console.kit.page import Page
from app.domain import Right
from app.errors import BadInput
from app.given import Given
from app.records import connections, keys
from app.web.texts import Text

KEYS = "/console/keys"
WHAT = "keys"


def register(console: Console) -> None:
    console.get(KEYS, keys_page, right=Right.ADMIN, everything=WHAT)
    console.post(KEYS, make_key, right=Right.ADMIN, everything=WHAT)
    console.post(f"{KEYS}/{{key_id}}/revoke", revoke_key, right=Right.ADMIN, everything=WHAT, back=KEYS)


class NewKey(Given):
    """The form. `expires`: the last day on which it is good, in the reader's zone."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    right: Right
    connections: list[Annotated[str, StringConstraints(max_length=200)]] | None = Field(None, max_length=10_000)
    expires: date | None = None
    addresses: Annotated[str, StringConstraints(max_length=2000)] = ""

    def ends(self, page: Page) -> datetime | None:
        return datetime.combine(self.expires, time.max, page.reader.zone) if self.expires is not None else None


async def keys_page(page: Page) -> Response:
    return await _shown(page)


async def make_key(page: Page) -> Response:
    """The key is on the answer and nowhere else."""
    now = page.gateway.clock()
    try:
        new = page.given(NewKey)
        limits = keys.Limits.of(new.ends(page), new.addresses.replace(",", " ").split() or None, now)
        limited = None if new.connections is None else [(await page.viewer.connection(each)).id for each in new.connections]
    except BadInput as error:
        return await _shown(page, error)
    async with page.gateway.database.begin() as db:
        _, secret = await keys.create(db, new.name, [new.right], limited, now, limits)
    return page.render("keys/made.html", name=new.name, secret=secret)


async def revoke_key(page: Page) -> Response:
    """Takes effect at once in this process, and within seconds in others. Sessions in the console end at once."""
    async with page.gateway.database.begin() as db:
        await keys.revoke(db, page.path["key_id"], page.gateway.clock())
    page.request.app.state.keys.forget()
    return page.done(KEYS, Text("The key is revoked. It opens nothing any more."))


async def _shown(page: Page, error: BadInput | None = None) -> Response:
    async with page.gateway.database.read() as db:
        names = await connections.names(db)
        every = await keys.every(db)
    in_force = [each for each in every if each.revoked_at is None]
    return page.render(
        "keys/list.html",
        status=200 if error is None else error.status,
        names=names,
        keys=[*in_force, *(each for each in every if each.revoked_at is not None)],
        now=page.gateway.clock(),
        error=error,
        typed=page.form,
        rights=list(Right),
    )
