"""Pages: templates filled in, in the reader's language, with the headers that keep everything else out."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.web import browser, languages
from app.web.said.saying import functions

KIT = Path(__file__).parent / "templates"
STATIC = "/static"
FILES_FOLDER = Path(__file__).parent / "static"
YEAR_SECONDS = 365 * 24 * 3600


def policy(*form_targets: str, has_script: bool = False) -> str:
    """The content security policy. `form_targets`: origins that a form may lead on to, beside our own; a browser asks for that
    also where our answer to the form redirects. `has_script`: the page loads our own script, which asks us and nobody else."""
    targets = " ".join(["'self'", *form_targets])
    script = "script-src 'self'; connect-src 'self'; " if has_script else ""
    return (
        f"default-src 'none'; {script}style-src 'self'; img-src 'self'; form-action {targets}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Pages:
    """The pages of one part of the program. `folders` hold its templates; the kit's own are found too."""

    folders: tuple[Path, ...]
    is_secure: bool = False
    """People reach the gateway over https: cookies are sent over nothing else."""
    has_script: bool = False
    """They load our own script."""

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        form_targets: Sequence[str] = (),
        **shown: Any,
    ) -> HTMLResponse:
        """The page in the reader's language. Templates escape everything that they are given."""
        language = languages.of_request(request)
        text = (
            _environment(self.folders, language)
            .get_template(template)
            .render(
                {
                    "language": language,
                    "languages": [(code, name, _in_language(request, code)) for code, name in languages.LANGUAGES.items()],
                    "csrf": browser.csrf(request),
                    "csrf_field": browser.CSRF_FIELD,
                    **shown,
                }
            )
        )
        allowed = policy(*form_targets, has_script=self.has_script)
        headers = {"Content-Security-Policy": allowed, "Content-Language": language}
        response = HTMLResponse(text, status, headers)
        self._remember(request, response, language)
        return response

    def redirect(self, request: Request, address: str) -> Response:
        """On to another page, with GET."""
        response = RedirectResponse(address, 303)
        self._remember(request, response, languages.of_request(request))
        return response

    def _remember(self, request: Request, response: Response, language: str) -> None:
        browser.remember(request, response, is_secure=self.is_secure)
        if request.query_params.get("lang") in languages.LANGUAGES:
            response.set_cookie(
                languages.COOKIE,
                language,
                max_age=365 * 24 * 3600,
                path="/",
                secure=self.is_secure,
                httponly=True,
                samesite="lax",
            )


@functools.cache
def asset(name: str) -> str:
    """The address of a file that pages load. It changes with what is in the file, so that a browser never keeps an old one."""
    digest = hashlib.sha256((FILES_FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"{STATIC}/{name}?v={digest}"


@functools.cache
def _environment(folders: tuple[Path, ...], language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader([*folders, KIT]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.globals["asset"] = asset
    made.globals.update(functions(language))
    made.install_gettext_translations(languages.translations(language), newstyle=True)  # type: ignore[attr-defined]
    return made


def _in_language(request: Request, code: str) -> str:
    """This page in another language. What a form has typed stays on the server; a form's answer is read again with GET."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return f"?{urlencode([*kept, ('lang', code)])}"
