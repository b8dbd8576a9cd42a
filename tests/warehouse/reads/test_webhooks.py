"""Ongoing's own webhooks: who may speak, and what is to be looked at. Payloads composed after the digest's sample."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.warehouse.reads.webhooks import WarehouseNews, credential_header, interpret, is_genuine
from app.warehouse.settings import OngoingSettings

TOKEN = OngoingSettings()
BASIC = OngoingSettings(webhook_auth="basic")
COMMON = {
    "webhookEventId": 90211,
    "system": "acmewms",
    "timestamp": "2027-02-01T11:02:11.0000000",
    "goodsOwnerId": 77,
    "goodsOwnerName": "Shop AS",
    "byUser": {"userId": 3},
}
ORDER = {
    **COMMON,
    "webhookOrdersId": 12,
    "orderId": 50210,
    "orderNumber": "W-10045",
    "goodsOwnerOrderId": "10045",
    "path": "/api/v1/orders/50210",
    "webhookTemplate": "Order",
    "orderStatus": {"number": 450},
    "tracking": [{"trackingUrl": "https://carrier.example/70300001", "waybill": "70300001", "isReturn": False}],
}


def news(payload: Any) -> WarehouseNews:
    return interpret(orjson.dumps(payload))


class TestWhoMaySpeak:
    def test_the_secret_in_the_header_opens(self) -> None:
        assert is_genuine({"x-auth-token": "s3cret"}, "s3cret", TOKEN)

    @pytest.mark.parametrize("headers", [{}, {"x-auth-token": ""}, {"x-auth-token": "S3cret"}, {"authorization": "s3cret"}])
    def test_anything_else_does_not(self, headers: dict[str, str]) -> None:
        assert not is_genuine(headers, "s3cret", TOKEN)

    @pytest.mark.parametrize("settings", [TOKEN, BASIC])
    def test_no_secret_opens_for_nobody(self, settings: OngoingSettings) -> None:
        assert not is_genuine({"x-auth-token": "", "authorization": "Basic "}, "", settings)

    def test_the_headers_name_is_a_setting(self) -> None:
        settings = OngoingSettings(webhook_header="X-Warehouse-Key")
        assert credential_header(settings) == "x-warehouse-key"
        assert is_genuine({"x-warehouse-key": "s3cret"}, "s3cret", settings)

    def test_a_login_opens_where_that_is_the_mode(self) -> None:
        login = base64.b64encode(b"wms:s3cret").decode()
        assert credential_header(BASIC) == "authorization"
        assert is_genuine({"authorization": f"Basic {login}"}, "wms:s3cret", BASIC)
        assert not is_genuine({"authorization": f"Basic {login}"}, "wms:other", BASIC)
        assert not is_genuine({"authorization": f"Bearer {login}"}, "wms:s3cret", BASIC)
        assert not is_genuine({"authorization": "Basic !"}, "wms:s3cret", BASIC)

    @pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
    def test_other_letters_fit_in_either_encoding(self, encoding: str) -> None:
        as_read = "hemmelig-æ".encode(encoding).decode("latin-1")
        assert is_genuine({"x-auth-token": as_read}, "hemmelig-æ", TOKEN)

    @pytest.mark.parametrize("secret", ["倉庫倉庫倉庫倉庫倉庫倉庫倉庫倉庫", "ключ-склад-секрет", "hemmelig€lager€nøkkel"])
    def test_letters_that_an_encoding_lacks_are_no_question_marks(self, secret: str) -> None:
        for encoding in ("latin-1", "ascii"):
            guessed = secret.encode(encoding, "replace").decode("latin-1")
            assert "?" in guessed
            assert not is_genuine({"x-auth-token": guessed}, secret, TOKEN)
            login = base64.b64encode(secret.encode(encoding, "replace")).decode()
            assert not is_genuine({"authorization": f"Basic {login}"}, secret, BASIC)
        assert is_genuine({"x-auth-token": secret.encode().decode("latin-1")}, secret, TOKEN)
        assert not is_genuine({"x-auth-token": ""}, secret, TOKEN)


class TestWhatToLookAt:
    def test_an_order(self) -> None:
        assert news(ORDER) == WarehouseNews(
            template="Order",
            key="acmewms/90211",
            goods_owner_id=77,
            order_numbers=("W-10045",),
            order_ids=(50210,),
            status_number=450,
            shows_parcels=True,
        )

    def test_goods_that_were_picked_packed_or_returned(self) -> None:
        payload = {
            **COMMON,
            "webhookTemplate": "PickingPackingAndReturns",
            "path": "/api/v1/articles/18301",
            "article": {"articleSystemId": 18301, "articleNumber": "TEE-NAVY-M"},
            "articleItem": {"numberOfItems": 1, "returnCause": {"code": "SIZE"}},
        }
        found = news(payload)
        assert (found.article_numbers, found.article_ids) == (("TEE-NAVY-M",), (18301,))
        assert (found.is_about_stock, found.is_about_orders, found.names_nothing) == (True, False, False)

    def test_an_order_that_is_named_beside_the_goods(self) -> None:
        found = news({**COMMON, "article": {"articleNumber": "TEE"}, "order": {"orderId": 50210, "orderNumber": "W-10045"}})
        assert (found.order_ids, found.order_numbers, found.article_numbers) == ((50210,), ("W-10045",), ("TEE",))

    def test_a_stock_adjustment(self) -> None:
        payload = {
            **COMMON,
            "transaction": {"transactionNumberOfItems": -2},
            "cause": {"code": "BROKEN"},
            "article": {"articleSystemId": 18301, "articleNumber": "TEE-NAVY-M"},
        }
        assert news(payload).article_ids == (18301,)

    def test_an_article(self) -> None:
        found = news({**COMMON, "articleSystemId": 18301, "articleNumber": "TEE-NAVY-M", "path": "/api/v1/articles/18301"})
        assert (found.article_numbers, found.article_ids) == (("TEE-NAVY-M",), (18301,))

    def test_a_purchase_order(self) -> None:
        found = news({**COMMON, "purchaseOrderId": 41, "purchaseOrderNumber": "PO-310", "purchaseOrderStatus": {"number": 500}})
        assert (found.purchase_order_ids, found.purchase_order_numbers, found.order_ids) == ((41,), ("PO-310",), ())

    @pytest.mark.parametrize(
        "path", ["/api/v1/orders/50210", "https://x.example/acme/api/v1/orders/50210?a=b", "/API/V1/Orders/50210"]
    )
    def test_the_path_alone_is_enough(self, path: str) -> None:
        assert news({"path": path}).order_ids == (50210,)

    @pytest.mark.parametrize("path", ["/api/v1/orders/50210x", "/api/v1/shipments/4", "/api/v1/orders", 7, None])
    def test_another_path_names_nothing(self, path: Any) -> None:
        assert news({"path": path}).names_nothing

    def test_the_event_is_told_again_by_its_id_and_the_systems_name(self) -> None:
        assert news({"webhookEventId": 1, "system": "a"}).key == "a/1"
        assert news({"webhookEventId": 1}).key == "/1"
        assert news({"system": "a"}).key is None


class TestOddPayloads:
    @pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'"order"', b"null", b"\xff", b"{" * 5000])
    def test_what_is_no_object_is_unreadable_and_says_so(self, body: bytes) -> None:
        found = interpret(body)
        assert (found.is_readable, found.names_nothing, found.key) == (False, True, None)

    def test_odd_members_are_as_good_as_missing(self) -> None:
        odd = {"orderId": "50210", "orderNumber": {"a": 1}, "article": [1], "goodsOwnerId": True, "orderStatus": "x", "path": []}
        assert news(odd) == WarehouseNews()

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from([*ORDER, "article", "order", "transaction", "orderLines"]), inner, max_size=6)
            ),
            max_leaves=20,
        )
    )
    def test_any_json_is_read_without_an_error(self, payload: Any) -> None:
        assert isinstance(news(payload), WarehouseNews)

    @given(st.binary(max_size=200))
    def test_any_bytes_are_read_without_an_error(self, body: bytes) -> None:
        assert isinstance(interpret(body), WarehouseNews)
