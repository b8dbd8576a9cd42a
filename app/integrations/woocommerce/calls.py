"""One call to a shop: signed, sent, and its failures sorted. Observed on WooCommerce 11.0.1 unless it says otherwise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.clock import Clock
from app.errors import LoginRefused, Malformed, NoSuchRecord, Refused
from app.http import Answer, encode_query, raise_passing, send
from app.integrations.woocommerce.oauth import signed
from app.integrations.woocommerce.resources import text
from app.integrations.woocommerce.settings import WooCommerceCredentials, WooCommerceSettings

SYSTEM = "the shop"

_GONE = re.compile(r"woocommerce_rest_(?:\w+_)?invalid_id")
"""Like `woocommerce_rest_shop_order_invalid_id`: the only codes that prove, with a 404, that a record is gone."""

Params = Sequence[tuple[str, str]]


class Calls:
    """Calls to one shop's REST API: Basic over https, OAuth 1.0a over http. Counts them."""

    def __init__(
        self, settings: WooCommerceSettings, credentials: WooCommerceCredentials, http: httpx.AsyncClient, clock: Clock
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self.count = 0
        self.shop_time: datetime | None = None
        """The shop's own clock at its last answer (UTC), as far as it said."""

    def address(self, path: str) -> str:
        return f"{self._credentials.shop_url}wp-json/{self._settings.rest_version}/{path}"

    async def record(self, path: str, params: Params = ()) -> dict[str, Any]:
        """An object. Raises NoSuchRecord when the shop itself says that there is none."""
        answer = await self.get(self.address(path), params)
        if not isinstance(answer.json, dict):
            raise self._malformed(answer, path, "an object")
        return answer.json

    async def listed(self, path: str, params: Params) -> list[dict[str, Any]]:
        """A list of objects. Raises Malformed for anything else: an empty list must be one."""
        answer = await self.get(self.address(path), params)
        if not isinstance(answer.json, list) or not all(isinstance(each, dict) for each in answer.json):
            raise self._malformed(answer, path, "a list of records")
        return answer.json

    async def get(self, url: str, params: Params = ()) -> Answer:
        """One GET, its answer JSON with 2xx. Raises every RemoteError."""
        self.count += 1
        answer = await send(self._http, self._request(url, params), timeout=self._settings.call_timeout_seconds, system=SYSTEM)
        self.shop_time = _date(answer)
        self._sort(answer, f"GET {urlsplit(url).path}")
        return answer

    def _request(self, url: str, params: Params) -> httpx.Request:
        key, secret = self._credentials.consumer_key, self._credentials.consumer_secret.get_secret_value()
        headers = {"Accept": "application/json"}
        if url.startswith("https://"):
            request = self._http.build_request("GET", _with_query(url, params), headers=headers)
            return next(httpx.BasicAuth(key, secret).auth_flow(request))
        by = self._settings.oauth_signature_method
        params = signed("GET", url, params, key=key, secret=secret, by=by, now=self._clock())
        return self._http.build_request("GET", _with_query(url, params), headers=headers)

    def _sort(self, answer: Answer, call: str) -> None:
        raise_passing(answer, system=SYSTEM, call=call, now=self._clock())
        shop_says = answer.json if isinstance(answer.json, dict) else {}
        status, words, told = answer.status, answer.text(), _told(answer)
        if 300 <= status < 400:
            raise Malformed(_redirected(answer), system=SYSTEM, call=call, status=status, answer=words)
        if status in (401, 403):
            raise LoginRefused(told, system=SYSTEM, call=call, status=status, answer=words)
        if status == 404 and _GONE.fullmatch(text(shop_says, "code")):
            raise NoSuchRecord(told, system=SYSTEM, call=call, status=status, answer=words)
        if status >= 400 and text(shop_says, "code"):
            raise Refused(told, system=SYSTEM, call=call, status=status, answer=words)
        if status >= 400 or not 200 <= status < 300 or not answer.is_json:
            raise Malformed(_not_the_api(answer), system=SYSTEM, call=call, status=status, answer=words)

    def _malformed(self, answer: Answer, path: str, wanted: str) -> Malformed:
        return Malformed(
            f"the shop answered something else than {wanted}",
            system=SYSTEM,
            call=f"GET {urlsplit(self.address(path)).path}",
            status=answer.status,
            answer=answer.text(),
        )


def _date(answer: Answer) -> datetime | None:
    try:
        found = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def code_of(answer: str | None) -> str:
    """The shop's own error code in an error's `answer`, as far as it has one."""
    found = re.search(r'"code"\s*:\s*"([^"]{1,100})"', answer or "")
    return found[1] if found else ""


def _with_query(url: str, params: Params) -> httpx.URL:
    return httpx.URL(f"{url}?{encode_query(params)}" if params else url)


def _told(answer: Answer) -> str:
    """The shop's own words: code, message, and the parameters it does not like."""
    body = answer.json if isinstance(answer.json, dict) else {}
    code, message = text(body, "code"), text(body, "message")
    if not code:
        return f"the shop answered {answer.status} without its own words; a firewall or security plugin may be in between"
    details = body.get("data")
    params = details.get("params") if isinstance(details, dict) else None
    named = "; ".join(f"{name}: {why}" for name, why in params.items()) if isinstance(params, dict) else ""
    return f"{message} ({code})" + (f": {named}" if named else "")


def _redirected(answer: Answer) -> str:
    target = urlsplit(answer.headers.get("Location", ""))
    place = f"{target.scheme}://{target.netloc}{target.path.split('wp-json', 1)[0]}" if target.netloc else "somewhere else"
    return f"the shop sends us on to {place}: that should be the shop address"


def _not_the_api(answer: Answer) -> str:
    kind = "a web page" if "html" in answer.headers.get("Content-Type", "") else "something"
    return f"the shop answered {answer.status} with {kind} that is not its REST API's"
