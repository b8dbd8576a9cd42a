"""What all these pages share: the templates, and errors as pages that say what to do."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from app.api.onboarding.access import Refused, refused_as
from app.engine.core.runtime import Gateway
from app.errors import BadInput, NotFound, RemoteError, TooManyTries
from app.logs import get_logger
from app.storage import outages
from app.web.pages import Pages

log = get_logger(__name__)
TEMPLATES = Path(__file__).parent / "templates"

Handler = Callable[[Request], Awaitable[Response]]


def gateway_of(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway


def pages_of(request: Request) -> Pages:
    """One for each process and each way in which people reach it."""
    public = gateway_of(request).settings.public_url
    return _pages((public or str(request.base_url)).startswith("https://"))


@functools.cache
def _pages(is_secure: bool) -> Pages:
    return Pages((TEMPLATES,), is_secure)


def start_address(system: str, **query: str) -> str:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/oauth/{system}/start" + (f"?{asked}" if asked else "")


def ended(request: Request, code: str, status: int = 400, **shown: Any) -> Response:
    """The page on which a way ends that does not lead to a connection. `code` says why; the template has the words."""
    name = str(request.path_params.get("integration", ""))
    given = {"system": name, "title": name, "detail": "", "fix": "", "rights": (), "again": start_address(name), **shown}
    return pages_of(request).render(request, "ended.html", status=status, code=code, **given)


def as_page(handler: Handler) -> Handler:
    """Whatever goes wrong becomes a page, with its usual status. Nothing of an unexpected error goes out; the log has it."""

    @functools.wraps(handler)
    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except Refused as error:
            return ended(request, error.code, refused_as(error), detail=error.message)
        except TooManyTries as error:
            page = ended(request, "too-many", error.status, seconds=error.retry_after)
            page.headers["Retry-After"] = str(error.retry_after)
            return page
        except NotFound as error:
            return ended(request, "not-found", 404, detail=error.message, fix=error.fix or "", again="")
        except BadInput as error:
            further = {"again": ""} if error.field == "integration" else {}  # no such page leads any further
            return ended(request, "refused", error.status, detail=error.message, fix=error.fix or "", **further)
        except RemoteError as error:
            return ended(request, "outside", 424, detail=error.message)
        except (SQLAlchemyError, OSError) as error:
            if not outages.is_passing(error):
                raise
            log.warning("database_away", path=request.url.path, error=type(error).__name__)
            return ended(request, "database-away", 503)

    return answered
