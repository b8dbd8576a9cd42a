"""Calls to one shop: JSON:API for resources, plain JSON for the rest. What the answers mean is sorted here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from app.clock import Clock
from app.errors import LoginRefused, Malformed, NoSuchRecord, Refused, RemoteError
from app.http import MOST_APART, Answer, encode_query, http_date, raise_passing, send
from app.integrations.mystore.credentials import MystoreCredentials
from app.integrations.mystore.rest.resources import Resource
from app.integrations.mystore.settings import MystoreSettings
from app.integrations.mystore.tokens import AccessToken
from app.integrations.protocol.account import CALLS_COUNTED
from app.json_reading import Body, objects, text

SYSTEM = "the shop"
JSON_API = "application/vnd.api+json"
PLAIN = "application/json"
EXPIRED = "token has expired or is invalid"
"""In the detail of a 403 that means what 401 means elsewhere."""

Params = Sequence[tuple[str, str]]


class Calls:
    """Calls to one shop. Counts them. Paths stand behind `/shops/{shop}/`.

    A call whose token is refused is repeated once with a newer one, where there is one.
    """

    def __init__(
        self,
        settings: MystoreSettings,
        credentials: MystoreCredentials,
        http: httpx.AsyncClient,
        clock: Clock,
        token: AccessToken,
    ) -> None:
        self._settings = settings
        self._base = credentials.base
        self._http = http
        self._clock = clock
        self.token = token
        self.count = 0
        self.shop_time: datetime | None = None
        """The shop's own clock at its last answer (UTC), as far as it said."""

    async def document(self, path: str, params: Params = ()) -> Body:
        """A JSON:API document. Raises NoSuchRecord when the shop itself says that there is none."""
        return self._object(await self._send("GET", path, params), f"GET {path}")

    async def one(self, path: str, params: Params = ()) -> Resource:
        """The resource of a document."""
        found = await self.document(path, params)
        data = found.get("data")
        if not isinstance(data, dict):
            raise self._malformed(f"GET {path}", "a resource")
        return data

    async def plain(self, method: str, path: str, body: Any = None, *, counts_as: int = 1) -> Any:
        """A call in plain JSON. `counts_as`: how many calls the shop counts it as."""
        answer = await self._send(method, path, (), body, kind=PLAIN, counts_as=counts_as)
        return answer.json

    async def write(self, method: str, path: str, resource: Mapping[str, Any]) -> Resource:
        """A POST or PATCH of a resource. Returns the resource as the shop shows it, empty when it shows none."""
        answer = await self._send(method, path, (), {"data": resource})
        found = answer.json.get("data") if isinstance(answer.json, dict) else None
        return found if isinstance(found, dict) else {}

    async def delete(self, path: str) -> None:
        """Raises NoSuchRecord when there is none."""
        await self._send("DELETE", path, ())

    # one call

    async def _send(
        self, method: str, path: str, params: Params, body: Any = None, *, kind: str = JSON_API, counts_as: int = 1
    ) -> Answer:
        token, call = await self.token.token(), f"{method} {path}"
        answer = await self._answered(self._request(method, path, params, body, kind), token, counts_as)
        if _is_about_the_token(answer):
            newer = await self.token.renewed(token)
            if newer is not None and newer != token:
                answer = await self._answered(self._request(method, path, params, body, kind), newer, counts_as)
        self._sort(answer, call)
        return answer

    def _request(self, method: str, path: str, params: Params, body: Any, kind: str) -> httpx.Request:
        url = f"{self._base}{path}"
        headers = {"Accept": kind, "Content-Type": kind}
        address = httpx.URL(f"{url}?{encode_query(params)}" if params else url)
        if body is None:
            return self._http.build_request(method, address, headers=headers)
        return self._http.build_request(method, address, headers=headers, json=body)

    async def _answered(self, request: httpx.Request, token: str, counts_as: int) -> Answer:
        self.count += 1
        request.headers["Authorization"] = f"Bearer {token}"
        request.extensions = {**request.extensions, CALLS_COUNTED: counts_as}
        answer = await send(self._http, request, timeout=self._settings.call_timeout_seconds, system=SYSTEM)
        said = http_date(answer.headers.get("Date"))
        self.shop_time = said if said is not None and abs(said - self._clock()) <= MOST_APART else None
        return answer

    def _sort(self, answer: Answer, call: str) -> None:
        status, words, told = answer.status, answer.text(), told_of(answer.json)
        raise_passing(answer, system=SYSTEM, call=call, now=self._clock())
        if _is_about_the_token(answer):
            message = f"the shop does not accept the access token: {told or status}"
            raise LoginRefused(message, system=SYSTEM, call=call, status=status, answer=words)
        if status == 403:
            message = f"the access token has no right to {call}" + (f": {told}" if told else "")
            raise LoginRefused(message, system=SYSTEM, call=call, status=status, answer=words)
        if status == 404 and told:
            raise NoSuchRecord(told, system=SYSTEM, call=call, status=status, answer=words)
        if 400 <= status < 500 and (told or (status != 404 and answer.is_json)):
            message = told or f"the shop refused it ({status})"
            raise Refused(message, system=SYSTEM, call=call, status=status, answer=words)
        if not 200 <= status < 300 or (answer.content.strip() and not answer.is_json):
            kind = "a web page" if "html" in answer.headers.get("Content-Type", "") else "something"
            message = f"the shop answered {status} with {kind} that is not its API's"
            raise Malformed(message, system=SYSTEM, call=call, status=status, answer=words)

    def _object(self, answer: Answer, call: str) -> Body:
        if not isinstance(answer.json, dict):
            raise Malformed(
                "the shop answered something else than a document",
                system=SYSTEM,
                call=call,
                status=answer.status,
                answer=answer.text(),
            )
        return answer.json

    def _malformed(self, call: str, wanted: str) -> Malformed:
        return Malformed(f"the shop answered something else than {wanted}", system=SYSTEM, call=call, status=200)


def _is_about_the_token(answer: Answer) -> bool:
    return answer.status == 401 or (answer.status == 403 and EXPIRED in answer.text().lower())


FINAL = (Refused, LoginRefused, Malformed)
"""What a final no to one call comes as; `is_final` tells it from others."""


def is_about_the_token(error: RemoteError) -> bool:
    """Whether the token itself was refused, and not only a right."""
    return error.status == 401 or (error.status == 403 and EXPIRED in (error.answer or "").lower())


def is_final(error: RemoteError) -> bool:
    """Whether the shop said no to this call alone: not to the token, and not in an answer that leaves open what came of it."""
    return error.status is not None and 400 <= error.status < 500 and not is_about_the_token(error)


def told_of(answer: Any) -> str:
    """The shop's own words: what stands in `errors[]`, or in `error` and `message`. Empty when there are none."""
    body = answer if isinstance(answer, dict) else {}
    each = [_error(one) for one in objects(body, "errors")]
    if not each:
        each = [": ".join(part for part in (text(body, "error"), text(body, "message")) if part)]
    return "; ".join(one for one in each if one)[:1000]


def _error(error: Body) -> str:
    title, detail = text(error, "title"), text(error, "detail")
    return ": ".join(part for part in (title, detail) if part) or text(error, "code") or text(error, "status")
