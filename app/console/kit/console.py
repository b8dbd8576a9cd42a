"""How the console's addresses are answered: who is logged in, what the key may do, and every error as a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from app.api.kit.auth import act_of
from app.api.kit.problems import RETRY_AFTER_SECONDS, Refusal
from app.console.kit import access
from app.console.kit.page import Page
from app.domain import Right
from app.engine.core.runtime import Gateway
from app.errors import BadInput, Forbidden, NotFound, RemoteError, TooManyTries
from app.logs import get_logger
from app.storage import outages
from app.storage.audit import acts
from app.storage.audit.acts import Way
from app.web.forms import read_form

log = get_logger(__name__)

Handler = Callable[[Page], Awaitable[Response]]


@dataclass(frozen=True)
class Rule:
    """What the page at `path` needs. `everything`: what it shows, that belongs to no single connection. `back`: where an action's
    problem is shown as a notice; parts of the address may stand in it. `is_open`: nobody need be logged in."""

    path: str
    right: Right = Right.READ
    everything: str | None = None
    back: str | None = None
    is_open: bool = False


class Console:
    """Takes the pages. None is part of the REST API's description."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self._paths: set[str] = set()

    def get(
        self, path: str, handler: Handler, *, right: Right = Right.READ, everything: str | None = None, is_open: bool = False
    ) -> None:
        """A page that changes nothing."""
        self._paths.add(path)
        self._add("GET", handler, Rule(path, right, everything, None, is_open))

    def post(
        self,
        path: str,
        handler: Handler,
        *,
        right: Right = Right.SYNC,
        everything: str | None = None,
        back: str | None = None,
    ) -> None:
        """An action. Its form must come from one of our pages."""
        self._add("POST", handler, Rule(path, right, everything, back))

    def open_post(self, path: str, handler: Handler) -> None:
        """A form that nobody need be logged in for. Its handler sees to it that the form is ours."""
        self._add("POST", handler, Rule(path, is_open=True))

    def _add(self, method: str, handler: Handler, rule: Rule) -> None:
        async def answered(request: Request) -> Response:
            return await self._answer(request, handler, rule)

        self.app.add_route(rule.path, answered, methods=[method], include_in_schema=False)

    async def _answer(self, request: Request, handler: Handler, rule: Rule) -> Response:
        gateway: Gateway = request.app.state.gateway
        page = Page(request, gateway, paths=frozenset(self._paths))
        try:
            page.who = await access.of_request(request, gateway)
            if page.who is None and not rule.is_open:
                return _to_login(page)
            return await self._let(page, handler, rule)
        except Exception as error:
            return _trouble(page, error, rule)

    async def _let(self, page: Page, handler: Handler, rule: Rule) -> Response:
        if page.request.method == "POST":
            page.form = await read_form(page.request)
        if page.who is not None:
            if not page.viewer.key.may(rule.right) and not rule.is_open:
                raise Forbidden(f"this needs a key with the right {rule.right.value}", fix="log in with such a key")
            if rule.everything:
                page.viewer.must_see_all(rule.everything)
            if page.request.method == "POST" and not rule.is_open:
                if not page.who.is_ours(page.form["csrf"]):
                    raise BadInput("the form is too old, or is not from a page of this session", fix="load the page again")
                acts.begin(replace(act_of(page.request, page.viewer.key, Way.PAGE), route=f"POST {rule.path}"))
        return await handler(page)


def _to_login(page: Page) -> Response:
    asked = page.request.url
    then = f"{asked.path}?{asked.query}" if asked.query else asked.path
    return page.back(access.LOGIN if page.request.method == "POST" else login_address(then))


def login_address(then: str) -> str:
    return access.LOGIN if then == access.PATH else f"{access.LOGIN}?{urlencode({'next': then})}"


def _trouble(page: Page, error: Exception, rule: Rule) -> Response:
    """An error as a notice where the action began, or as a page of its own. Nothing of an unexpected one goes out."""
    if isinstance(error, BadInput | RemoteError):
        if rule.back and page.who is not None and not isinstance(error, Forbidden) and page.request.method == "POST":
            return page.refused(rule.back.format(**page.path), error)
        return _said(page, error)
    if isinstance(error, Refusal):
        return _problem(page, error.status, "", error.detail, error.fix)
    if isinstance(error, SQLAlchemyError | OSError) and (not isinstance(error, SQLAlchemyError) or outages.is_passing(error)):
        log.warning("database_away", path=page.request.url.path, error=type(error).__name__)
        answer = _problem(page, 503, "database-away", "", None)
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer
    log.error("request_failed", method=page.request.method, path=page.request.url.path, exc_info=error)
    return _problem(page, 500, "failed", "", None)


def _said(page: Page, error: BadInput | RemoteError) -> Response:
    if isinstance(error, RemoteError):
        return _problem(page, 424, "outside", error.message, None)
    code = {NotFound: "not-found", Forbidden: "not-allowed", TooManyTries: "too-many"}.get(type(error), "not-valid")
    answer = _problem(page, error.status, code, error.message, error.fix)
    if isinstance(error, TooManyTries):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _problem(page: Page, status: int, code: str, detail: str, fix: str | None) -> Response:
    return page.render("problem.html", status=status, code=code, detail=detail, fix=fix or "")


async def not_found(page: Page) -> Response:
    """Whoever types a slash at the end is led to the page without it."""
    address = page.request.url.path
    if (bare := address.rstrip("/")) != address:
        return page.back(bare)
    raise NotFound(f"there is no page {address[:100]}", fix="go on from the menu")
