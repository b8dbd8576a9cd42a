"""This module puts the simulated services together: their state, their calls and their control routes."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.sandbox.kit.dates import Dated
from app.sandbox.sevenoffice24.config import Clock, SevenOfficeConfig, utc_now
from app.sandbox.sevenoffice24.http.control import sandbox_routes
from app.sandbox.sevenoffice24.http.soap import Soap
from app.sandbox.sevenoffice24.model.office import Office
from app.sandbox.sevenoffice24.sample import fill


def create_sevenoffice(config: SevenOfficeConfig, clock: Clock = utc_now) -> Starlette:
    """The whole as an ASGI app; its state is `app.state.office`."""
    office = Office(config, clock)
    fill(office.tenant(), config.sample_orders)
    app = Starlette(routes=[*sandbox_routes(office), *Soap(office).routes()], middleware=[Middleware(Dated, clock)])
    app.router.redirect_slashes = False
    app.state.office = office
    return app
