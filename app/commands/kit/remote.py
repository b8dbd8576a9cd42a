"""The gateway's REST API, as the commands call it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import orjson
import typer

from app.commands.kit.terminal import NotAllowed, Unreachable
from app.errors import BadInput
from app.processes.supervisor import KEY_FILE
from app.settings import Settings

DEFAULT_URL = "http://127.0.0.1:8080"
ANSWER_SECONDS = 60.0

Url = Annotated[str, typer.Option("--url", envvar="GATEWAY_URL", help="Address of the gateway.", rich_help_panel="Gateway")]
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
    """One gateway. Raises Unreachable, NotAllowed, Problem."""

    def __init__(self, url: str, api_key: str | None, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._transport = transport

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
        return read(self.send(method, path, params=params, json=json, headers=headers, seconds=seconds))

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
        given = {name: value for name, value in (params or {}).items() if value is not None}
        content = orjson.dumps(json, default=str) if json is not None else None
        sent = {**(headers or {}), **({"Content-Type": "application/json"} if content is not None else {})}
        try:
            # A command makes few calls: none is worth a connection that somebody has to remember to close.
            with httpx.Client(base_url=self.url, headers=self._headers, trust_env=False, transport=self._transport) as http:
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
            page = self.get(path, **params, limit=min(limit, 100), cursor=cursor)
            if isinstance(page, list):
                yield page
                return
            yield page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return


def read(answer: httpx.Response) -> Any:
    """Raises Unreachable, NotAllowed and Problem for what is not 2xx."""
    document = _json(answer)
    if answer.is_success:
        return document
    problem = document if isinstance(document, dict) else {}
    words = problem.get("detail") or problem.get("title")
    if answer.status_code in (503, 504) or (answer.status_code == 502 and not problem):
        raise Unreachable(f"the gateway at {answer.url.host} answered {answer.status_code}: {words or 'it is not ready'}")
    if answer.status_code in (401, 403):
        raise NotAllowed(words or "the gateway does not accept the API key")
    raise Problem(answer.status_code, problem)


def _json(answer: httpx.Response) -> Any:
    try:
        return orjson.loads(answer.content) if answer.content else None
    except orjson.JSONDecodeError as error:
        if answer.status_code >= 500:
            return None
        raise Problem(answer.status_code, {"detail": f"{answer.url} is not a gateway's address", "fix": "check --url"}) from error


def connect(url: str, api_key: str | None) -> Remote:
    """The gateway at `url`, with the key given or, on its own machine, the one in the data directory."""
    return Remote(url, api_key or _own_key())


def _own_key() -> str | None:
    path: Path = Settings().data_directory / KEY_FILE
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return None


def segment(value: object) -> str:
    """A name or id as one part of a path."""
    return quote(str(value), safe="")
