"""One call to a shop: signed, sent, and its failures sorted. Observed on WooCommerce 11.0.1 unless it says otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from app.clock import Clock
from app.errors import LoginRefused, Malformed, NoSuchRecord, Refused
from app.http import MOST_APART, Answer, encode_query, http_date, raise_passing, send
from app.integrations.kit.paging import Listed
from app.integrations.woocommerce.rest.dialect import Dialect, Params, Record
from app.integrations.woocommerce.rest.oauth import Signer, signed
from app.integrations.woocommerce.rest.versions import Version
from app.integrations.woocommerce.settings import Login, WooCommerceCredentials, WooCommerceSettings
from app.json_reading import Body, text

SYSTEM = "the shop"

_GONE = re.compile(r"woocommerce_rest_(?:(?:\w+_)?invalid_id|invalid_order_id)|woocommerce_api_(?:no_\w+_found|invalid_\w+_id)")
"""Like `woocommerce_rest_shop_order_invalid_id`: the only codes that prove, with a 404 (400 to a PUT), that a record is gone."""

_LEGACY_LOGIN = "woocommerce_api_authentication_error"
"""Comes with any status, 404 for a missing key among them (source of WooCommerce 2.4)."""

DialectOf = Callable[[Version, WooCommerceSettings], Dialect]
_Items = Sequence[Mapping[str, Any]]


class Calls:
    """Calls to one shop's REST API: Basic over https, OAuth 1.0a over http. Counts them.

    Paths are those of wc/v3; one that begins with a slash belongs to a plugin and is taken as it is, below `wp-json`.
    """

    def __init__(
        self,
        settings: WooCommerceSettings,
        credentials: WooCommerceCredentials,
        http: httpx.AsyncClient,
        clock: Clock,
        version: Version,
        dialect_of: DialectOf,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self.version = version
        self._dialect_of = dialect_of
        self.count = 0
        self.shop_time: datetime | None = None
        """The shop's own clock at its last answer (UTC), as far as it said."""

    def address(self, path: str) -> str:
        if path.startswith("/"):
            return f"{self._credentials.shop_url}wp-json{path}"
        return f"{self.version.base(self._credentials.shop_url)}{self._dialect(path).path(path)}"

    @property
    def dialect(self) -> Dialect:
        """How this shop's REST API is spoken to."""
        return self._dialect_of(self.version, self._settings)

    def _dialect(self, path: str) -> Dialect:
        return Dialect() if path.startswith("/") else self.dialect

    # reading

    async def record(self, path: str, params: Params = ()) -> Record:
        """An object. Raises NoSuchRecord when the shop itself says that there is none."""
        dialect = self._dialect(path)
        answer = await self.get(self.address(path), dialect.params(path, params))
        found = dialect.one(path, answer.json)
        if found is None:
            raise self._malformed(answer, "GET", path, "an object")
        return found

    async def listed(self, path: str, params: Params) -> list[Record]:
        """A list of objects. Raises Malformed for anything else: an empty list must be one."""
        return list((await self.page(path, params)).records)

    async def page(self, path: str, params: Params) -> Listed:
        """The same, with the numbers of records and pages that the whole list has by the shop's own count."""
        dialect = self._dialect(path)
        answer = await self.get(self.address(path), dialect.params(path, params))
        found = dialect.many(path, answer.json)
        if found is None:
            raise self._malformed(answer, "GET", path, "a list of records")
        return Listed(found, _counted(answer, "X-WP-Total"), _counted(answer, "X-WP-TotalPages"))

    async def get(self, url: str, params: Params = ()) -> Answer:
        """One GET, its answer JSON with 2xx. Raises every RemoteError."""
        return await self._send("GET", url, params)

    # writing

    async def write(self, method: str, path: str, body: Mapping[str, Any], params: Params = ()) -> Record:
        """A POST or PUT of an object, answered with one."""
        dialect = self._dialect(path)
        answer = await self._send(method, self.address(path), dialect.params(path, params), dialect.body(path, body))
        found = dialect.one(path, answer.json)
        if found is None:
            raise self._malformed(answer, method, path, "the record that was written")
        return found

    async def batch(self, path: str, items: _Items) -> list[Record]:
        """Updates of several records; the answer has one object for each, in the same order."""
        dialect = self._dialect(path)
        answer = await self._send("POST", self.address(path), (), dialect.batched(path, items))
        found = dialect.batch_answers(path, answer.json)
        if found is None or len(found) != len(items):
            raise self._malformed(answer, "POST", path, f"the {len(items)} records that were written")
        return found

    async def delete(self, path: str) -> None:
        """Deletes for good. Raises NoSuchRecord when there is none."""
        await self._send("DELETE", self.address(path), self._dialect(path).params(path, [("force", "true")]))

    async def probe(self, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        """A write of nothing, as it is given, to find out whether the keys may write."""
        return await self._send(method, self.address(path), (), body)

    def with_login(self, login: Login) -> Calls:
        """The same, with the keys given in another way."""
        settings = self._settings.model_copy(update={"login": login})
        return Calls(settings, self._credentials, self._http, self._clock, self.version, self._dialect_of)

    # one call

    async def _send(self, method: str, url: str, params: Params, body: Mapping[str, Any] | None = None) -> Answer:
        self.count += 1
        request = self._request(method, url, params, body)
        answer = await send(self._http, request, timeout=self._settings.call_timeout_seconds, system=SYSTEM)
        self.shop_time = self._time_of(answer)
        self._sort(answer, method, f"{method} {urlsplit(url).path}")
        return answer

    def _time_of(self, answer: Answer) -> datetime | None:
        """The shop's own time, which an answer says. One that is days away from ours is no clock: it is not believed."""
        said = http_date(answer.headers.get("Date"))
        return said if said is not None and abs(said - self._clock()) <= MOST_APART else None

    def _request(self, method: str, url: str, params: Params, body: Mapping[str, Any] | None) -> httpx.Request:
        key, secret = self._credentials.consumer_key, self._credentials.consumer_secret.get_secret_value()
        login = self._login(url)
        if login is Login.OAUTH:
            params = self._signed(method, url, params, key, secret)
        elif login is Login.QUERY:
            params = [*params, ("consumer_key", key), ("consumer_secret", secret)]
        headers = {"Accept": "application/json"}
        if body is None:
            request = self._http.build_request(method, _with_query(url, params), headers=headers)
        else:
            request = self._http.build_request(method, _with_query(url, params), headers=headers, json=dict(body))
        return next(httpx.BasicAuth(key, secret).auth_flow(request)) if login is Login.BASIC else request

    def _login(self, url: str) -> Login:
        if url.startswith("http://"):
            return Login.OAUTH
        return Login.BASIC if self._settings.login is Login.AUTO else self._settings.login

    def _signed(self, method: str, url: str, params: Params, key: str, secret: str) -> Params:
        """A shop that does not know it is reached over https takes its own address to be http (WC_REST_Authentication)."""
        own = f"http://{url.removeprefix('https://')}" if url.startswith("https://") else url
        by, end = self._settings.oauth_signature_method, "&" if self.version.signs_with_ampersand else ""
        return signed(method, own, params, Signer(key, secret, by, end), now=self._clock())

    def _sort(self, answer: Answer, method: str, call: str) -> None:
        status, words, told, code = answer.status, answer.text(), _told(answer), _code(answer)
        if _is_final_500(answer):
            raise Refused(told, system=SYSTEM, call=call, status=status, answer=words)
        if code == _LEGACY_LOGIN:
            raise LoginRefused(told, system=SYSTEM, call=call, status=status, answer=words)
        raise_passing(answer, system=SYSTEM, call=call, now=self._clock())
        if 300 <= status < 400:
            raise Malformed(
                _redirected(answer, self._credentials.shop_url), system=SYSTEM, call=call, status=status, answer=words
            )
        if status in (401, 403):
            raise LoginRefused(told, system=SYSTEM, call=call, status=status, answer=words)
        if _GONE.fullmatch(code) and (status == 404 or (status == 400 and method == "PUT")):
            raise NoSuchRecord(told, system=SYSTEM, call=call, status=status, answer=words)
        if status >= 400 and code:
            raise Refused(told, system=SYSTEM, call=call, status=status, answer=words)
        if status >= 400 or not 200 <= status < 300 or not answer.is_json:
            raise Malformed(_not_the_api(answer), system=SYSTEM, call=call, status=status, answer=words)

    def _malformed(self, answer: Answer, method: str, path: str, wanted: str) -> Malformed:
        return Malformed(
            f"the shop answered something else than {wanted}",
            system=SYSTEM,
            call=f"{method} {urlsplit(self.address(path)).path}",
            status=answer.status,
            answer=answer.text(),
        )


def code_of(answer: str | None) -> str:
    """The shop's own error code in an error's `answer`, as far as it has one."""
    found = re.search(r'"code"\s*:\s*"([^"]{1,100})"', answer or "")
    return found[1] if found else ""


def _counted(answer: Answer, header: str) -> int | None:
    said = answer.headers.get(header, "").strip()
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def _with_query(url: str, params: Params) -> httpx.URL:
    return httpx.URL(f"{url}?{encode_query(params)}" if params else url)


def _is_final_500(answer: Answer) -> bool:
    """A refund that is refused: `"data": 500`, a bare number, where faults of the server have `{"status": 500}`.

    Too large an amount, or a payment method that cannot refund: repeating does not help (observed on WooCommerce 11.0.1).
    """
    body = answer.json if isinstance(answer.json, dict) else {}
    return answer.status == 500 and body.get("data") == 500 and text(body, "code").startswith("woocommerce_rest_")


def error_of(answer: Any) -> Body:
    """The shop's error in an answer's JSON: `{"code", "message"}`, or the first of the legacy API's `errors`."""
    body = answer if isinstance(answer, dict) else {}
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else errors
    return first if isinstance(first, dict) else body


def _code(answer: Answer) -> str:
    return text(error_of(answer.json), "code")


def _told(answer: Answer) -> str:
    """The shop's own words: code, message, and the parameters it does not like."""
    body = error_of(answer.json)
    code, message = text(body, "code"), text(body, "message")
    if not code:
        return f"the shop answered {answer.status} without its own words; a firewall or security plugin may be in between"
    details = body.get("data")
    params = details.get("params") if isinstance(details, dict) else None
    named = "; ".join(f"{name}: {why}" for name, why in params.items()) if isinstance(params, dict) else ""
    return f"{message} ({code})" + (f": {named}" if named else "")


MOVED = "that should be the shop address"
"""In the words about a redirect to where the shop is now."""


def _redirected(answer: Answer, shop_url: str) -> str:
    """A redirect within the shop's own address leads to no other: plain permalinks behind nginx are answered so, and logins."""
    given = answer.headers.get("Location", "")
    target = urlsplit(urljoin(shop_url, given))
    if not given or not target.netloc:
        return "the shop sends us on, and does not say where"
    at = f"{target.scheme}://{target.netloc}"
    marked = next((target.path.split(mark, 1)[0] for mark in ("wp-json", "wc-api") if mark in target.path), None)
    own = urlsplit(shop_url)
    if f"{own.scheme}://{own.netloc}" == at and (marked is None or marked == own.path):
        return f"the shop sends us to {at}{target.path[:200]} instead of answering: that is not its REST API's"
    return f"the shop sends us on to {at}{target.path if marked is None else marked}: {MOVED}"


def _not_the_api(answer: Answer) -> str:
    kind = "a web page" if "html" in answer.headers.get("Content-Type", "") else "something"
    return f"the shop answered {answer.status} with {kind} that is not its REST API's"
