"""Signatures after Standard Webhooks (https://www.standardwebhooks.com, symmetric keys).

Signed is `{id}.{timestamp}.{body}` with HMAC-SHA256; the key is what stands behind `whsec_`, base64 decoded.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from app.records.outgoing_webhooks.addresses import PREFIX


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature: `v1,` and the digest in base64. `timestamp`: seconds since 1970."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b"%s.%d.%s" % (message_id.encode(), timestamp, body)
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def headers(secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one try at this moment: a signature for each secret, a blank between them."""
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(each, message_id, timestamp, body) for each in secrets),
    }
