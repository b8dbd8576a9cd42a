"""The second half of the connection test: what can be written to the shop, and what its version and plugins allow."""

from __future__ import annotations

from typing import Any

from app.domain import OUTBOUND
from app.errors import LoginRefused, RemoteError
from app.integrations.kit.values.path_parts import part
from app.integrations.protocol import Check
from app.integrations.woocommerce.check import texts as words
from app.integrations.woocommerce.rest.calls import Calls, code_of
from app.integrations.woocommerce.rest.dialect import Record
from app.integrations.woocommerce.settings import TrackingVia, VirtualProducts, WooCommerceSettings
from app.integrations.woocommerce.writes.tracking import NAMESPACE
from app.json_reading import identity, text

_PLUGINS = {
    TrackingVia.ADVANCED_SHIPMENT_TRACKING: "Advanced Shipment Tracking",
    TrackingVia.SHIPMENT_TRACKING: "Shipment Tracking",
}
_WITHOUT_STOCK_OF_ITS_OWN = ("variable", "grouped", "external")


class WritingChecks:
    """Adds to a test's checks and facts. Nothing here changes anything in the shop."""

    def __init__(self, calls: Calls, settings: WooCommerceSettings, checks: list[Check], facts: dict[str, Any]) -> None:
        self._calls = calls
        self._settings = settings
        self._checks = checks
        self._facts = facts

    async def run(self) -> None:
        await self._can_write()
        await self._find_tracking()
        await self._stock_is_managed()
        await self._look_through_products()
        self._say_what_the_version_lacks()

    def _add(self, name: str, ok: bool, message: str, fix: str = "") -> None:
        self._checks.append(Check(name, ok, message, fix))

    # writing

    async def _can_write(self) -> None:
        """Writes nothing. A key that may write is answered with nothing. One that may only read is refused (observed)."""
        try:
            await self._calls.probe(*self._calls.dialect.write_probe)
        except LoginRefused as error:
            self._facts["can_write"] = False
            self._say_it_cannot_write(error)
            return
        except RemoteError as error:
            if not code_of(error.answer).startswith("woocommerce_api_"):
                self._add("writing", True, f"whether the keys can write was not found out: {error.message}")
                return
        self._facts["can_write"] = True
        self._add("writing", True, "the keys can write")

    def _say_it_cannot_write(self, error: LoginRefused) -> None:
        on = [process.value for process in OUTBOUND if self._settings.processes.is_on(process)]
        if on:
            message = f"the keys cannot write, and {', '.join(on)} must: {error.message}"
            self._add("writing", False, message, f"{words.fix_of(error, False)}; or switch {' and '.join(on)} off")
        else:
            self._add("writing", True, "the keys can only read: the webhooks must be made in the shop by hand")

    # tracking

    async def _find_tracking(self) -> None:
        """Shipment Tracking lists its carriers without an order, a path that Advanced Shipment Tracking lacks (observed)."""
        carriers = await self._shipment_tracking_carriers()
        found = TrackingVia.SHIPMENT_TRACKING if carriers is not None else await self._other_plugin()
        self._facts["tracking"] = found.value
        if found is TrackingVia.ADVANCED_SHIPMENT_TRACKING:
            carriers = await self._advanced_carriers()
        chosen = self._settings.shipments.tracking_via
        if chosen not in ("auto", TrackingVia.NOTE, found):
            message = f"the shop has no {_PLUGINS[TrackingVia(chosen)]} that can be called, and tracking_via asks for it"
            self._add("tracking", False, message, "switch the plugin on in the shop, or set shipments.tracking_via to auto")
            return
        told = f"tracking goes by {_PLUGINS[found]}" if found in _PLUGINS else "no tracking plugin: tracking goes by order notes"
        self._add("tracking", True, told)
        self._check_carriers(carriers)

    async def _shipment_tracking_carriers(self) -> Record | None:
        if not self._calls.version.has_tracking_plugins:
            return None
        try:
            return await self._calls.record(f"{NAMESPACE}/shipment-trackings/providers")
        except RemoteError:
            return None

    async def _other_plugin(self) -> TrackingVia:
        if not self._calls.version.has_tracking_plugins:
            return TrackingVia.NOTE
        try:
            index = await self._calls.record("/")
        except RemoteError:
            return TrackingVia.NOTE
        namespaces = index.get("namespaces")
        known = {"wc-ast/v3", "wc-shipment-tracking/v3"}
        there = isinstance(namespaces, list) and any(each in known for each in namespaces)
        return TrackingVia.ADVANCED_SHIPMENT_TRACKING if there else TrackingVia.NOTE

    async def _advanced_carriers(self) -> Record | None:
        """The plugin lists its carriers only under an order."""
        try:
            orders = await self._calls.listed("orders", [("per_page", "1"), ("_fields", "id")])
            order = identity(orders[0].get("id")) if orders else None
            return await self._calls.record(f"{NAMESPACE}/orders/{part(order)}/shipment-trackings/providers") if order else None
        except RemoteError:
            return None

    def _check_carriers(self, regions: Record | None) -> None:
        """Carriers in the settings must be in the plugin's list. The plugin shows an unknown one without a name."""
        if regions is None:
            return
        listed = {name.casefold() for region in regions.values() if isinstance(region, dict) for name in region}
        shipments = self._settings.shipments
        unknown = [each for each in (shipments.provider, *shipments.providers.values()) if each and each.casefold() not in listed]
        if unknown:
            message = f"the tracking plugin lists no carrier {', '.join(unknown)}"
            names = sorted(name for region in regions.values() if isinstance(region, dict) for name in region)
            self._add("carriers", False, message, f"use its own names: {', '.join(names[:40])}")

    # stock

    async def _stock_is_managed(self) -> None:
        if not self._calls.dialect.has_settings:
            return
        try:
            setting = await self._calls.record("settings/products/woocommerce_manage_stock")
        except RemoteError:
            return
        self._facts["manages_stock"] = text(setting, "value") == "yes"
        if self._settings.processes.stock and not self._facts["manages_stock"]:
            fix = "switch on Settings → Products → Inventory → Enable stock management in the shop, or the process stock off"
            self._add("stock", False, "the shop does not count its stock, and would take no quantity", fix)

    async def _look_through_products(self) -> None:
        """Counts virtual products (requirement: onboarding) and products that take no quantity."""
        seen = virtual = unmanaged = 0
        fields = "id,type,virtual,manage_stock"
        for number in range(1, self._settings.max_virtual_pages + 1):
            params = [("orderby", "id"), ("order", "asc"), ("per_page", "100"), ("page", str(number)), ("_fields", fields)]
            try:
                found = await self._calls.listed("products", params)
            except RemoteError:
                return
            seen += len(found)
            virtual += sum(each.get("virtual") is True for each in found)
            unmanaged += sum(_takes_no_quantity(each) for each in found)
            if len(found) < 100:
                break
        self._facts |= {"products_looked_at": seen, "virtual_products": virtual, "unmanaged_products": unmanaged}
        if virtual:
            becomes = "stock articles" if self._settings.virtual_products is VirtualProducts.STOCK else "non-stock articles"
            message = f"{virtual} of {seen} products are virtual and become {becomes} (virtual_products)"
            self._add("virtual products", True, message)
        if unmanaged and self._settings.processes.stock:
            message = f"'Track stock quantity' is off for {unmanaged} of {seen} products: no quantity is written to them"
            self._add("stock", True, message, "switch on Track stock quantity for those that the warehouse keeps")

    # old versions

    def _say_what_the_version_lacks(self) -> None:
        version, processes = self._calls.version, self._settings.processes
        if not version.lists_by_modification:
            message = (
                f"WooCommerce before 5.8 cannot list what changed: each poll reads the orders of the last "
                f"{self._settings.list_all_days} days (list_all_days) and all products"
            )
            self._add("polling", True, message, "with many products, set a longer poll_interval_minutes")
        if not version.writes_variations and processes.stock:
            message = "WooCommerce 2.6 cannot write the stock of variations over wc/v1"
            self._add("stock", True, message, "switch its legacy REST API on and set rest_version to wc-api/v3, or update it")
        if version.stock_batch == 1 and processes.stock:
            self._add("stock", True, "WooCommerce 2.2 and 2.3 take one quantity per call: large changes take long")
        if not version.makes_refunds and processes.returns:
            fix = "switch the process returns off, or update WooCommerce to 3.0 or later"
            self._add("returns", False, f"{version.name} cannot refund single lines with their taxes", fix)
        if version.makes_refunds and not version.chooses_restock and processes.returns:
            message = "WooCommerce before 5.7 raises its own stock with every refund: the next quantity written puts it right"
            self._add("returns", True, message, "update WooCommerce to 5.7 or later")
        if not version.has_restored_topic:
            message = f"{version.name} does not announce what is taken back from the trash: polls find it"
            self._add("webhooks", True, message)


def _takes_no_quantity(product: Record) -> bool:
    return product.get("manage_stock") is False and product.get("type") not in _WITHOUT_STOCK_OF_ITS_OWN
