"""OAuth 1.0a, one-legged: how requests over plain http are signed.

Observed on WooCommerce 11.0.1: all query parameters are signed, a JSON body is not; the signing key is the consumer secret
and `&`, the address in the base string the shop's own home address with its port. Lists are sent as one comma-separated
value, because the shop sorts `name[10]` otherwise than RFC 5849 does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from authlib.oauth1.rfc5849.signature import construct_base_string
from authlib.oauth1.rfc5849.util import escape

from app.integrations.woocommerce.settings import SignatureMethod

Params = Sequence[tuple[str, str]]

_HASHES = {SignatureMethod.HMAC_SHA256: hashlib.sha256, SignatureMethod.HMAC_SHA1: hashlib.sha1}


def base_string(method: str, url: str, params: Params) -> str:
    """METHOD & url & sorted parameters, each percent-encoded. `url` is without its query; `oauth_signature` is left out."""
    text: str = construct_base_string(
        method, url, [(key, escape(value) if key.startswith("oauth_") else value) for key, value in params]
    )
    return text


def signature(
    method: str,
    url: str,
    params: Params,
    secret: str,
    by: SignatureMethod = SignatureMethod.HMAC_SHA256,
    key_end: str = "&",
) -> str:
    """The signature over `params` (those of OAuth among them) as base64 text. `key_end` is empty for wc-api/v2."""
    key = f"{escape(secret)}{key_end}".encode()
    return base64.b64encode(hmac.new(key, base_string(method, url, params).encode(), _HASHES[by]).digest()).decode("ascii")


@dataclass(frozen=True)
class Signer:
    """Whose keys sign, and how. `key_end` is empty for wc-api/v2."""

    key: str
    secret: str
    by: SignatureMethod
    key_end: str = "&"


def signed(
    method: str, url: str, params: Params, signer: Signer, *, now: datetime, nonce: str | None = None
) -> list[tuple[str, str]]:
    """`params` with everything OAuth adds to the query. `now` is UTC: shops accept 15 minutes either way, and each nonce once."""
    unsigned = [
        *params,
        ("oauth_consumer_key", signer.key),
        ("oauth_timestamp", str(int(now.timestamp()))),
        ("oauth_nonce", nonce or secrets.token_hex(16)),
        ("oauth_signature_method", signer.by.value),
    ]
    made = signature(method, url, unsigned, signer.secret, signer.by, signer.key_end)
    return [*unsigned, ("oauth_signature", made)]
