"""The recordings of a real shop (WooCommerce 11.0.1), and records made from them."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain import Process, SourceRecord
from app.integrations.woocommerce.rest.resources import record
from app.integrations.woocommerce.settings import WooCommerceCredentials

RECORDED = Path(__file__).parents[2] / "fixtures" / "woocommerce"


@dataclass(frozen=True)
class Delivery:
    """One webhook delivery as the shop sent it; header names in lower case, as the web server gives them."""

    file: str
    topic: str | None
    headers: dict[str, str]
    body: bytes
    secret: str | None

    @property
    def content(self) -> Any:
        return json.loads(self.body)


def deliveries() -> list[Delivery]:
    return [_delivery(path) for path in sorted((RECORDED / "webhooks").glob("*.json"))]


def delivery(number: str) -> Delivery:
    return _delivery(next((RECORDED / "webhooks").glob(f"{number}-*.json")))


def _delivery(path: Path) -> Delivery:
    recorded = json.loads(path.read_text())
    return Delivery(
        recorded["file"],
        recorded["topic"],
        {name.lower(): value for name, value in recorded["headers"]},
        base64.b64decode(recorded["body_base64"]),
        recorded["secret"],
    )


def rest(number: str) -> dict[str, Any]:
    """A recorded request with its answer."""
    found: dict[str, Any] = json.loads(next((RECORDED / "rest").glob(f"{number}-*.json")).read_text())
    return found


def vectors() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((RECORDED / "oauth1" / "vectors.json").read_text())["vectors"]
    return found


def order(body: dict[str, Any], **added: Any) -> SourceRecord:
    return _record(Process.ORDERS, body | added)


def article(body: dict[str, Any], **added: Any) -> SourceRecord:
    return _record(Process.ARTICLES, body | added)


def _record(process: Process, body: dict[str, Any]) -> SourceRecord:
    found = record(process, body)
    assert found is not None
    return found


def credentials(**changed: Any) -> WooCommerceCredentials:
    """Those of the recorded shop."""
    given = {"shop_url": "http://127.0.0.1:8099/", "consumer_key": "ck_1", "consumer_secret": "cs_1", "webhook_secret": "geheim"}
    return WooCommerceCredentials.model_validate(given | changed)
