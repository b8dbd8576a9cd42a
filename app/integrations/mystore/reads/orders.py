"""What an order needs beside it: its lines, its total where it names none, its status."""

from __future__ import annotations

from typing import Any

from app.domain import OrderLine, SourceRecord
from app.errors import NoSuchRecord
from app.integrations.kit.side_reads import FINAL_NO
from app.integrations.kit.values.path_parts import part
from app.integrations.mystore.beside import Beside
from app.integrations.mystore.mapping.options import combined_name, options_of_line, product_code
from app.integrations.mystore.mapping.orders import NUMBER, status_of
from app.integrations.mystore.mapping.statuses import means
from app.integrations.mystore.rest.calls import Calls
from app.integrations.mystore.rest.lists import everything
from app.integrations.mystore.rest.resources import LINES, STATUS, TOTAL, UNREAD, Resource, attributes, related
from app.integrations.mystore.settings import MystoreSettings
from app.json_reading import Body, number, objects, text


class OrderReads:
    """What is read beside the orders of one shop."""

    def __init__(self, calls: Calls, settings: MystoreSettings, beside: Beside) -> None:
        self._calls = calls
        self._settings = settings
        self._beside = beside

    def lacks(self, order: Body) -> bool:
        return STATUS not in order or (LINES not in order and not self._is_cancelled(order))

    async def complete(self, record: SourceRecord) -> dict[str, Any]:
        """Nothing but the status of a cancelled order: nothing of it is sent."""
        order, added = record.body, dict[str, Any]()
        if STATUS not in order:
            added[STATUS] = await self._beside.status(related(order, "order-status"))
        if LINES in order or self._is_cancelled({**order, **added}):
            return added
        lines = await everything(self._calls, f"orders/{part(record.source_id)}/order-products", self._settings.page_size)
        for line in lines:
            await self._give_number(line)
        return added | {LINES: lines} | await self._total(record)

    def _is_cancelled(self, order: Body) -> bool:
        return STATUS in order and means(status_of(order), "cancelled", self._settings)

    async def _total(self, record: SourceRecord) -> dict[str, Any]:
        if number(attributes(record.body).get(self._settings.total_attribute)) is not None:
            return {}
        try:
            rows = await everything(self._calls, f"orders/{part(record.source_id)}/order-totals", self._settings.page_size)
        except FINAL_NO as error:
            return {TOTAL: None, UNREAD: {"total": error.message}}
        found = (attributes(each).get("value") for each in rows if text(attributes(each), "class") == self._settings.total_class)
        return {TOTAL: next(found, None)}

    async def _give_number(self, line: Resource) -> None:
        """A line without a SKU gets that of its variant, else of its product."""
        if text(attributes(line), "sku").strip():
            return
        variant, product = related(line, *self._settings.variant_relationships), related(line, "product")
        path = f"product-variants/{part(variant)}" if variant else f"products/{part(product)}" if product else None
        if path is None:
            return
        try:
            found = await self._calls.one(path)
        except FINAL_NO as error:
            if not isinstance(error, NoSuchRecord):
                line[UNREAD] = {"number": error.message}
            return
        line[NUMBER] = text(attributes(found), "sku").strip()

    async def article_of(self, order: Body, line: OrderLine) -> OrderLine:
        """The line with the name and product code that an article made from it gets: one read, of its options."""
        own = next((each for each in objects(order, LINES) if text(each, "id") == line.row_number), None)
        product = related(own, "product") if own is not None else None
        listed = await everything(
            self._calls, f"order-products/{part(line.row_number)}/order-product-attributes", self._settings.page_size
        )
        options = options_of_line(listed, await self._beside.language())
        known = [each for each in options if each["option"] and each["value"]]
        return OrderLine(
            row_number=line.row_number,
            article_number=line.article_number,
            article_name=combined_name(line.article_name, options),
            quantity=line.quantity,
            line_price=line.line_price,
            customer_line_price=line.customer_line_price,
            currency=line.currency,
            product_code=product_code(product or "", known) or None,
        )
