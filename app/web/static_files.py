"""The few files that pages load: style sheets, an icon, and the console's script."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from app.web.pages import FILES_FOLDER, STATIC

FILES = {
    "style.css": "text/css",
    "console.css": "text/css",
    "console.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
HEADERS = {"Cache-Control": "public, max-age=3600"}


def install(app: FastAPI) -> None:
    """Adds the files. They are no part of the API's description."""

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            raise HTTPException(404)
        return FileResponse(FILES_FOLDER / name, media_type=FILES[name], headers=HEADERS)

    app.add_route(f"{STATIC}/{{name}}", file, include_in_schema=False)
