"""No value of any field gives a 500, however odd: every leaf of a connection, of every other body and of every query."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.api.calling import Api

PLAIN_ODD: tuple[str, ...] = (
    "9223372036854775808",
    "1e999",
    "-1",
    '"\\ud800"',
    '"\\u0000"',
    '"9999-12-31T23:59:59-23:59"',
    "{}",
    "[null]",
)
"""As they stand in the body, for each of the many settings."""
ODD = (
    *PLAIN_ODD,
    "NaN",
    "1" * 5000,
    f'"{"a" * 70_000}"',
    '"https://a..b/"',
    f'"https://{"a" * 64}.example/"',
    '"https://[::1"',
    '"https://shop.example:99999999/"',
    '"0001-01-01T00:00:00+23:59"',
    '{"\\ud800": 1}',
    "true",
    "null",
    '""',
    "[" * 300 + "]" * 300,
    "[" * 20_000,
)
"""Some are no JSON at all."""


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))


def with_text(value: dict[str, Any], path: tuple[str, ...], text: str) -> str:
    """The body as JSON, with this text in the place of one value."""
    changed = copy.deepcopy(value)
    inside = changed
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = "@@here@@"
    return json.dumps(changed).replace('"@@here@@"', text)


async def asked(client: httpx.AsyncClient, method: str, path: str, text: str) -> str | None:
    """What is wrong with the answer."""
    body = text.encode("utf-8", "surrogatepass")
    answer = await client.request(method, path, content=body, headers={"Content-Type": "application/json"})
    if answer.status_code >= 500:
        return f"{answer.status_code}: {method} {path} {text[:200]}"
    if answer.status_code >= 400 and answer.headers["content-type"] != "application/problem+json":
        return f"no problem document: {method} {path} {text[:200]}"
    return None


async def test_no_value_of_a_connection_gives_a_500(sqlite_harness: Api) -> None:
    api = sqlite_harness
    await api.connect("shop")
    shown = (await api.admin.get("/connections/shop")).json()
    base = {
        "name": "shop",
        "source": {
            "shop_url": "https://shop.example",
            "consumer_key": "ck_1",
            "consumer_secret": "cs_1",
            "webhook_secret": "x" * 20,
        },
        "warehouse": {
            "url": "https://wms.example",
            "user": "u",
            "password": "p",
            "goods_owner_id": 77,
            "webhook_secret": "y" * 20,
        },
        "settings": shown["settings"],
    }
    wrong = []
    for path in leaves(base):
        if not path:
            continue
        for text in PLAIN_ODD if path[0] == "settings" else ODD:
            part = {path[0]: base[path[0]]} if len(path) == 1 else _only(base, path)
            found = await asked(api.admin, "PATCH", "/connections/shop", with_text(part, path, text))
            wrong += [found] if found else []
    assert wrong == []


def _only(value: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Only what leads to this place."""
    inside = value[path[0]]
    return {path[0]: inside if len(path) == 1 else _only(inside, path[1:])}


ODD_ADDRESSES = (
    "https://a..b/",
    f"https://{'a' * 64}.example/",
    "https://xn--zz/",
    "https://xn--/",
    "https://shop.exa\u00admple/",
    "https://\u200b/",
    "https://127.0.0.1:1\u0007/",
    "https://127.0.0.1:99999/",
    "https://[::1%25lo]:1/",
    "https://user:secret@127.0.0.1:1/",
    "https://127.0.0.1:1/\ud800",
    "https://127.0.0.1:1/?x=1#y",
    "https://\u24db\u24de\u24d2\u24d0l\u24d7\u24de\u24e2\u24e3:1/",
    "https://.127.0.0.1:1/",
)


@pytest.mark.parametrize("part", ["source", "warehouse"])
async def test_a_test_of_an_odd_address_tells_what_is_wrong_with_it(sqlite_harness: Api, part: str) -> None:
    api = sqlite_harness
    await api.connect("shop")
    wrong = []
    for address in ODD_ADDRESSES:
        given: dict[str, Any] = {
            "source": {"shop_url": address, "consumer_key": "ck_1", "consumer_secret": "cs_1", "webhook_secret": "x" * 20}
        }
        if part == "warehouse":
            given = {"warehouse": {"url": address, "user": "u", "password": "p", "goods_owner_id": 77}}
        text = json.dumps(given)
        saved = await asked(api.admin, "PATCH", "/connections/shop", text)
        found = saved or await asked(api.admin, "POST", "/connections/shop/test", "")
        wrong += [found] if found else []
    assert wrong == []


BODIES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/connections", {"name": "x", "integration": "woocommerce", "source": {}, "warehouse": {}, "settings": {}}),
    ("PUT", "/connections/shop", {"integration": "woocommerce", "source": {}, "warehouse": {}, "settings": {}}),
    ("POST", "/connections/shop/preview", {"settings": {}, "process": "orders", "records": ["1"], "latest": 1}),
    (
        "POST",
        "/keys",
        {"name": "x", "rights": ["read"], "connections": ["shop"], "expires_at": None, "addresses": ["10.0.0.0/8"]},
    ),
    ("POST", "/erase", {"text": "kari", "dry_run": True}),
    ("POST", "/dead-letters/replay", {"ids": ["job-1"], "dry_run": True}),
    ("POST", "/dead-letters/replay", {"filter": {"connection": "shop", "process": "x", "reason_code": "x", "before": None}}),
    ("POST", "/integrations/mystore/links", {"connection": None}),
    ("POST", "/lanes/lane_1/pause", {"reason": "x"}),
    ("POST", "/mappings/1/resolve", {"reason": "x"}),
    ("POST", "/mappings/1/close-short", {"cancel_rest": True}),
)


async def test_no_value_of_another_body_gives_a_500(sqlite_harness: Api) -> None:
    await sqlite_harness.connect("shop")
    wrong = []
    for method, path, body in BODIES:
        for leaf in leaves(body):
            for text in ODD:
                whole = with_text(body, leaf, text) if leaf else text
                found = await asked(sqlite_harness.admin, method, path, whole)
                wrong += [found] if found else []
    assert wrong == []


async def test_no_query_gives_a_500(sqlite_harness: Api) -> None:
    paths = sqlite_harness.app.openapi()["paths"]
    odd = ["9223372036854775808", "-1", "1e400", "0.5", "\x00", "\ud800", "a" * 5000, "0001-01-01T00:00:00+23:59", "🦆", ""]
    wrong = []
    for path, item in paths.items():
        if "get" not in item or "{" in path:
            continue
        for parameter in item["get"].get("parameters", ()):
            for value in odd:
                raw = quote(value.encode("utf-8", "surrogatepass"))
                answer = await sqlite_harness.admin.get(f"{path}?{parameter['name']}={raw}")
                if answer.status_code >= 500:
                    wrong.append(f"{answer.status_code}: {path}?{parameter['name']}={raw[:80]}")
    assert wrong == []
