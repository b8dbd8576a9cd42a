"""Who is on the page: somebody with an API key of the right admin, or with a one-time link. The browser's cookie keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request

from app.api.kit.addresses import caller_of
from app.api.kit.auth import KnownKeys, act_of
from app.domain import Right
from app.engine.core.runtime import Gateway
from app.engine.operations import onboarding
from app.errors import BadInput, Forbidden, NotFound, Unauthenticated
from app.records import connections, keys
from app.records.keys import ApiKey
from app.records.onboarding import visits
from app.records.onboarding.visits import Stage, Visit
from app.storage.audit import acts
from app.storage.audit.acts import Way
from app.web import browser
from app.web.forms import Form

WRONG_KEY, NO_ADMIN, FOREIGN = "wrong-key", "no-admin", "foreign-connection"
USED, TAKEN, NO_LINK, OUTDATED = "link-used", "link-taken", "no-link", "outdated"


class Refused(BadInput):
    """Whoever is here may not go on. `code` is one of those above."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Door:
    """The way in to the pages of one system, for one request."""

    request: Request
    gateway: Gateway
    system: str

    @property
    def browser(self) -> str:
        return browser.secret_of(self.request)

    async def enter(self, connection: str | None, link: str | None) -> Visit | None:
        """The visit that goes on, or a new one. None when a key is needed first.

        Raises Refused for a link that is not good, and for a key in a header that may not do this.
        """
        if link:
            return await self._by_link(link)
        if (secret := self._header()) is not None:
            return await self.with_key(secret, connection)
        async with self.gateway.database.read() as db:
            visit = await visits.of_browser(db, self.gateway.vault, self.system, self.browser, self.gateway.clock())
            key = await self._key(db, visit)
        if visit is None or key is None:
            return None
        if visit.is_by_link:
            return visit if visit.stage is not Stage.MADE and connection is None else None
        wanted = await self._wanted(key, connection)
        if visit.stage is Stage.MADE or visit.connection_id != wanted:
            return await onboarding.begin(self.gateway, self.system, self.browser, key.id, wanted)
        return visit

    async def with_key(self, secret: str, connection: str | None) -> Visit:
        """A visit with this key: the one that is under way, or a new one. Raises Refused."""
        try:
            key = await self._keys.find(secret, caller_of(self.request))
        except (Unauthenticated, Forbidden) as error:
            raise Refused(WRONG_KEY, error.message) from error
        wanted = await self._wanted(key, connection)
        async with self.gateway.database.read() as db:
            visit = await visits.of_browser(db, self.gateway.vault, self.system, self.browser, self.gateway.clock())
        if visit is not None and (visit.key_id, visit.connection_id) == (key.id, wanted) and visit.stage is not Stage.MADE:
            return visit
        return await onboarding.begin(self.gateway, self.system, self.browser, key.id, wanted)

    async def by_form(self, form: Form) -> Visit:
        """The visit of a form that one of our pages has sent. Raises Refused."""
        if (secret := self._header()) is not None:  # no browser adds a header to another site's form
            return await self.with_key(secret, form["connection"] or None)
        if not browser.is_ours(self.request, form[browser.CSRF_FIELD]):
            raise Refused(OUTDATED, "the form is not from a page of this gateway in this browser")
        if form["link"]:
            return await self._take_link(form["link"])
        return await self.of_id(form["visit"])

    async def of_id(self, visit_id: str) -> Visit:
        """This browser's visit, with a key that is still in force. Raises Refused."""
        async with self.gateway.database.read() as db:
            visit = await visits.find(db, self.gateway.vault, visit_id, self.browser, self.gateway.clock())
            key = await self._key(db, visit)
        if visit is None or key is None:
            raise Refused(OUTDATED, "the page is too old, or was opened in another browser")
        return visit

    def _header(self) -> str | None:
        kind, _, secret = self.request.headers.get("authorization", "").partition(" ")
        given = secret.strip() if kind.lower() == "bearer" else self.request.headers.get("x-api-key", "")
        return given or None

    async def _key(self, db: AsyncConnection, visit: Visit | None) -> ApiKey | None:
        """The key that allows the visit, if it still does. Its addresses bind whoever has it, not the person with a link."""
        if visit is None or visit.key_id is None:
            return None
        key = await keys.in_force(db, visit.key_id, self.gateway.clock())
        return key if key is not None and (visit.is_by_link or key.may_come_from(caller_of(self.request))) else None

    async def _wanted(self, key: ApiKey, connection: str | None) -> str | None:
        """The id of the connection that is to be connected again; None for a new one. Raises Refused."""
        if not key.may(Right.ADMIN):
            raise Refused(NO_ADMIN, "the key lacks the right admin")
        if connection is None:
            if key.connection_ids is not None:
                raise Refused(FOREIGN, "the key is limited to some connections, and can make no new one")
            return None
        async with self.gateway.database.read() as db:
            try:
                found = await connections.find(db, self.gateway.vault, connection)
            except NotFound as error:
                raise Refused(FOREIGN, error.message) from error
        if not key.sees(found.id) or found.integration != self.system:
            raise Refused(FOREIGN, f"there is no connection {connection!r} to this system")
        return found.id

    @property
    def _keys(self) -> KnownKeys:
        known: KnownKeys = self.request.app.state.keys
        return known

    async def _by_link(self, link: str) -> Visit:
        self._keys.let_in(caller_of(self.request))
        async with self.gateway.database.read() as db:
            visit = await visits.by_link(db, self.gateway.vault, self.system, link, self.gateway.clock())
            key = await self._key(db, visit)
        if visit is None:
            self._keys.wrong_link(caller_of(self.request))
        if visit is None or key is None:
            raise Refused(NO_LINK, "this link is not good, or too old")
        if visit.stage is Stage.MADE:
            raise Refused(USED, "this link was used")
        if visit.browser is not None and visit.browser != visits.hashed(self.browser):
            raise Refused(TAKEN, "this link is in use in another browser")
        return visit

    async def _take_link(self, link: str) -> Visit:
        visit = await self._by_link(link)
        async with self.gateway.database.begin() as db:
            if not await visits.take_link(db, visit.id, self.browser):
                raise Refused(TAKEN, "this link is in use in another browser")
        return await self.of_id(visit.id)


async def at_work(request: Request, gateway: Gateway, visit: Visit) -> None:
    """Whatever this request changes is kept as the visitor's, with the key that allows the visit."""
    async with gateway.database.read() as db:
        key = await keys.in_force(db, visit.key_id, gateway.clock()) if visit.key_id is not None else None
    acts.begin(act_of(request, key, Way.PAGE, f"visit {visit.id}"))


def refused_as(error: Refused) -> int:
    """The answer's status."""
    return {WRONG_KEY: 401, NO_ADMIN: 403, FOREIGN: 403, USED: 410, TAKEN: 410, NO_LINK: 404}.get(error.code, 400)
