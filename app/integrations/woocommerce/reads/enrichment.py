"""What is read beside a record because mapping needs it, and remembered for a while."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.clock import Clock
from app.domain import Process, SourceRecord
from app.errors import LoginRefused, NoSuchRecord
from app.integrations.woocommerce.rest.calls import Calls
from app.integrations.woocommerce.rest.resources import CUSTOMER, PARENT, PRODUCTS
from app.integrations.woocommerce.settings import VirtualProducts, WooCommerceSettings
from app.json_reading import Body, identity, objects, text
from app.ttl_cache import TtlCache

Found = dict[str, Any]

_MOST = 2000


def memory(seconds: float, clock: Clock) -> TtlCache[str, Found]:
    """What was read beside records, each for `seconds`."""
    return TtlCache(seconds, _MOST, lambda: clock().timestamp())


class Enrichment:
    """Customers, parents and products of one shop."""

    def __init__(self, calls: Calls, settings: WooCommerceSettings, clock: Clock) -> None:
        self._calls = calls
        self._settings = settings
        self._customers = memory(settings.remember_seconds, clock)
        self._products = memory(settings.remember_seconds, clock)

    def remember_product(self, body: Body) -> None:
        """A product that was read anyway."""
        source_id = identity(body.get("id"))
        if source_id:
            self._products.put(source_id, summary(body))

    async def enrich(self, record: SourceRecord) -> SourceRecord:
        """The record with its customer's e-mail address, its lines' products (where a setting needs them), its parent."""
        if record.process is Process.ORDERS:
            added = await self._of_order(record.body)
        else:
            added = await self._of_article(record.body)
        return replace(record, body={**record.body, **added}) if added else record

    async def _of_order(self, order: Body) -> Found:
        added: Found = {}
        customer = identity(order.get("customer_id"))
        if customer and CUSTOMER not in order:
            added[CUSTOMER] = await self._customers.get_or_read(customer, lambda: self._read_customer(customer))
        if self._products_matter and PRODUCTS not in order:
            added[PRODUCTS] = {each: await self.product(each) for each in _product_ids(order)}
        return added

    @property
    def _products_matter(self) -> bool:
        """A line does not say whether its product is virtual, nor whether its SKU is only the parent's."""
        non_stock = self._settings.virtual_products is VirtualProducts.NON_STOCK and self._settings.leave_out_non_stock_lines
        return non_stock or self._settings.article_number_fallback is not None

    async def _of_article(self, product: Body) -> Found:
        parent = identity(product.get("parent_id")) if product.get("type") == "variation" else None
        return {PARENT: await self.product(parent)} if parent and PARENT not in product else {}

    async def product(self, source_id: str) -> Found:
        return await self._products.get_or_read(source_id, lambda: self._read_product(source_id))

    async def _read_product(self, source_id: str) -> Found:
        """A variation is readable under `products/` too (its own `self` link says so; observed on WooCommerce 11.0.1).

        Of one that is gone only the id is known: a variation that the shop has just announced still stands on its own.
        """
        try:
            return summary(await self._calls.record(f"products/{source_id}"))
        except NoSuchRecord:
            return {"id": int(source_id)}

    async def _read_customer(self, customer: str) -> Found:
        """Only the address is kept. A customer who is gone or not to be seen by the key leaves the billing address to be used."""
        try:
            found = await self._calls.record(f"customers/{customer}")
        except (NoSuchRecord, LoginRefused):
            return {"email": ""}
        return {"email": text(found, "email")}


def summary(product: Body) -> Found:
    """What mapping needs of a product beside the record that it belongs to."""
    return {key: product.get(key) for key in ("id", "name", "sku", "status", "virtual")}


def _product_ids(order: Body) -> list[str]:
    """Products and variations of the lines, each once."""
    found = [identity(line.get(key)) for line in objects(order, "line_items") for key in ("product_id", "variation_id")]
    return list(dict.fromkeys(each for each in found if each))
