"""The shop's front: a page of its own for maintenance, a security plugin or plain permalinks, and the front page.

The front page names the API. With plain permalinks WordPress answers its REST API under `?rest_route=` only. WooCommerce does not
look at its keys there (its `is_request_to_rest_api` looks for `wp-json/wc` in the address), so every call that needs a key is
refused. A page that is not there is the web server's or the theme's own, in HTML. The page of maintenance is the one that
WordPress shows while it updates itself.
"""

from __future__ import annotations

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.wire import php

# Set on a call that came under `?rest_route=`.
BY_REST_ROUTE = "sandbox.by_rest_route"


class FrontDoor:
    """Lets calls in, sends them away, or leads them from `?rest_route=` to their route.

    `has_rest` is whether this WordPress has a REST API at all. `older` is where the API before it begins.
    """

    def __init__(self, app: ASGIApp, shop: Shop, has_rest: bool, older: str) -> None:
        self._app = app
        self._shop = shop
        self._has_rest = has_rest
        self._older = older

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox"):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        by_query = php.parse_query(request.url.query).get("rest_route")
        page = self._page(request.url.path, by_query)
        if page is not None:
            self._shop.journal.add(request, None, page.status_code, None)
            await page(scope, receive, send)
            return
        if by_query:
            scope = {**scope, "path": f"/wp-json/{by_query.lstrip('/')}", BY_REST_ROUTE: True}
        await self._app(scope, receive, send)

    def _page(self, path: str, by_query: str | None) -> Response | None:
        """The page shown instead of an answer of the API; None to go on."""
        front = self._shop.front
        if front.maintenance:
            words = "Briefly unavailable for scheduled maintenance. Check back in a minute."
            return _html("Maintenance", words, 503, {"Retry-After": "600"})
        is_older = path.startswith(self._older)
        is_api = bool(by_query) or is_older or path.startswith("/wp-json")
        if is_api and front.rest_api == "forbidden":
            return _html("403 Forbidden", "A security plugin keeps this page from you.", 403)
        if not is_api:
            return self._front_page() if path == "/" else _not_found()
        if front.permalinks == "plain-nginx" and not by_query:  # observed on 10.5.0, WordPress 6.9.1
            home = self._shop.config.home
            return (
                self._front_page() if path == "/wp-json/" else Response(status_code=301, headers={"Location": f"{home}{path}/"})
            )
        hidden = (front.permalinks == "plain" and not by_query) or (not self._has_rest and not is_older)
        return _not_found() if hidden else None

    def _front_page(self) -> Response:
        """Its `Link` header says where the REST API is, as WordPress does for everybody."""
        home = self._shop.config.home
        api = f"{home}/wp-json/" if self._shop.front.permalinks == "pretty" else f"{home}/?rest_route=/"
        return _html(escape(self._shop.config.name), "", 200, {"Link": f'<{api}>; rel="https://api.w.org/"'})


def _not_found() -> Response:
    return _html("Page not found", "", 404)


def _html(title: str, words: str, status: int, headers: dict[str, str] | None = None) -> Response:
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{words}</p></body></html>\n"
    return HTMLResponse(page, status, headers)
