"""The addresses of the pages. They are no part of the REST API's description."""

from __future__ import annotations

from fastapi import FastAPI

from app.api.onboarding.callback import callback
from app.api.onboarding.settings_page import settings_page
from app.api.onboarding.start import start
from app.web import static_files


def install(app: FastAPI) -> None:
    static_files.install(app)
    app.add_route("/oauth/{integration}/start", start, methods=["GET", "POST"], include_in_schema=False)
    app.add_route("/oauth/{integration}/callback", callback, methods=["GET"], include_in_schema=False)
    app.add_route("/oauth/{integration}/settings", settings_page, methods=["GET", "POST"], include_in_schema=False)
