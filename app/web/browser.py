"""The browser that a request comes from, told by a cookie of ours, and forms that only our own pages can send."""

from __future__ import annotations

import hashlib
import hmac
import re

from starlette.requests import Request
from starlette.responses import Response

from app.ids import unguessable

COOKIE = "gateway_browser"
LASTS_SECONDS = 12 * 3600
CSRF_FIELD = "csrf"
_SECRET = re.compile(r"[A-Za-z0-9]{20,60}")


def secret_of(request: Request) -> str:
    """The browser's secret: from its cookie, else a new one, which `remember` sets with the answer."""
    known: str | None = getattr(request.state, "browser", None)
    if known is None:
        given = request.cookies.get(COOKIE, "")
        known = given if _SECRET.fullmatch(given) else unguessable()
        request.state.browser = known
    return known


def is_known(request: Request) -> bool:
    """Whether the request came with a cookie of ours."""
    return _SECRET.fullmatch(request.cookies.get(COOKIE, "")) is not None


def remember(request: Request, response: Response, *, is_secure: bool) -> None:
    """Sets the cookie. `Lax`: it comes along when another site sends the person back with a link or a redirect, and with no form
    or frame of another site."""
    response.set_cookie(
        COOKIE, secret_of(request), max_age=LASTS_SECONDS, path="/", secure=is_secure, httponly=True, samesite="lax"
    )


def csrf(request: Request) -> str:
    """What a form of this browser carries. Another site can neither read nor guess it."""
    return hmac.new(secret_of(request).encode(), b"csrf", hashlib.sha256).hexdigest()


def is_ours(request: Request, given: str) -> bool:
    """Whether a form was sent by one of our pages in this browser."""
    return is_known(request) and hmac.compare_digest(csrf(request).encode(), given.encode())
