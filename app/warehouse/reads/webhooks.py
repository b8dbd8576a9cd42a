"""Ongoing's own webhooks: whether one is genuine, and what it asks us to look at.

People set them up in the WMS. They carry a fixed secret and no signature. They are small on purpose: the records that they name
are read by API. Versions and templates differ in the members of a payload, so each member is optional (upstream: webhooks).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.json_answers import NotJson, parse
from app.json_reading import objects, section, text, whole
from app.warehouse.settings import OngoingSettings

_PATH = re.compile(r"/(orders|articles|purchaseOrders)/(\d{1,10})(?:$|[/?#])", re.IGNORECASE)
_OWN_NAME = {"orders": "order", "articles": "article", "purchaseorders": "purchase order"}


@dataclass(frozen=True)
class WarehouseNews:
    """What to read in the WMS. Nothing here is used before it was read there.

    `key` is the same whenever the same event is delivered again, None when the payload names none. `template` is what the WMS
    calls the event. Records are named as in the payload: by number, by the WMS's id, or both. `status_number` is the order's.
    """

    template: str = ""
    key: str | None = None
    goods_owner_id: int | None = None
    order_numbers: tuple[str, ...] = ()
    order_ids: tuple[int, ...] = ()
    article_numbers: tuple[str, ...] = ()
    article_ids: tuple[int, ...] = ()
    purchase_order_numbers: tuple[str, ...] = ()
    purchase_order_ids: tuple[int, ...] = ()
    status_number: int | None = None
    shows_parcels: bool = False
    """Whether the order has a tracking number or a parcel."""
    is_readable: bool = True

    @property
    def is_about_orders(self) -> bool:
        return bool(self.order_numbers or self.order_ids)

    @property
    def is_about_stock(self) -> bool:
        return bool(self.article_numbers or self.article_ids)

    @property
    def names_nothing(self) -> bool:
        """The event does not say which record changed, or cannot be read. The work lists must be read."""
        return not (self.is_about_orders or self.is_about_stock or self.purchase_order_numbers or self.purchase_order_ids)


def is_genuine(headers: Mapping[str, str], secret: str, settings: OngoingSettings) -> bool:
    """Whether the delivery carries the connection's secret, compared in constant time. `headers` with lower-case names.

    Never true without a secret.
    """
    given = _given(headers, settings)
    fits = [hmac.compare_digest(given, each) for each in _written(secret)]
    return any(fits)


def _written(secret: str) -> set[bytes]:
    """Which encoding the WMS gives a secret with other than ASCII letters is nowhere said. One that lacks a letter is none."""
    return {each for encoding in ("utf-8", "latin-1") if secret and (each := _exactly(secret, encoding))}


def _exactly(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return b""


def credential_header(settings: OngoingSettings) -> str:
    """Lower-case name of the header in which the secret comes."""
    return "authorization" if settings.webhook_auth == "basic" else settings.webhook_header.lower()


def _given(headers: Mapping[str, str], settings: OngoingSettings) -> bytes:
    value = headers.get(credential_header(settings), "")
    if settings.webhook_auth == "token":
        return _exactly(value, "latin-1")  # header values were read as Latin-1; these are the bytes that came
    scheme, _, encoded = value.partition(" ")
    try:
        return base64.b64decode(encoded.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        return b""


def interpret(body: bytes) -> WarehouseNews:
    """What a genuine delivery says. Pure; never raises."""
    try:
        payload = parse(body)
    except NotJson:
        return WarehouseNews(is_readable=False)
    if not isinstance(payload, dict):
        return WarehouseNews(is_readable=False)
    kind, path_id = _named_by_path(payload)
    orders, articles = list(_orders(payload)), list(_articles(payload))
    purchases = [payload, section(payload, "purchaseOrder"), section(payload, "purchaseOrderInfo")]
    return WarehouseNews(
        template=text(payload, "webhookTemplate"),
        key=_key(payload),
        goods_owner_id=whole(payload, "goodsOwnerId") or whole(section(payload, "goodsOwner"), "id"),
        order_numbers=_texts(orders, "orderNumber"),
        order_ids=_ids(orders, "orderId", path_id if kind == "order" else None),
        article_numbers=_texts(articles, "articleNumber"),
        article_ids=_ids(articles, "articleSystemId", path_id if kind == "article" else None),
        purchase_order_numbers=_texts(purchases, "purchaseOrderNumber"),
        purchase_order_ids=_ids(purchases, "purchaseOrderId", path_id if kind == "purchase order" else None),
        status_number=whole(section(payload, "orderStatus"), "number"),
        shows_parcels=bool(payload.get("tracking") or payload.get("parcels")),
    )


def _key(payload: Mapping[str, Any]) -> str | None:
    """The event's id is unique within one WMS only, so the WMS's name belongs to it."""
    event = text(payload, "webhookEventId")
    return f"{text(payload, 'system')}/{event}" if event else None


def _named_by_path(payload: Mapping[str, Any]) -> tuple[str, int | None]:
    """`path` is the REST path of the object, like /api/v1/orders/50210."""
    found = _PATH.search(text(payload, "path"))
    return (_OWN_NAME[found[1].lower()], int(found[2])) if found else ("", None)


def _orders(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield payload
    for key in ("order", "orderInfo", "customerOrder"):
        yield section(payload, key)


def _articles(payload: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield payload
    yield section(payload, "article")
    for key in ("articleItem", "transaction", "movement"):
        yield section(section(payload, key), "article")
    for line in objects(payload, "orderLines"):
        yield section(line, "article")


def _texts(places: Iterable[Mapping[str, Any]], key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found for place in places if (found := text(place, key).strip())))


def _ids(places: Iterable[Mapping[str, Any]], key: str, by_path: int | None) -> tuple[int, ...]:
    found = [whole(place, key) for place in places] + [by_path]
    return tuple(dict.fromkeys(one for one in found if one is not None and one > 0))
