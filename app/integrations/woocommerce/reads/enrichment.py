"""What is read beside a record because mapping needs it, and remembered for a while."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.clock import Clock
from app.domain import Process, SourceRecord
from app.errors import NoSuchRecord
from app.integrations.kit.side_reads import FINAL_NO
from app.integrations.kit.values.path_parts import part
from app.integrations.woocommerce.mapping.addresses import delivered_to
from app.integrations.woocommerce.mapping.bundles import bundled_products
from app.integrations.woocommerce.reads.refunded import read_refunds, refunds_to_read
from app.integrations.woocommerce.rest.calls import Calls
from app.integrations.woocommerce.rest.resources import CUSTOMER, PARENT, PRODUCTS, REFUNDS, UNREAD, is_variation
from app.integrations.woocommerce.settings import Bundles, VirtualProducts, WooCommerceSettings
from app.json_reading import Body, identity, objects, plain, section, text
from app.ttl_cache import TtlCache

Found = dict[str, Any]

_MOST = 2000
GONE = "gone"
"""Member of what could not be read, because the shop has it no more: it will not come back."""


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
        self._refunds = memory(settings.remember_seconds, clock)

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

    def lacks(self, record: SourceRecord) -> bool:
        """Whether `enrich` would add something. What could not be read before may be readable now."""
        body = record.body
        if record.process is Process.ORDERS:
            needs_customer = _customer_of(body) is not None
            return needs_customer or self._needs_products(body) or bool(refunds_to_read(body, self._settings))
        return _parent_of(body) is not None or bool(self._parts_of(body))

    def _needs_products(self, order: Body) -> bool:
        known = order.get(PRODUCTS)
        if isinstance(known, dict) and not any(_is_unread(each) for each in known.values()):
            return False
        return self._products_matter or _may_be_all_virtual(order)

    async def _of_order(self, order: Body) -> Found:
        added: Found = {}
        customer = _customer_of(order)
        if customer:
            added[CUSTOMER] = await self._customer(customer)
        if self._needs_products(order):
            added[PRODUCTS] = {each: await self.product(each) for each in _product_ids(order)}
        if refunds := refunds_to_read(order, self._settings):
            added[REFUNDS] = await read_refunds(order, refunds, self._calls, self._refunds)
        return added

    @property
    def _products_matter(self) -> bool:
        """Reads the products of the lines. A line does not say whether its product is virtual, or whether its SKU is the
        parent's."""
        non_stock = self._settings.virtual_products is VirtualProducts.NON_STOCK and self._settings.leave_out_non_stock_lines
        return non_stock or self._settings.article_number_fallback is not None

    async def _of_article(self, product: Body) -> Found:
        parent, parts = _parent_of(product), self._parts_of(product)
        added: Found = {PARENT: await self.product(parent)} if parent else {}
        return {**added, PRODUCTS: {each: await self.product(each) for each in parts}} if parts else added

    def _parts_of(self, product: Body) -> list[str]:
        """The products of a bundle that are still to be read: the WMS is told their numbers."""
        if self._settings.bundles is not Bundles.ONE_LINE:
            return []
        known = section(product, PRODUCTS)
        return [each for each in bundled_products(product) if each not in known or _is_unread(known[each])]

    async def product(self, source_id: str) -> Found:
        """Of one that cannot be read only the id is known: a variation that was just announced still stands on its own."""
        try:
            return await self._products.get_or_read(source_id, lambda: self._read_product(source_id))
        except FINAL_NO as error:  # not remembered: the key's rights may come back
            return {"id": int(source_id), UNREAD: error.message}

    async def _read_product(self, source_id: str) -> Found:
        """A variation is readable under `products/` too (its own `self` link says so; observed on WooCommerce 11.0.1)."""
        try:
            return summary(await self._calls.record(f"products/{part(source_id)}"))
        except NoSuchRecord:
            return {"id": int(source_id)}

    async def _customer(self, customer: str) -> Found:
        """If the customer is gone or hidden from the key, the billing address is used."""
        try:
            return await self._customers.get_or_read(customer, lambda: self._read_customer(customer))
        except FINAL_NO as error:  # not remembered
            return {"email": "", UNREAD: error.message}

    async def _read_customer(self, customer: str) -> Found:
        """Keeps the e-mail address only."""
        try:
            return {"email": text(await self._calls.record(f"customers/{part(customer)}"), "email")}
        except NoSuchRecord as error:
            return {"email": "", UNREAD: error.message, GONE: True}


def summary(product: Body) -> Found:
    """What mapping needs of a product beside the record that it belongs to."""
    return {key: product.get(key) for key in ("id", "name", "sku", "status", "virtual")}


def _is_unread(found: Any) -> bool:
    return isinstance(found, dict) and UNREAD in found and GONE not in found


def _customer_of(order: Body) -> str | None:
    """The registered customer whose address is still to be read."""
    known = CUSTOMER in order and not _is_unread(order[CUSTOMER])
    return None if known else identity(order.get("customer_id")) or None


def _parent_of(product: Body) -> str | None:
    """The product of a variation that is still to be read."""
    known = PARENT in product and not _is_unread(product[PARENT])
    return identity(product.get("parent_id")) if is_variation(product) and not known else None


def _may_be_all_virtual(order: Body) -> bool:
    """No shipping was chosen, and the address is no whole one: the shop asks for neither where all goods are virtual."""
    address = section(order, delivered_to(order))
    return not objects(order, "shipping_lines") and not all(plain(address, key) for key in ("address_1", "city", "country"))


def _product_ids(order: Body) -> list[str]:
    """Products and variations of the lines, each once."""
    found = [identity(line.get(key)) for line in objects(order, "line_items") for key in ("product_id", "variation_id")]
    return list(dict.fromkeys(each for each in found if each))
