"""Every failure of the WMS is sorted at this edge."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import respx

from app.errors import LoginRefused, Malformed, NoSuchRecord, RateLimited, Refused, RemoteError, Unavailable
from app.warehouse.rest.client import OngoingClient
from app.warehouse.settings import OngoingSettings
from tests.warehouse.conftest import CREDENTIALS, clock

BODY = {"goodsOwnerId": 77, "orderNumber": "W-1", "deliveryDate": "2026-11-21", "consignee": {"name": "Kari"}}


async def failure(client: OngoingClient) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        await client.put_order(BODY)
    return caught.value


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, {"message": "No."}, Refused),
        (405, {"Message": "No."}, Refused),
        (409, {"Message": "No."}, Refused),
        (415, {"Message": "No."}, Refused),
        (422, {"Message": "No."}, Refused),
        (404, {"Message": "The order 9 was not found."}, NoSuchRecord),
        (401, {"Message": "Authorization has been denied for this request."}, LoginRefused),
        (403, {"Message": "The user has no access."}, LoginRefused),
        (500, {"Message": "Login failed: wrong user name or password."}, LoginRefused),
        (500, {"message": "Invalid credentials"}, LoginRefused),
        (500, {"Message": "An error has occurred."}, Unavailable),
        (502, {"Message": "Login service down"}, Unavailable),
        (503, None, Unavailable),
        (408, None, Unavailable),
        (429, {"Message": "Too many"}, RateLimited),
        (302, None, Malformed),
    ],
)
async def test_a_status_is_sorted(
    wms: respx.MockRouter, client: OngoingClient, status: int, answer: Any, kind: type[RemoteError]
) -> None:
    wms.put("orders").respond(status, json=answer)
    assert type(await failure(client)) is kind


async def test_an_error_says_where_and_what(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.put("orders").respond(400, json={"message": "The order is being picked.<br/>Call the warehouse."})
    error = await failure(client)
    assert isinstance(error, Refused)
    assert error.message == "The order is being picked. Call the warehouse."
    assert (error.system, error.call, error.status) == ("Ongoing WMS", "PUT /acme/api/v1/orders", 400)
    assert error.answer == '{"message":"The order is being picked.<br/>Call the warehouse."}'


async def test_no_secret_is_in_an_error(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.put("orders").respond(401, json={"Message": "Authorization has been denied for this request."})
    error = await failure(client)
    assert "hemmelig" not in f"{error!r} {vars(error)}"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"Message": "A", "message": None}, "A"),
        ({"message": "Unknown transporter &lt;X&gt;"}, "Unknown transporter <X>"),
        ({"Message": "The request is invalid.", "ModelState": {"order.orderLines[0]": ["is wrong", "twice"]}},
         "The request is invalid. order.orderLines[0]: is wrong order.orderLines[0]: twice"),
        ({"title": "Errors", "errors": {"orderNumber": ["is required"]}}, "Errors orderNumber: is required"),
        ("Just a text", "Just a text"),
        ({"unknown": 1}, "Ongoing WMS answered 400"),
        (None, "Ongoing WMS answered 400"),
    ],
)  # fmt: skip
async def test_the_wmss_own_words_are_found(wms: respx.MockRouter, client: OngoingClient, answer: Any, words: str) -> None:
    wms.put("orders").respond(400, json=answer)
    assert (await failure(client)).message == words


async def test_a_page_is_read_without_its_tags(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.put("orders").respond(
        400, html="<html><style>p {}</style><body><h2>Bad Request</h2><p>Invalid&nbsp;URL</p></body></html>"
    )
    assert (await failure(client)).message == "Bad Request Invalid URL"


async def test_words_and_answer_are_capped(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.put("orders").respond(400, json={"message": "x" * 5000})
    error = await failure(client)
    assert error.message == "x" * 1000
    assert error.answer is not None
    assert len(error.answer) == 2000


async def test_a_page_with_a_login_link_is_a_passing_fault(wms: respx.MockRouter, client: OngoingClient) -> None:
    wms.put("orders").respond(500, html="<html><a href='/login'>Log in</a></html>")
    assert type(await failure(client)) is Unavailable


@pytest.mark.parametrize(("header", "seconds"), [("30", 30.0), ("Sat, 21 Nov 2026 12:01:30 GMT", 90.0), ("soon", None)])
async def test_retry_after_is_read_in_both_forms(
    wms: respx.MockRouter, client: OngoingClient, header: str, seconds: float | None
) -> None:
    wms.put("orders").respond(429, headers={"Retry-After": header})
    error = await failure(client)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


class TestTheNetwork:
    async def test_an_address_that_cannot_be_reached_was_sent_nothing(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.put("orders").mock(side_effect=httpx.ConnectError("refused"))
        error = await failure(client)
        assert isinstance(error, Unavailable)
        assert error.sent is False

    async def test_a_connection_that_breaks_may_have_been_sent_it_all(self, wms: respx.MockRouter, client: OngoingClient) -> None:
        wms.put("orders").mock(side_effect=httpx.ReadError("reset"))
        error = await failure(client)
        assert isinstance(error, Unavailable)
        assert error.sent is True

    async def test_the_whole_call_has_one_time_limit(self, wms: respx.MockRouter, http: httpx.AsyncClient) -> None:
        async def trickle() -> Any:
            while True:
                yield b" "
                await asyncio.sleep(0)  # gives the event loop its turn, so that the time limit is noticed

        wms.put("orders").respond(200, content=trickle())
        client = OngoingClient(CREDENTIALS, http, clock, OngoingSettings(call_timeout_seconds=0.05))
        error = await failure(client)
        assert isinstance(error, Unavailable)
        assert error.message == "Ongoing WMS did not answer within 0.05 s"


class TestOnlyTheWmsItselfProvesThatSomethingIsGone:
    @pytest.mark.parametrize(
        ("answer", "html"),
        [
            ({"Message": "No HTTP resource was found that matches the request URI 'https://x/orders/9'."}, None),
            ({"Message": "No action was found on the controller 'Orders' that matches the request."}, None),
            ({}, None),
            (None, "<html>404 - File or directory not found. The order was not found.</html>"),
        ],
    )
    async def test_a_missing_route_or_a_page_does_not(
        self, wms: respx.MockRouter, client: OngoingClient, answer: Any, html: str | None
    ) -> None:
        wms.get("orders/9").respond(404, **({"html": html} if html else {"json": answer}))
        with pytest.raises(Refused) as caught:
            await client.get_order(9)
        assert not isinstance(caught.value, NoSuchRecord)


def refused(text: str) -> Refused:
    return Refused(text, system="Ongoing WMS", call="PUT /orders", status=400)


class TestWhatARefusalMeans:
    @pytest.mark.parametrize(
        "text",
        [
            "The order W-1 cannot be changed: the warehouse has started working on it (status 400 Picked).",
            "The order has already been picked.",
            "Order can't be cancelled.",
        ],
    )
    def test_the_warehouse_has_started(self, client: OngoingClient, text: str) -> None:
        assert client.is_started(refused(text))
        assert not client.is_already_cancelled(refused(text))

    @pytest.mark.parametrize("text", ["The order W-1 is already cancelled.", "Already been Cancelled, cannot be changed"])
    def test_the_order_was_cancelled_before(self, client: OngoingClient, text: str) -> None:
        assert client.is_already_cancelled(refused(text))
        assert not client.is_started(refused(text))

    def test_another_refusal_means_neither(self, client: OngoingClient) -> None:
        assert not client.is_started(refused("Unknown transporter"))
        assert not client.is_already_cancelled(refused("Unknown transporter"))

    def test_the_words_are_settings(self, http: httpx.AsyncClient) -> None:
        client = OngoingClient(
            CREDENTIALS, http, clock, OngoingSettings(started_phrases=["påbegynt"], already_cancelled_phrases=["kansellert"])
        )
        assert client.is_started(refused("Ordren er påbegynt"))
        assert client.is_already_cancelled(refused("Ordren er kansellert"))

    def test_a_phrase_without_words_is_refused_when_it_is_set(self) -> None:
        with pytest.raises(ValueError, match="words stand on both sides"):
            OngoingSettings(started_phrases=["already*"])
