"""One request to a page of the console: who asks, what was given, and how it is answered."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.api.kit.auth import Caller
from app.console.kit import access, navigation, notices, words
from app.console.kit.access import LoggedIn
from app.console.kit.notices import Notice
from app.console.kit.reader import Reader
from app.console.kit.reading import read
from app.domain import Right
from app.engine.core.runtime import Gateway
from app.errors import BadInput, RemoteError
from app.web.forms import Form
from app.web.pages import Pages
from app.web.texts import Text

M = TypeVar("M", bound=BaseModel)
FOLDERS = tuple(sorted(Path(__file__).parents[1].glob("*/templates")))
OURS = frozenset({"lang", "csrf"})
"""What is in a query or a form beside what the page asks for."""


@functools.cache
def pages_for(is_secure: bool) -> Pages:
    return Pages(FOLDERS, is_secure, has_script=True)


def is_secure(request: Request, gateway: Gateway) -> bool:
    """People reach the gateway over https."""
    return (gateway.settings.public_url or str(request.base_url)).startswith("https://")


@dataclass
class Page:
    """`form` is empty for a page that is only read. `paths`: the pages that there are."""

    request: Request
    gateway: Gateway
    who: LoggedIn | None = None
    form: Form = field(default_factory=lambda: Form({}))
    paths: frozenset[str] = frozenset()

    @property
    def viewer(self) -> Caller:
        """Whoever has logged in, as the REST API knows the key's owner."""
        assert self.who is not None
        return self.who.caller

    @functools.cached_property
    def reader(self) -> Reader:
        return Reader.of(self.request)

    @property
    def path(self) -> dict[str, Any]:
        """The parts of the address: `page.path["key_id"]`."""
        return self.request.path_params

    @property
    def is_secure(self) -> bool:
        return is_secure(self.request, self.gateway)

    # --- what was given -----------------------------------------------------------------------------------------------

    def filters(self, model: type[M]) -> M:
        """The query. Raises BadInput, which becomes a page that names the field and the fix."""
        return read(model, ((name, value) for name, value in self.request.query_params.multi_items() if name not in OURS))

    def given(self, model: type[M]) -> M:
        """The form. Raises BadInput."""
        names = [name for name in self.form.names() if name not in OURS]
        return read(model, ((name, value) for name in names for value in self.form.all(name)))

    # --- answers ------------------------------------------------------------------------------------------------------

    def render(self, template: str, *, status: int = 200, **shown: Any) -> Response:
        """The page. A notice that waits is shown on it, once."""
        notice = None
        if self.who is not None:
            waiting = self.request.cookies.get(notices.COOKIE)
            notice = notices.unpacked(waiting, self.who.session.token) if waiting else None
            shown = {**self._of_viewer(), **shown}
        shown = {"notice": notice, **self._of_reader(), **shown}
        response = pages_for(self.is_secure).render(self.request, template, status=status, **shown)
        if notice is not None:
            response.delete_cookie(notices.COOKIE, path=access.PATH, secure=self.is_secure, httponly=True, samesite="lax")
        return response

    def done(self, address: str, text: Text) -> Response:
        """Back to a page, with a notice of what was done."""
        return self.back(address, Notice(text.said(self.reader.language)))

    def refused(self, address: str, error: BadInput | RemoteError, text: Text | None = None) -> Response:
        """Back to a page, with a notice of what could not be done and why."""
        said = text or Text("This was not done.")
        return self.back(address, notices.of_problem(said, self.reader.language, error))

    def back(self, address: str, notice: Notice | None = None) -> Response:
        response = pages_for(self.is_secure).redirect(self.request, address)
        if notice is not None and self.who is not None:
            packed = notices.packed(notice, self.who.session.token)
            response.set_cookie(
                notices.COOKIE, packed, max_age=60, path=access.PATH, secure=self.is_secure, httponly=True, samesite="lax"
            )
        return response

    def link(self, **changes: Any) -> str:
        """This page with other filters: `link(cursor=next)`, `link(state=None)`. A cursor holds for its filters only."""
        kept = [
            (name, value)
            for name, value in self.request.query_params.multi_items()
            if name not in changes and name not in (*OURS, "cursor") and value
        ]
        query = urlencode([*kept, *((name, str(value)) for name, value in changes.items() if value is not None)])
        return f"{self.request.url.path}?{query}" if query else self.request.url.path

    def _of_reader(self) -> dict[str, Any]:
        reader = self.reader
        return {
            "when": reader.when,
            "clock": reader.clock,
            "lasted": reader.lasted,
            "number": reader.number,
            "share": reader.share,
            "say": lambda text: text.said(reader.language) if isinstance(text, Text) else text,
            "process": words.process,
            "link": self.link,
            "here": self.request.url.path,
            "asked": self.request.query_params,
            "key": None,
        }

    def _of_viewer(self) -> dict[str, Any]:
        assert self.who is not None
        key = self.viewer.key
        return {
            "key": key,
            "csrf": self.who.csrf,
            "session": self.who.session,
            "may": lambda right: key.may(Right(right)),
            "menu": navigation.menu(key, self.paths),
        }
