"""Every answer tells a browser to show it to nobody else, to run nothing of it and to keep nothing of it."""

from __future__ import annotations

from typing import Any

import pytest

from app.api.intake.shop_webhooks import WebhookIntake
from app.web.safety import safely
from tests.api.calling import Api

EXPECTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
STRICT = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
NO_WEBHOOK = f"/webhooks/{'x' * 32}"

ANSWERS: list[tuple[str, str, int]] = [
    ("GET", "/", 200),
    ("GET", "/livez", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/connections", 200),
    ("GET", "/connections/none", 404),
    ("GET", "/nowhere", 404),
    ("GET", "/static/none.css", 404),
    ("GET", "/docs/none.js", 404),
    ("GET", "/oauth/none/start", 404),
    ("DELETE", "/connections", 405),
    ("HEAD", "/keys", 405),
    ("OPTIONS", "/keys", 405),
    ("TRACE", "/keys", 405),
    ("GET", NO_WEBHOOK, 405),
    ("PUT", NO_WEBHOOK, 405),
    ("HEAD", NO_WEBHOOK, 405),
    ("OPTIONS", NO_WEBHOOK, 405),
    ("POST", NO_WEBHOOK, 404),
    ("POST", "/webhooks/", 404),
    ("POST", "/webhooks/a/b", 404),
    ("GET", f"/webhooks/ongoing/{'x' * 32}", 405),
    ("POST", f"/webhooks/ongoing/{'x' * 32}", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_is_safe_and_every_refusal_a_problem_document(
    sqlite_harness: Api, method: str, path: str, status: int
) -> None:
    answer = await sqlite_harness.admin.request(method, path)
    assert answer.status_code == status, answer.text
    assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED
    assert answer.headers["cache-control"] == "no-store"
    is_page = answer.headers["content-type"].startswith("text/html")
    assert (answer.headers["content-security-policy"] == STRICT) is not is_page
    if status >= 400 and not is_page:
        assert answer.headers["content-type"] == "application/problem+json"
    if status >= 400 and not is_page and method != "HEAD":
        said = answer.json()
        assert said["type"].startswith("urn:gateway:problem:")
        assert (said["status"], bool(said["title"]), bool(said["detail"])) == (status, True, True)
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize("path", ["/docs", "/docs/start.js", "/docs/swagger-ui.css", "/static/style.css"])
async def test_pages_and_their_files_are_safe_too(sqlite_harness: Api, path: str) -> None:
    answer = await sqlite_harness.admin.get(path)
    assert answer.status_code == 200
    assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


async def test_what_nobody_expected_at_the_webhooks_door_is_a_problem_document(
    sqlite_harness: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(self: WebhookIntake, *_: Any) -> None:
        raise KeyError("nobody expected this")

    monkeypatch.setattr(WebhookIntake, "__call__", fails)
    answer = await sqlite_harness.admin.post(NO_WEBHOOK, content=b"{}")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["type"] == "urn:gateway:problem:internal"
    assert "nobody expected" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_an_answer_says_itself_stays() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    own = (b"Cache-Control", b"public, max-age=60")
    await safely(send)({"type": "http.response.start", "status": 200, "headers": [own]})
    await safely(send)({"type": "http.response.start", "status": 204})
    names = [[name.lower() for name, _ in message["headers"]] for message in sent]
    assert [each.count(b"cache-control") for each in names] == [1, 1]
    assert sent[0]["headers"][0] == own
