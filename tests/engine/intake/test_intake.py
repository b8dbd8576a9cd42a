"""Intake: what is taken in, what is refused and how, and that nothing is answered before it is committed."""

from __future__ import annotations

import asyncio
import hmac
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.integrations.registry import INTEGRATIONS
from app.integrations.woocommerce.integration import WooCommerce
from app.integrations.woocommerce.webhooks import incoming as woocommerce
from app.main import create_app
from app.records.connections import Status
from app.settings import Settings
from app.storage.tables import inbox
from tests.engine.intake.intake_steps import BODY, FORM, JSON, call, never_read, post, signed
from tests.harness import WEBHOOK_SECRET, Harness, open_harness, signature


class TestRefusals:
    async def test_an_unknown_address_is_404(self, sqlite_harness: Harness) -> None:
        answer = await sqlite_harness.client.post("/webhooks/nobody", content=BODY, headers=signed())
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")

    async def test_a_connection_without_a_secret_is_404(self, sqlite_harness: Harness) -> None:
        other = await sqlite_harness.connect("silent", goods_owner_id=78, webhook_secret=None)
        answer = await sqlite_harness.client.post(f"/webhooks/{other.webhook_id}", content=BODY, headers=signed())
        assert answer.status_code == 404
        assert "secret" in answer.json()["fix"]

    async def test_a_connection_of_a_system_without_webhooks_is_an_unknown_address(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        polled = WooCommerce()
        polled.webhooks = None
        monkeypatch.setitem(INTEGRATIONS, "woocommerce", polled)
        same = signed() | {"x-request-id": "one-of-two"}
        unknown = await sqlite_harness.client.post("/webhooks/nobody", content=BODY, headers=same)
        answer = await post(sqlite_harness, headers=same)
        assert (answer.status_code, answer.content) == (404, unknown.content)

    async def test_a_missing_signature_is_401_before_the_body_is_read(self, sqlite_harness: Harness) -> None:
        assert await call(sqlite_harness, JSON, never_read) == 401

    async def test_a_wrong_signature_is_401(self, sqlite_harness: Harness) -> None:
        answer = await post(sqlite_harness, headers=signed() | {"x-wc-webhook-signature": signature(BODY, "another secret")})
        assert answer.status_code == 401

    @pytest.mark.parametrize("given", ["", "ø", "x" * 5000, signature(BODY).lower(), signature(BODY) + "=", "="])
    async def test_an_odd_signature_is_401(self, sqlite_harness: Harness, given: str) -> None:
        headers = [(b"content-type", b"application/json"), (b"x-wc-webhook-signature", given.encode())]
        answer = await sqlite_harness.client.post(
            f"/webhooks/{sqlite_harness.connection.webhook_id}", content=BODY, headers=headers
        )
        assert answer.status_code == 401

    async def test_a_body_that_says_it_is_too_large_is_413_without_reading_it(self, sqlite_harness: Harness) -> None:
        limit = sqlite_harness.gateway.settings.max_body_bytes
        assert await call(sqlite_harness, signed() | {"content-length": str(limit + 1)}, never_read) == 413

    async def test_a_body_that_turns_out_too_large_is_413_and_read_no_further(self, sqlite_harness: Harness) -> None:
        half = b"x" * (sqlite_harness.gateway.settings.max_body_bytes // 2 + 1)
        parts = iter([half, half])

        async def receive() -> Any:
            return {"type": "http.request", "body": next(parts), "more_body": True}

        assert await call(sqlite_harness, signed(), receive) == 413

    async def test_a_body_of_exactly_the_limit_is_taken(self, sqlite_harness: Harness) -> None:
        body = b'"' + b"x" * (sqlite_harness.gateway.settings.max_body_bytes - 2) + b'"'
        assert (await post(sqlite_harness, body)).status_code == 200

    @pytest.mark.parametrize("body", [b"", b"{", b"webhook_id=1", b"\xff\xfe", b"<html></html>", b"NaN", b"[" * 100_000])
    async def test_what_is_not_json_is_400(self, sqlite_harness: Harness, body: bytes) -> None:
        assert (await post(sqlite_harness, body)).status_code == 400

    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "application/jsonp", ""])
    async def test_another_content_type_is_415(self, sqlite_harness: Harness, kind: str) -> None:
        assert (await post(sqlite_harness, headers=signed() | {"content-type": kind})).status_code == 415

    @pytest.mark.parametrize("kind", ["application/json", "application/json; charset=UTF-8", "Application/JSON"])
    async def test_json_by_any_spelling_is_taken(self, sqlite_harness: Harness, kind: str) -> None:
        assert (await post(sqlite_harness, headers=signed() | {"content-type": kind})).status_code == 200

    async def test_a_body_that_does_not_come_is_408(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_harness(sqlite_database, tmp_path, body_timeout_seconds=0.02) as harness:
            await harness.connect()
            assert await call(harness, signed(), asyncio.Event().wait) == 408

    async def test_a_client_that_hangs_up_in_the_middle_is_refused(self, sqlite_harness: Harness) -> None:
        parts = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

        async def receive() -> Any:
            return next(parts)

        assert await call(sqlite_harness, signed(), receive) == 400
        assert await sqlite_harness.stored.events() == {}

    async def test_nothing_refused_is_kept(self, sqlite_harness: Harness) -> None:
        await post(sqlite_harness, headers=JSON)
        await post(sqlite_harness, headers=signed() | {"content-type": "text/plain"})
        await post(sqlite_harness, b"{")
        assert await sqlite_harness.stored.events() == {}
        assert not sqlite_harness.wake_ups.waiting

    async def test_a_refusal_names_the_fix_and_no_secret(self, sqlite_harness: Harness) -> None:
        answer = await post(sqlite_harness, headers=signed() | {"x-wc-webhook-signature": "x"})
        problem = answer.json()
        assert problem == {
            "type": "urn:gateway:problem:bad-signature",
            "title": "The signature does not fit the body",
            "status": 401,
            "detail": "The signature does not fit the body",
            "fix": "Give the shop's webhook the connection's webhook secret",
            "request_id": answer.headers["X-Request-Id"],
        }
        assert WEBHOOK_SECRET not in answer.text


class TestPing:
    """Observed: unsigned, form-encoded, `webhook_id=` and digits; anything but 200 and the shop does not count it as reached."""

    @pytest.mark.parametrize("body", [b"webhook_id=1", b"webhook_id=12345678901234567890"])
    async def test_a_ping_is_answered_200_and_not_kept(self, sqlite_harness: Harness, body: bytes) -> None:
        answer = await post(sqlite_harness, body, FORM)
        assert answer.status_code == 200
        assert await sqlite_harness.stored.events() == {}

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"webhook_id=",
            b"webhook_id=x",
            b"webhook_id=1&x=1",
            b"webhook_id=-1",
            b"webhook_id=1\n",
            b"WEBHOOK_ID=1",
            b"webhook_id=123456789012345678901",
            "webhook_id=١".encode(),
            b"x" * 10_000,
        ],
    )
    async def test_what_only_looks_like_a_ping_is_401(self, sqlite_harness: Harness, body: bytes) -> None:
        assert (await post(sqlite_harness, body, FORM)).status_code == 401

    async def test_a_form_that_never_ends_is_not_read_to_its_end(self, sqlite_harness: Harness) -> None:
        async def receive() -> Any:
            parts.append(1)
            assert len(parts) < 3, "more was read than a ping can have"
            return {"type": "http.request", "body": b"x" * 100, "more_body": True}

        parts: list[int] = []
        assert await call(sqlite_harness, FORM, receive) == 401

    async def test_a_ping_as_json_is_401(self, sqlite_harness: Harness) -> None:
        assert (await post(sqlite_harness, b"webhook_id=1", JSON)).status_code == 401

    async def test_a_ping_to_an_unknown_address_is_404(self, sqlite_harness: Harness) -> None:
        answer = await sqlite_harness.client.post("/webhooks/nobody", content=b"webhook_id=1", headers=FORM)
        assert answer.status_code == 404


class TestVerifying:
    async def test_nothing_is_parsed_before_it_is_verified(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        parsed: list[bytes] = []

        def is_json(body: bytes) -> bool:
            parsed.append(body)
            return True

        monkeypatch.setattr(woocommerce, "is_json", is_json)
        assert (await post(sqlite_harness, headers=signed() | {"x-wc-webhook-signature": "x"})).status_code == 401
        assert parsed == []
        assert (await post(sqlite_harness)).status_code == 200
        assert parsed == [BODY]

    async def test_signatures_are_compared_in_constant_time(
        self, sqlite_harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compared: list[tuple[Any, Any]] = []

        def compare(one: bytes, other: bytes) -> bool:
            compared.append((one, other))
            return hmac.compare_digest(one, other)

        stand_in = type("hmac", (), {"new": staticmethod(hmac.new), "compare_digest": staticmethod(compare)})
        monkeypatch.setattr(woocommerce, "hmac", stand_in)
        await post(sqlite_harness, headers=signed() | {"x-wc-webhook-signature": "x"})
        assert compared == [(signature(BODY).encode(), b"x")]

    async def test_the_raw_body_is_what_is_verified_and_kept(self, harness: Harness) -> None:
        body = '{ "id":1,\t"note" : "\\u00e6 æ" }\n'.encode()
        assert (await post(harness, body)).status_code == 200
        (row,) = await harness.stored.rows(select(inbox))
        assert bytes(row.body) == body
        assert row.size == len(body)

    async def test_the_signature_and_what_a_proxy_adds_are_not_kept(self, harness: Harness) -> None:
        more = {"x-forwarded-for": "198.51.100.1", "x-real-ip": "198.51.100.1", "cookie": "a=b", "authorization": "Basic x"}
        await post(harness, headers=signed() | more)
        (row,) = await harness.stored.rows(select(inbox))
        assert row.headers == {
            "content-type": "application/json",
            "user-agent": row.headers["user-agent"],
            "x-wc-webhook-topic": "order.updated",
        }

    async def test_a_delivery_id_that_comes_twice_is_two_deliveries(self, harness: Harness) -> None:
        for _ in range(2):
            await post(harness, headers=signed() | {"x-wc-webhook-delivery-id": "a" * 32})
        assert await harness.stored.events() == {"received": 2}


class TestOtherShops:
    async def test_a_staging_copys_delivery_is_answered_200_kept_ignored_and_alerted(self, harness: Harness) -> None:
        order = harness.shop.order()
        answer = await harness.announce(order, X_WC_Webhook_Source="https://staging.shop.example/")
        assert answer.status_code == 200
        await harness.work()
        (row,) = await harness.stored.rows(select(inbox))
        assert (row.state, row.reason_code) == ("ignored", "other-shop")
        assert json.loads(row.body)["id"] == order["id"]
        assert await harness.stored.alerts() == ["other-shop"]
        assert harness.warehouse.model.orders == {}

    async def test_a_copy_that_goes_on_sending_is_one_alert(self, sqlite_harness: Harness) -> None:
        for _ in range(3):
            await sqlite_harness.announce(sqlite_harness.shop.order(), X_WC_Webhook_Source="https://staging.shop.example/")
        await sqlite_harness.work()
        assert await sqlite_harness.stored.alerts() == ["other-shop"]


class TestNotActive:
    @pytest.mark.parametrize("status", [Status.PAUSED, Status.DRAFT])
    async def test_webhooks_are_kept_and_worked_off_once_the_connection_is_active(
        self, sqlite_harness: Harness, status: Status
    ) -> None:
        await sqlite_harness.set_status(sqlite_harness.connection, status)
        order = sqlite_harness.shop.order()
        assert (await sqlite_harness.announce(order)).status_code == 200
        await sqlite_harness.work(sweep=True)
        assert await sqlite_harness.stored.events() == {"received": 1}
        await sqlite_harness.set_status(sqlite_harness.connection, Status.ACTIVE)
        await sqlite_harness.work(sweep=True)
        assert sqlite_harness.warehouse.order(order["id"]) is not None


class TestWholeApp:
    """The app as it is served: its own rings, coalesced."""

    async def test_nothing_is_rung_per_request(self, sqlite_database: str, tmp_path: Path) -> None:
        async with open_harness(sqlite_database, tmp_path) as harness:
            connection = await harness.connect()
            settings = Settings(data_directory=tmp_path, database_url=sqlite_database, queue="memory", ring_interval_seconds=30)
            app = create_app(settings)
            async with app.router.lifespan_context(app):
                transport = httpx.ASGITransport(app)
                async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
                    asked = [
                        client.post(f"/webhooks/{connection.webhook_id}", content=BODY, headers=signed()) for _ in range(100)
                    ]
                    answers = await asyncio.gather(*asked)
                assert {answer.status_code for answer in answers} == {200}
                rung = list(app.state.gateway.wake_ups.waiting)
            assert rung == [("ingest", connection.id)]
            assert await harness.stored.events() == {"received": 100}
