"""The gateway's REST API, as the commands call it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import orjson
import typer

from app.commands.kit.terminal import NotAllowed, Unreachable
from app.errors import BadInput

# The HTTP client and the settings are imported when a call is made, so that the help starts at once.
if TYPE_CHECKING:
    import ssl

    import httpx

DEFAULT_URL = ""
"""The gateway of this machine, at the port that its settings name."""
ANSWER_SECONDS = 60.0
WHOLE = frozenset({"/lanes", "/integrations", "/keys"})
"""Lists that are short, and come in one piece."""

Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="GATEWAY_URL",
        help="Address of the gateway. Default: this machine's, at GATEWAY_PORT as set here or in .env (8080).",
        show_default=False,
        rich_help_panel="Gateway",
    ),
]
ApiKey = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        envvar="GATEWAY_API_KEY",
        help="API key. Default: the admin key in the data directory, when this is the gateway's own machine.",
        show_default=False,
        rich_help_panel="Gateway",
    ),
]


class Problem(BadInput):
    """A problem document that the gateway answered with; `document` is all of it."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        words = document.get("detail") or document.get("title") or f"the gateway answered {status}"
        super().__init__(str(words), field=document.get("field"), fix=document.get("fix"))
        self.status = status
        self.document = dict(document)


class Remote:
    """Calls one gateway. Raises Unreachable, NotAllowed, Problem."""

    def __init__(
        self, url: str, api_key: str | None, transport: httpx.BaseTransport | None = None, key_from: str | None = None
    ) -> None:
        """`key_from`: the file in which the key was found; None when it was given."""
        self.url = url.rstrip("/")
        self._key_from = key_from
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._transport = transport

    @property
    def has_key(self) -> bool:
        return bool(self._headers)

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, params=params)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Any:
        """The answer's JSON; None when it has no body."""
        answer = self.send(method, path, params=params, json=json, headers=headers, seconds=seconds)
        if answer.status_code in (401, 403):
            with_key = f", with the key in {self._key_from}" if self._key_from else ""
            raise NotAllowed(f"{_words(answer) or 'the gateway does not accept the API key'} (asked: {self.url}{with_key})")
        return read(answer)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> httpx.Response:
        """The answer as it came, whatever its status. Raises Unreachable."""
        import httpx

        given = {name: value for name, value in (params or {}).items() if value is not None}
        content = orjson.dumps(json, default=str) if json is not None else None
        sent = {**(headers or {}), **({"Content-Type": "application/json"} if content is not None else {})}
        try:
            # A command makes few calls: none is worth a connection that somebody has to remember to close.
            tls = False if self.url.startswith("http://") else _authorities()  # without TLS there is no need to load them
            with httpx.Client(
                base_url=self.url, headers=self._headers, trust_env=False, verify=tls, transport=self._transport
            ) as http:
                return http.request(method, path, params=given, content=content, headers=sent, timeout=seconds)
        except httpx.TransportError as error:
            raise Unreachable(f"the gateway at {self.url} does not answer ({str(error) or type(error).__name__})") from error
        except httpx.InvalidURL as error:
            raise BadInput(f"{self.url!r} is not an address", field="--url", fix="like http://127.0.0.1:8080") from error

    def items(self, path: str, limit: int, **params: Any) -> list[dict[str, Any]]:
        """Up to `limit` entries of a list, page by page."""
        found: list[dict[str, Any]] = []
        for page in self._pages(path, limit, params):
            found += page
            if len(found) >= limit:
                break
        return found[:limit]

    def _pages(self, path: str, limit: int, params: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
        cursor: str | None = None
        while True:
            paging = {} if path in WHOLE else {"limit": min(limit, 100), "cursor": cursor}
            page = self.get(path, **params, **paging)
            if isinstance(page, list):
                yield page
                return
            yield page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return


def read(answer: httpx.Response) -> Any:
    """Raises Unreachable and Problem for what is not 2xx."""
    document = _json(answer)
    if answer.is_success:
        return document
    problem = document if isinstance(document, dict) else {}
    if answer.status_code in (503, 504) or (answer.status_code == 502 and not problem):
        words = _words(answer) or "it is not ready"
        raise Unreachable(f"the gateway at {answer.url.host} answered {answer.status_code}: {words}")
    raise Problem(answer.status_code, problem)


def _words(answer: httpx.Response) -> str | None:
    document = _json(answer)
    found = (document.get("detail") or document.get("title")) if isinstance(document, dict) else None
    return str(found) if found else None


def _json(answer: httpx.Response) -> Any:
    try:
        return orjson.loads(answer.content) if answer.content else None
    except orjson.JSONDecodeError as error:
        if answer.status_code >= 500:
            return None
        raise Problem(answer.status_code, {"detail": f"{answer.url} is not a gateway's address", "fix": "check --url"}) from error


def _authorities() -> ssl.SSLContext:
    """Those that the gateway trusts, with GATEWAY_CA_FILE of this machine."""
    from app.http import tls_context
    from app.settings import Settings

    return tls_context(Settings().ca_file)


def connect(url: str, api_key: str | None) -> Remote:
    """The gateway at `url`, or this machine's, with the key given or, on its own machine, the one in the data directory.

    What is not given is looked for in `.env`, as the gateway itself does.
    """
    from app.settings import KEY_FILE, Settings, given_variables

    if url and api_key:
        return Remote(url, api_key)
    given, settings = given_variables(), Settings()
    url = url or given.get("GATEWAY_URL") or settings.own_address
    if key := api_key or given.get("GATEWAY_API_KEY"):
        return Remote(url, key)
    file = settings.data_directory / KEY_FILE
    found = _key_in(file)
    return Remote(url, found, key_from=str(file) if found else None)


def _key_in(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def segment(value: object) -> str:
    """A name or id as one part of a path."""
    return quote(str(value), safe="")
