"""Quantities: written in batches, each answer checked, and read in a sweep. Observed on WooCommerce 11.0.1.

A shop answers 200 to a batch as a whole. It takes anything for a number: `"sju"` becomes 0. Where it does not count pieces it
changes nothing, and reports success all the same. So only whole numbers from 0 up are sent, and every item of every answer is
checked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.domain import Problem
from app.errors import Malformed, NoSuchRecord, Refused, RemoteError
from app.integrations.kit.id_listing import ListPosition
from app.integrations.kit.side_reads import FailuresInRow
from app.integrations.kit.values.path_parts import part
from app.integrations.protocol import StockAnswer, StockChange, StockLevel, StockPage
from app.integrations.woocommerce.reads.id_listing import by_id
from app.integrations.woocommerce.rest.calls import SYSTEM, code_of
from app.integrations.woocommerce.rest.dialect import VARIATIONS, Params, Record
from app.integrations.woocommerce.rest.resources import has_variations
from app.integrations.woocommerce.shop import Shop
from app.json_reading import Body, identity, number, objects, section, text

_PRODUCT_FIELDS: Params = [("status", "any"), ("_fields", "id,type,sku,manage_stock,stock_quantity,virtual,variations")]
_VARIATION_FIELDS: Params = [("_fields", "id,sku,manage_stock,stock_quantity,virtual")]

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
            together = change.parent_id if self._calls.dialect.batches_by_product else None
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
        path = _batch_path(_only(parents) if self._calls.dialect.batches_by_product else None)
        answered = await self._calls.batch(path, items)
        for change, answer in zip(batch, answered, strict=True):
            if identity(answer.get("id")) != change.source_id:
                raise Malformed("the shop answered other records than those written", system=SYSTEM, call=f"POST {path}")
        return tuple(judged(change, answer) for change, answer in zip(batch, answered, strict=True))

    async def _write_one(self, change: StockChange) -> StockAnswer:
        """Where there are no batches: a product or a variation by its own id."""
        try:
            answer = await self._calls.write("PUT", f"products/{part(change.source_id)}", {"stock_quantity": change.quantity})
        except Refused as refused:
            code = code_of(refused.answer)
            gone = isinstance(refused, NoSuchRecord)
            return StockAnswer(change.source_id, None, _gone(change) if gone else _refused(change, code, refused.message))
        return judged(change, answer)

    # reading

    async def stock_levels(self, cursor: Mapping[str, Any] | None = None) -> AsyncIterator[StockPage]:
        """Products by id, each page after the variations of its variable products. Calls: pages, and one list per parent.

        A list of variations that fails is left out with its product's quantity, unless several in a row do.
        """
        position, in_row = ListPosition.read(cursor), FailuresInRow()
        async for step in by_id(self._calls, "products", _PRODUCT_FIELDS, self._settings.page_size, position):
            sharing, left_out = set[str](), dict[str, str]()
            for product in step.records:
                if not has_variations(product):
                    continue
                try:
                    async for family in self._family_levels(product):
                        sharing |= {level.parent_id for level in family.levels if level.parent_id and _shares(level, product)}
                        left_out |= family.left_out
                        yield StockPage(family.levels, position.stored(), family.calls)
                    in_row.went_well()
                except RemoteError as error:
                    if not isinstance(error, NoSuchRecord) and not in_row.is_its_own(error):
                        raise
                    left_out[identity(product.get("id")) or ""] = error.message
            position = step.position
            known = [each for each in levels_of(step.records, None) if each.source_id not in left_out or not each.managed]
            products = [_shared(level) if level.source_id in sharing else level for level in known]
            yield StockPage(tuple(products), position.stored(), step.calls, left_out)

    async def _family_levels(self, product: Record) -> AsyncIterator[StockPage]:
        parent = identity(product.get("id"))
        if not self._version.has_variation_routes:
            yield StockPage(tuple(levels_of(objects(product, VARIATIONS), parent)), {}, 0)
            return
        path, size = f"products/{part(parent)}/variations", self._settings.page_size
        async for step in by_id(self._calls, path, _VARIATION_FIELDS, size, is_beside=True):
            left_out = {f"{parent}": f"{step.left_out} of its variations break the shop's answer"} if step.left_out else {}
            yield StockPage(tuple(levels_of(step.records, parent)), {}, step.calls, left_out)

    async def read_stock(self, articles: Sequence[tuple[str, str | None]]) -> Mapping[str, StockLevel | None]:
        """By lists of ids, variations under their products. A product that keeps the quantity comes with its variations."""
        families: dict[str | None, list[str]] = {}
        for source_id, parent in articles:
            families.setdefault(parent, []).append(source_id)
        found: dict[str, StockLevel | None] = {source_id: None for source_id, _ in articles}
        in_row = FailuresInRow()
        for parent, ids in families.items():
            for start in range(0, len(ids), self._settings.page_size):
                some = ids[start : start + self._settings.page_size]
                try:
                    levels = await (self._some_products(some, in_row) if parent is None else self._some_levels(parent, some))
                except RemoteError as error:
                    if parent is None or not in_row.is_its_own(error):
                        raise
                    levels = dict.fromkeys(some)
                for source_id in some:
                    if source_id in levels and (level := levels[source_id]) is not None:
                        found[source_id] = level
                    elif source_id in levels:
                        del found[source_id]
        return found

    async def _some_products(self, ids: Sequence[str], in_row: FailuresInRow) -> dict[str, StockLevel | None]:
        """None: its variations could not be read, so nobody knows whether its quantity is theirs."""
        listed = await self._calls.listed("products", [*_PRODUCT_FIELDS, *self._chosen(ids)])
        found: dict[str, StockLevel | None] = {level.source_id: level for level in levels_of(listed, None)}
        for product in listed:
            level = found.get(identity(product.get("id")) or "")
            if level is None or not (level.managed and has_variations(product)):
                continue
            try:
                family = [each async for page in self._family_levels(product) for each in page.levels]
                in_row.went_well()
            except RemoteError as error:
                if not in_row.is_its_own(error):
                    raise
                found[level.source_id] = None
                continue
            if any(_shares(each, product) for each in family):
                kept = tuple(each for each in family if each.kept_by_parent)
                found[level.source_id] = replace(_shared(level), variations=kept)
        return found

    async def _some_levels(self, parent: str, ids: Sequence[str]) -> dict[str, StockLevel | None]:
        try:
            if not self._version.has_variation_routes:
                product = await self._calls.record(f"products/{part(parent)}")
                return {level.source_id: level for level in levels_of(objects(product, VARIATIONS), parent)}
            listed = await self._calls.listed(f"products/{part(parent)}/variations", [*_VARIATION_FIELDS, *self._chosen(ids)])
        except NoSuchRecord:
            return {}
        return {level.source_id: level for level in levels_of(listed, parent)}

    def _chosen(self, ids: Sequence[str]) -> Params:
        return [("include", ",".join(ids)), ("per_page", str(self._settings.page_size))]


def _check(change: StockChange) -> None:
    """A shop takes text, fractions and truth values for numbers, and null for 0. None of them may reach it."""
    if type(change.quantity) is not int:
        raise TypeError(f"the quantity of {change.source_id} is not a whole number: {change.quantity!r}")
    if change.quantity < 0:
        raise ValueError(f"the quantity of {change.source_id} is below 0: {change.quantity}")


def _only(parents: set[str | None]) -> str | None:
    if len(parents) != 1:
        raise ValueError("a batch holds products, or variations of one product: take it from stock_batches")
    return next(iter(parents))


def _batch_path(parent: str | None) -> str:
    return "products/batch" if parent is None else f"products/{part(parent)}/variations/batch"


def levels_of(bodies: Sequence[Body], parent: str | None) -> Iterator[StockLevel]:
    """What is listed of products (no parent) or of one product's variations."""
    for body in bodies:
        source_id = identity(body.get("id"))
        if source_id is None:
            continue
        manages = body.get("manage_stock")
        yield StockLevel(
            source_id,
            parent,
            text(body, "sku"),
            pieces(body.get("stock_quantity")),
            manages is True,
            manages == "parent",
            without_stock=manages is not True and _cannot_have_stock(body),
        )


def pieces(shown: Any) -> float | None:
    """A quantity as the shop shows it: 9, 9.0 and "9" are the same. Parts of pieces stay: no 8.5 is a 9."""
    found = number(shown)
    if found is None:
        return None
    return int(found) if found == found.to_integral_value() else float(found)


def _cannot_have_stock(body: Body) -> bool:
    """Its variations or its parts keep their own, or nothing is sent of it."""
    return body.get("virtual") is True or has_variations(body) or text(body, "type") in ("grouped", "external")


def _shares(level: StockLevel, product: Record) -> bool:
    """Whether a variation with a number of its own is sold from its product's one quantity."""
    return level.kept_by_parent and level.number not in ("", text(product, "sku"))


def _shared(level: StockLevel) -> StockLevel:
    return replace(level, shared_by_variations=level.managed)


# --- judging an answer ------------------------------------------------------------------------------------------------


def judged(change: StockChange, answer: Body) -> StockAnswer:
    """Judges one item of the answer: what became of the change."""
    error = section(answer, "error")
    if error:
        return StockAnswer(change.source_id, None, _item_error(change, error))
    shown = answer.get("stock_quantity")
    return StockAnswer(change.source_id, pieces(shown), _not_kept(change, answer.get("manage_stock"), shown))


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
    """The shop answers 200 even when the write changed nothing."""
    name = f"{change.source_id}"
    if manages == "parent":
        message = f"variation {name} uses the stock of its product, which one quantity per variation cannot be written to"
        return Problem("stock-kept-by-parent", "manage_stock", message, "let each variation keep its own stock in the shop")
    if manages is not True:
        return Problem("stock-not-managed", "manage_stock", f"the shop does not count the pieces of {name}", _MANAGE)
    if number(found) != change.quantity:
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
