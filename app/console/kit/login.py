"""The page where one logs in, and logging out."""

from __future__ import annotations

from starlette.responses import Response

from app.console.kit import access
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.domain import Right
from app.errors import BadInput, Forbidden, TooManyTries, Unauthenticated
from app.web import browser

LOGOUT = "/console/logout"


def register(console: Console) -> None:
    console.get(access.LOGIN, login_page, is_open=True)
    console.open_post(access.LOGIN, log_in)
    console.post(LOGOUT, log_out, right=Right.READ)


async def login_page(page: Page) -> Response:
    then = access.inside(page.request.query_params.get("next", access.PATH))
    return page.back(then) if page.who is not None else _shown(page, then)


async def log_in(page: Page) -> Response:
    then = access.inside(page.form["next"])
    if not browser.is_ours(page.request, page.form[browser.CSRF_FIELD]):
        return _shown(page, then, BadInput("the form is too old, or was sent by another site"), 400)
    secret = page.form["api_key"].strip()
    try:
        if not secret:
            raise Unauthenticated("no API key was typed")
        session = await access.log_in(page.request, page.gateway, secret)
    except (Unauthenticated, Forbidden, TooManyTries) as error:
        return _shown(page, then, error, error.status)
    response = page.back(then)
    access.remember(response, session, is_secure=page.is_secure)
    return response


async def log_out(page: Page) -> Response:
    assert page.who is not None
    await access.log_out(page.gateway, page.who)
    response = page.back(access.LOGIN)
    access.forget(response, is_secure=page.is_secure)
    return response


def _shown(page: Page, then: str, error: BadInput | None = None, status: int = 200) -> Response:
    answer = page.render("login.html", status=status, then=then, error=error)
    if isinstance(error, TooManyTries):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer
