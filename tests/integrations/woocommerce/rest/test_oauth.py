"""OAuth 1.0a as a real shop takes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.http import encode_query
from app.integrations.woocommerce.rest.oauth import Signer, base_string, signature, signed
from app.integrations.woocommerce.settings import SignatureMethod
from tests.integrations.woocommerce.recordings import vectors

NOT_OURS = {
    "space-sent-as-plus": "sends a space as + where we send %20",
    "header": "sends OAuth's parameters in a header",
    "extra-oauth-version": "adds oauth_version",
    "array-eleven-php-order": "sorts as PHP does; we send lists as one comma-separated value",
    "secret-without-ampersand": "is signed with a wrong key on purpose",
    "wrong-secret": "is signed with another secret on purpose",
    "tampered-parameter": "is changed after signing",
    "missing-nonce": "leaves the nonce out",
    "plaintext-method": "uses PLAINTEXT",
}
"""Recorded requests that our client never makes, and why. All others it must produce to the byte."""

OURS = [vector for vector in vectors() if vector["name"] not in NOT_OURS]


def produced(vector: dict[str, Any]) -> list[tuple[str, str]]:
    oauth = dict(vector["oauth"])
    return signed(
        vector["method"],
        vector["url_signed"],
        [(key, value) for key, value in vector["params_signed"]],
        Signer(vector["consumer_key"], vector["consumer_secret"], SignatureMethod(vector["signature_method"])),
        now=datetime.fromtimestamp(int(oauth["oauth_timestamp"]), UTC),
        nonce=oauth["oauth_nonce"],
    )


@pytest.mark.parametrize("vector", OURS, ids=lambda vector: vector["name"])
def test_the_client_produces_every_recorded_request_it_could_make(vector: dict[str, Any]) -> None:
    assert encode_query(produced(vector)) == vector["query_string_sent"]


@pytest.mark.parametrize("vector", OURS, ids=lambda vector: vector["name"])
def test_the_http_client_sends_the_signed_query_as_it_was_signed(vector: dict[str, Any]) -> None:
    request = httpx.Request("GET", httpx.URL(f"{vector['url_signed']}?{encode_query(produced(vector))}"))
    assert request.url.query.decode() == vector["query_string_sent"]


SIGNED_AS_WE_SIGN = [v for v in vectors() if v["name"] not in NOT_OURS or v["name"] in ("space-sent-as-plus", "header")]


@pytest.mark.parametrize("vector", SIGNED_AS_WE_SIGN, ids=lambda vector: vector["name"])
def test_base_string_and_signature_are_the_recorded_ones(vector: dict[str, Any]) -> None:
    oauth = [(key, value) for key, value in vector["oauth"]]
    params = [*((key, value) for key, value in vector["params_signed"]), *oauth[:-1]]
    by = SignatureMethod(vector["signature_method"])
    assert base_string(vector["method"], vector["url_signed"], params) == vector["signature_base_string"]
    assert signature(vector["method"], vector["url_signed"], params, vector["consumer_secret"], by) == oauth[-1][1]


def test_the_hash_is_a_choice() -> None:
    params = [("per_page", "1")]
    by_default = signature("GET", "http://shop.example/wp-json/wc/v3/orders", params, "cs_1")
    by_sha1 = signature("GET", "http://shop.example/wp-json/wc/v3/orders", params, "cs_1", SignatureMethod.HMAC_SHA1)
    assert (len(by_default), len(by_sha1)) == (44, 28)


def test_every_request_has_a_nonce_of_its_own() -> None:
    now = datetime(2026, 11, 21, 16, tzinfo=UTC)
    made = [
        dict(signed("GET", "http://shop.example/", [], Signer("ck", "cs", SignatureMethod.HMAC_SHA256), now=now))
        for _ in range(50)
    ]
    assert len({each["oauth_nonce"] for each in made}) == 50
