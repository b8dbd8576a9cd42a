"""This module puts a simulated shop together: its state, its API and its control routes."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware

from app.sandbox.kit.dates import Dated
from app.sandbox.nettbutikk24.config import Clock, NettbutikkConfig, utc_now
from app.sandbox.nettbutikk24.http.api import Api
from app.sandbox.nettbutikk24.http.control import sandbox_routes
from app.sandbox.nettbutikk24.model.shop import Shop
from app.sandbox.nettbutikk24.sample import fill


def create_nettbutikk(config: NettbutikkConfig, clock: Clock = utc_now) -> Starlette:
    """The whole as an ASGI app; its state is `app.state.shop`."""
    shop = Shop(config, clock)
    fill(shop, config.sample_orders)
    app = Starlette(routes=[*sandbox_routes(shop), *Api(shop).routes()], middleware=[Middleware(Dated, clock)])
    app.router.redirect_slashes = False
    app.state.shop = shop
    return app
