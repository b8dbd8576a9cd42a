"""`/docs`: Swagger UI, with everything it needs from this server, so that it works without internet and calls nobody.

Its files come from the package fastapi-offline, which carries them as swagger-ui-dist has them; none of its Python is used.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

PACKAGE = "fastapi_offline"
FILES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
DAY = "public, max-age=86400"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""All that it shows comes from this server, and all that it asks goes to it. `data:`: the icons in its style sheet."""
SAFE = {"Content-Security-Policy": POLICY}

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: REST API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="api"><p>{title}: the description of the REST API is at <a href="openapi.json">openapi.json</a>.</p></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
START = """\
window.SwaggerUIBundle && SwaggerUIBundle({
  url: "openapi.json", dom_id: "#api", deepLinking: true, docExpansion: "none", tryItOutEnabled: true, validatorUrl: null,
});
"""


@cache
def folder() -> Path | None:
    """Where Swagger UI's files are; None when the package is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    places = found.submodule_search_locations if found is not None else None
    return Path(next(iter(places))) / "static" if places else None


def install(app: FastAPI, title: str) -> None:
    """Adds the page and its files. They are no part of the API's description."""
    page = PAGE.format(title=title)

    async def docs(_request: Request) -> Response:
        return HTMLResponse(page, headers=SAFE)

    async def start(_request: Request) -> Response:
        return Response(START, media_type="text/javascript", headers=SAFE)

    async def file(request: Request) -> Response:
        name, place = request.path_params["name"], folder()
        if name not in FILES or place is None:
            raise HTTPException(404)
        return FileResponse(place / name, media_type=FILES[name], headers={**SAFE, "Cache-Control": DAY})

    app.add_route("/docs", docs, include_in_schema=False)
    app.add_route("/docs/start.js", start, include_in_schema=False)
    app.add_route("/docs/{name}", file, include_in_schema=False)
