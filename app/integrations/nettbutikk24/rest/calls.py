"""Calls to one shop. What the answers mean is sorted here and nowhere else.

The token is in no error and no log: `call` has no query, and what is quoted of an answer is without it.
"""

from __future__ import annotations

import base64
import contextlib
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import orjson

from app import json_answers
from app.clock import Clock
from app.errors import LoginRefused, Malformed, NoSuchRecord, Refused
from app.http import MOST_APART, Answer, encode_query, http_date, raise_passing, send
from app.integrations.kit.odd_entries import in_its_place
from app.integrations.kit.values.charsets import as_text
from app.integrations.nettbutikk24.credentials import NettbutikkCredentials
from app.integrations.nettbutikk24.settings import AuthMode, NettbutikkAdapterSettings
from app.integrations.protocol.account import IN_TURN
from app.integrations.protocol.session import TokenStanding
from app.json_reading import Body

SYSTEM = "the shop"
REPLACED = "the token was replaced in the shop: paste the new one as api_key"
PARAMETER = "access_token"

Params = Sequence[tuple[str, str]]


class Calls:
    """Calls to one shop. Counts them. Paths stand behind `/api/v1/`.

    `auth_mode` may be changed by whoever finds out that the shop takes the other one. A token that has worked and is refused is
    worth nothing any more: no process of the gateway asks again. A new token, or a test of the connection, makes new calls.
    """

    def __init__(
        self,
        settings: NettbutikkAdapterSettings,
        credentials: NettbutikkCredentials,
        http: httpx.AsyncClient,
        clock: Clock,
        facts: Mapping[str, Any],
        standing: TokenStanding | None,
    ) -> None:
        self._settings = settings
        self._base = credentials.api_url
        self._token = credentials.api_key.get_secret_value()
        self._http = http
        self._clock = clock
        self._standing = standing
        known = facts.get("auth_mode")
        self.auth_mode: AuthMode = known if known in ("basic", "query") else settings.auth_mode
        self.has_worked = known is not None
        self.count = 0
        self._refused: int | None = None
        self._tests = False
        self.shop_time: datetime | None = None
        """The shop's own clock at its last answer (UTC), as far as it said."""

    @property
    def now(self) -> datetime:
        return self.shop_time or self._clock()

    @contextlib.asynccontextmanager
    async def tested(self) -> AsyncIterator[None]:
        """What was refused before is asked again within, in either form of the token. What comes of it holds from then on."""
        if self._standing is not None:
            self.has_worked |= (await self._standing.standing()).was_good
        self._refused, self._tests = None, True
        try:
            yield
        except LoginRefused as refused:
            if self.has_worked:
                await self._end(refused.status)
                refused.message = REPLACED
            raise
        finally:
            self._tests = False
        if self._standing is not None:
            await self._standing.good()

    async def rows(self, path: str, params: Params = ()) -> tuple[list[Body], Mapping[str, Any]]:
        """The rows of `data`, and the answer itself. A single object counts as one row; what is no object is a
        row that says so, and no record."""
        answer = await self._send("GET", path, params)
        body = answer.json
        data = body.get("data") if isinstance(body, Mapping) else None
        found = [data] if isinstance(data, Mapping) else data
        if not isinstance(found, list):
            call = f"GET {path}"
            message = "the shop answered something else than rows"
            raise Malformed(message, system=SYSTEM, call=call, status=answer.status, answer=self._words(answer))
        assert isinstance(body, Mapping)
        return [each if isinstance(each, Mapping) else in_its_place(each) for each in found], body

    async def last_modified(self, path: str) -> datetime | None:
        """What HEAD says of a list: when the newest of it was changed. None when it does not say."""
        try:
            answer = await self._send("HEAD", path, ())
        except (Refused, Malformed):
            return None
        return http_date(answer.headers.get("Last-Modified"))

    async def patch(self, path: str, body: Mapping[str, Any], params: Params = ()) -> Body | None:
        """Any 2xx is a yes. Returns the row where the shop shows it."""
        answer = await self._send("PATCH", path, params, body)
        data = answer.json.get("data") if isinstance(answer.json, Mapping) else None
        first = data[0] if isinstance(data, list) and data else data
        return first if isinstance(first, Mapping) else None

    # one call

    async def _send(self, method: str, path: str, params: Params, body: Any = None) -> Answer:
        call, headers = f"{method} {path}", {"Accept": "application/json"}
        await self._stop_where_replaced(call)
        if self.auth_mode == "basic":
            headers["Authorization"] = f"Basic {base64.b64encode(f'{self._token}:'.encode()).decode()}"
        else:
            params = (*params, (PARAMETER, self._token))
        url = httpx.URL(f"{self._base}{path}" + (f"?{encode_query(params)}" if params else ""))
        given = {} if body is None else {"json": body}
        request = self._http.build_request(method, url, headers=headers, **given)
        request.extensions[IN_TURN] = functools.partial(self._in_turn, call)
        self.count += 1
        answer = await send(self._http, request, timeout=self._settings.call_timeout_seconds, system=SYSTEM)
        said = http_date(answer.headers.get("Date"))
        self.shop_time = said if said is not None and abs(said - self._clock()) <= MOST_APART else None
        answer = await self._decoded(answer)
        await self._end_where_replaced(answer.status)
        self._sort(answer, call, is_read=method == "GET")
        return answer

    async def _in_turn(self, call: str, send_it: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        """What another process's call has found out is known before this one, and what this one finds out before the next."""
        await self._stop_where_replaced(call)
        response = await send_it()
        try:
            await self._end_where_replaced(response.status_code)
        except BaseException:
            await response.aclose()
            raise
        return response

    async def _stop_where_replaced(self, call: str) -> None:
        """Raises LoginRefused where any process has seen that the token was replaced. A test asks all the same."""
        if self._tests:
            return
        if self._refused is None and self._standing is not None:
            standing = await self._standing.standing()
            self.has_worked |= standing.was_good
            self._refused = 401 if standing.ended is not None else None
        if self._refused is not None:
            raise LoginRefused(REPLACED, system=SYSTEM, call=call, status=self._refused)

    async def _end_where_replaced(self, status: int) -> None:
        if status in (401, 403) and self.has_worked and not self._tests and self._refused is None:
            await self._end(status)

    async def _end(self, status: int | None) -> None:
        self._refused = status
        if self._standing is not None:
            await self._standing.end(REPLACED)

    async def _decoded(self, answer: Answer) -> Answer:
        """The answer in its own charset (A2)."""
        if not answer.content or answer.content.isascii():
            return answer
        text = as_text(answer.content, answer.headers.get("Content-Type", ""), self._settings.fallback_charset)
        content = text.encode()
        try:
            parsed, junk = await json_answers.read(content)
        except json_answers.NotJson:
            return replace(answer, content=content, json=None, is_json=False)
        return replace(answer, content=content, json=parsed, is_json=True, junk=junk)

    def _sort(self, answer: Answer, call: str, *, is_read: bool) -> None:
        status, words = answer.status, self._words(answer)
        raise_passing(replace(answer, content=words.encode(), junk=""), system=SYSTEM, call=call, now=self._clock())
        if status in (401, 403):
            message = REPLACED if self._refused is not None else f"the shop does not accept the token ({status})"
            raise LoginRefused(message, system=SYSTEM, call=call, status=status, answer=words)
        is_page = _is_page(answer)
        if status == 404 and not is_page:
            raise NoSuchRecord("the shop has no such record (404)", system=SYSTEM, call=call, status=status, answer=words)
        if 400 <= status < 500 and not is_page:
            told = f": {words}" if words.strip() else ", and says no more"
            message = f"the shop refused it ({status}){told}"
            raise Refused(message, system=SYSTEM, call=call, status=status, answer=words)
        if not 200 <= status < 300 or is_page or (is_read and not answer.is_json):
            kind = "a web page" if is_page else "something"
            message = f"the shop answered {status} with {kind} that is not its API's"
            raise Malformed(message, system=SYSTEM, call=call, status=status, answer=words)

    def _words(self, answer: Answer) -> str:
        content = orjson.dumps(answer.json) if answer.junk else answer.content
        return content[:2000].decode("utf-8", errors="replace").replace(self._token, "…")


def _is_page(answer: Answer) -> bool:
    """Told by what there is: PHP calls everything HTML that is not said to be something else, JSON and nothing at all too."""
    content = answer.content.strip()
    is_called_page = "html" in answer.headers.get("Content-Type", "")
    return bool(content) and not answer.is_json and (is_called_page or content[:1] == b"<")
