"""Quantities: written in batches, each answer checked, and read in a sweep. Observed on WooCommerce 11.0.1.

A shop answers 200 to a batch as a whole. It takes anything for a number: `"sju"` becomes 0. Where it does not count pieces it
changes nothing, and reports success all the same. So only whole numbers from 0 up are sent, and every item of every answer is
checked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from app.domain import Problem
from app.errors import Malformed, NoSuchRecord, Refused
from app.integrations.kit.id_listing import ListPosition
from app.integrations.protocol import StockAnswer, StockChange, StockLevel, StockPage
from app.integrations.woocommerce.reads.id_listing import by_id
from app.integrations.woocommerce.rest.calls import SYSTEM, code_of
from app.integrations.woocommerce.rest.dialect import VARIATIONS, Params, Record
from app.integrations.woocommerce.shop import Shop
from app.json_reading import Body, identity, objects, section, text

_PRODUCT_FIELDS: Params = [("status", "any"), ("_fields", "id,type,sku,manage_stock,stock_quantity")]
_VARIATION_FIELDS: Params = [("_fields", "id,sku,manage_stock,stock_quantity")]

_LOOK = "look at the product in the shop"
_MANAGE = "switch on stock management (Track stock quantity) for it in the shop"


class Stock(Shop):
    """Implements `WritesStock`."""

    # writing

    @property
    def stock_page(self) -> int:
        """What one call takes."""
        return self._version.stock_batch

    def stock_batches(self, changes: Sequence[StockChange]) -> list[tuple[StockChange, ...]]:
        """Products together, variations with those of their product, at most 100 in a call. Raises TypeError and ValueError."""
        families: dict[str | None, list[StockChange]] = {}
        for change in changes:
            _check(change)
            together = None if self._version.is_legacy else change.parent_id
            families.setdefault(together, []).append(change)
        size = self._version.stock_batch
        return [tuple(family[start : start + size]) for family in families.values() for start in range(0, len(family), size)]

    async def write_stock(self, batch: Sequence[StockChange]) -> tuple[StockAnswer, ...]:
        """One call; every item of the answer checked."""
        for change in batch:
            _check(change)
        parents = {change.parent_id for change in batch}
        if not batch:
            return ()
        if parents != {None} and not self._version.writes_variations:
            return tuple(StockAnswer(change.source_id, None, _not_over_v1(change)) for change in batch)
        if self._version.stock_batch == 1:
            return tuple([await self._write_one(change) for change in batch])
        items = [{"id": int(change.source_id), "stock_quantity": change.quantity} for change in batch]
        path = _batch_path(None if self._version.is_legacy else _only(parents))
        answered = await self._calls.batch(path, items)
        for change, answer in zip(batch, answered, strict=True):
            if identity(answer.get("id")) != change.source_id:
                raise Malformed("the shop answered other records than those written", system=SYSTEM, call=f"POST {path}")
        return tuple(judged(change, answer) for change, answer in zip(batch, answered, strict=True))

    async def _write_one(self, change: StockChange) -> StockAnswer:
        """Where there are no batches: a product or a variation by its own id."""
        try:
            answer = await self._calls.write("PUT", f"products/{change.source_id}", {"stock_quantity": change.quantity})
        except Refused as refused:
            code = code_of(refused.answer)
            gone = isinstance(refused, NoSuchRecord)
            return StockAnswer(change.source_id, None, _gone(change) if gone else _refused(change, code, refused.message))
        return judged(change, answer)

    # reading

    async def stock_levels(self, cursor: Mapping[str, Any] | None = None) -> AsyncIterator[StockPage]:
        """Products by id, each page after the variations of its variable products. Calls: pages, and one list per parent."""
        position = ListPosition.read(cursor)
        async for step in by_id(self._calls, "products", _PRODUCT_FIELDS, self._settings.page_size, position):
            for product in step.records:
                if product.get("type") == "variable":
                    async for family in self._family_levels(product):
                        yield StockPage(family.levels, position.stored(), family.calls)
            position = step.position
            yield StockPage(tuple(levels_of(step.records, None)), position.stored(), step.calls)

    async def _family_levels(self, product: Record) -> AsyncIterator[StockPage]:
        parent = identity(product.get("id"))
        if not self._version.has_variation_routes:
            yield StockPage(tuple(levels_of(objects(product, VARIATIONS), parent)), {}, 0)
            return
        path, size = f"products/{parent}/variations", self._settings.page_size
        try:
            async for step in by_id(self._calls, path, _VARIATION_FIELDS, size):
                yield StockPage(tuple(levels_of(step.records, parent)), {}, step.calls)
        except NoSuchRecord:
            return  # deleted since its page was read

    async def read_stock(self, articles: Sequence[tuple[str, str | None]]) -> Mapping[str, StockLevel | None]:
        """By lists of ids, variations under their products."""
        families: dict[str | None, list[str]] = {}
        for source_id, parent in articles:
            families.setdefault(parent, []).append(source_id)
        found: dict[str, StockLevel | None] = {source_id: None for source_id, _ in articles}
        for parent, ids in families.items():
            for start in range(0, len(ids), self._settings.page_size):
                some = ids[start : start + self._settings.page_size]
                levels = await self._some_levels(parent, some)
                found |= {level.source_id: level for level in levels if level.source_id in some}
        return found

    async def _some_levels(self, parent: str | None, ids: Sequence[str]) -> list[StockLevel]:
        chosen: Params = [("include", ",".join(ids)), ("per_page", str(self._settings.page_size))]
        if parent is None:
            return list(levels_of(await self._calls.listed("products", [*_PRODUCT_FIELDS, *chosen]), None))
        try:
            if not self._version.has_variation_routes:
                product = await self._calls.record(f"products/{parent}")
                return list(levels_of(objects(product, VARIATIONS), parent))
            listed = await self._calls.listed(f"products/{parent}/variations", [*_VARIATION_FIELDS, *chosen])
        except NoSuchRecord:
            return []
        return list(levels_of(listed, parent))


def _check(change: StockChange) -> None:
    """A shop takes text, fractions and truth values for numbers, and null for 0: none of them may get that far."""
    if type(change.quantity) is not int:
        raise TypeError(f"the quantity of {change.source_id} is not a whole number: {change.quantity!r}")
    if change.quantity < 0:
        raise ValueError(f"the quantity of {change.source_id} is below 0: {change.quantity}")


def _only(parents: set[str | None]) -> str | None:
    if len(parents) != 1:
        raise ValueError("a batch holds products, or variations of one product: take it from stock_batches")
    return next(iter(parents))


def _batch_path(parent: str | None) -> str:
    return "products/batch" if parent is None else f"products/{parent}/variations/batch"


def levels_of(bodies: Sequence[Body], parent: str | None) -> Iterator[StockLevel]:
    """What is listed of products (no parent) or of one product's variations."""
    for body in bodies:
        source_id, quantity = identity(body.get("id")), body.get("stock_quantity")
        if source_id is None:
            continue
        manages = body.get("manage_stock")
        whole = quantity if isinstance(quantity, int) and not isinstance(quantity, bool) else None
        yield StockLevel(source_id, parent, text(body, "sku"), whole, manages is True, manages == "parent")


# --- judging an answer ------------------------------------------------------------------------------------------------


def judged(change: StockChange, answer: Body) -> StockAnswer:
    """What one item of the answer says became of the change."""
    error = section(answer, "error")
    if error:
        return StockAnswer(change.source_id, None, _item_error(change, error))
    found = answer.get("stock_quantity")
    quantity = found if isinstance(found, int) and not isinstance(found, bool) else None
    return StockAnswer(change.source_id, quantity, _not_kept(change, answer.get("manage_stock"), found))


def _item_error(change: StockChange, error: Body) -> Problem:
    """Observed: a variation among products is `invalid_product_id`; under another product it is its own `invalid_id`, 404."""
    code, message = text(error, "code"), text(error, "message")
    status = section(error, "data").get("status")
    if code == "woocommerce_rest_invalid_product_id":
        return _wrong_parent(change, "it is a variation, and was sent as a product")
    if code == "woocommerce_rest_product_variation_invalid_id" and status == 404:
        return _wrong_parent(change, f"product {change.parent_id} has no such variation")
    if code.endswith("invalid_id") or code.startswith(("woocommerce_api_no_", "woocommerce_api_invalid_product_id")):
        return _gone(change)
    return _refused(change, code, message)


def _not_kept(change: StockChange, manages: Any, found: Any) -> Problem | None:
    """A write that changed nothing is answered 200 all the same."""
    name = f"{change.source_id}"
    if manages == "parent":
        message = f"variation {name} uses the stock of its product, which one quantity per variation cannot be written to"
        return Problem("stock-kept-by-parent", "manage_stock", message, "let each variation keep its own stock in the shop")
    if manages is not True:
        return Problem("stock-not-managed", "manage_stock", f"the shop does not count the pieces of {name}", _MANAGE)
    if found != change.quantity or isinstance(found, bool):
        message = f"the shop has {found!r} for {name} after {change.quantity} was written"
        return Problem("stock-not-taken", "stock_quantity", message, "look for a plugin in the shop that changes quantities")
    return None


def _gone(change: StockChange) -> Problem:
    return Problem("product-gone", "id", f"the shop has no product {change.source_id} any more", _LOOK)


def _wrong_parent(change: StockChange, why: str) -> Problem:
    message = f"{change.source_id} cannot be written: {why}"
    return Problem("wrong-parent", "parent_id", message, "read the product again (sync articles)")


def _refused(change: StockChange, code: str, message: str) -> Problem:
    told = f"{message} ({code})" if code and code not in message else message
    return Problem("stock-refused", "stock_quantity", f"the shop refused the quantity of {change.source_id}: {told}", _LOOK)


def _not_over_v1(change: StockChange) -> Problem:
    message = f"variation {change.source_id}: the REST API of WooCommerce 2.6 (wc/v1) cannot write a variation's stock by itself"
    fix = "update WooCommerce, or switch its legacy REST API on and set rest_version to wc-api/v3"
    return Problem("stock-refused", "stock_quantity", message, fix)
