"""The articles and orders of the simulated warehouse, and how the REST API changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

from app.sandbox.kit.fields import Record
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.bodies.articles import ArticleBody
from app.sandbox.ongoing.bodies.orders import Consignee, LineBody, OrderBody
from app.sandbox.ongoing.bodies.values import CodeName
from app.sandbox.ongoing.config import CANCELLED, WarehouseConfig
from app.sandbox.ongoing.model import fulfilment, rules, webhook_payloads
from app.sandbox.ongoing.model.kits import parts_of
from app.sandbox.ongoing.model.records import Article, Order, OrderLine, book
from app.sandbox.ongoing.model.webhook_outbox import WebhookOutbox
from app.sandbox.ongoing.model.write_lock import WriteLock

Clock = Callable[[], datetime]
B = TypeVar("B", bound=Record)
T = TypeVar("T")


def utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """Everything the warehouse knows of articles and orders. `orders` and `articles` are keyed by (goods owner id, number).

    What stands behind the REST API raises `assumed.Refused`.
    """

    def __init__(self, config: WarehouseConfig, clock: Clock = utc_now) -> None:
        self.config = config
        self.clock = clock
        self.write_lock = WriteLock()
        self.articles: dict[tuple[int, str], Article] = {}
        self.orders: dict[tuple[int, str], Order] = {}
        self.articles_by_id: dict[int, Article] = {}
        self.orders_by_id: dict[int, Order] = {}
        # Code lists that calls add to: (goods owner id, code or name) to its id and text.
        self.ways_of_delivery: dict[tuple[int, str], tuple[int, CodeName]] = {}
        self.order_types: dict[tuple[int, str], CodeName] = {}
        self.classes: dict[tuple[int, str], int] = {}
        self._consignees: dict[tuple[int, tuple[str | None, ...]], int] = {}
        self._suppliers: set[tuple[int, str]] = set()
        self._article_ids = count(config.first_article_id)
        self._order_ids = count(config.first_order_id)
        self._line_ids = count(config.first_order_line_id)
        self._consignee_ids = count(config.first_consignee_id)
        self._ids = count(1)
        self._namesakes: dict[tuple[int, str], list[Order]] = {}
        self.webhook_outbox = WebhookOutbox(config, clock)

    def next_id(self) -> int:
        """For whatever has no numbers of its own."""
        return next(self._ids)

    @property
    def concurrency(self) -> dict[int, int]:
        """Per goods owner, the most writes that were ever waiting or running at the same time."""
        return self.write_lock.most

    # ---- articles

    def put_article(self, body: ArticleBody) -> tuple[Article, str]:
        """Create or update by number. Answers the article and the message."""
        rules.check_article(body, self.config)
        article = self.articles.get((body.goods_owner_id, body.article_number))
        if article is not None:
            return article, self._write_article(article, body)
        article = self._new_article(body)
        return article, assumed.written("article", article.number, True, self._note_article(body))

    def put_article_by_id(self, article: Article, body: ArticleBody) -> str:
        """Update by the warehouse's own number; another article number renames it."""
        rules.check_article(body, self.config)
        if body.goods_owner_id != article.goods_owner_id:
            raise assumed.other_goods_owner("article", article.id, body.goods_owner_id)
        key = (body.goods_owner_id, body.article_number)
        if self.articles.get(key, article) is not article:
            raise assumed.number_taken("article", body.article_number)
        del self.articles[article.goods_owner_id, article.number]
        self.articles[key] = article
        return self._write_article(article, body)

    def _write_article(self, article: Article, body: ArticleBody) -> str:
        article.body = self._merged(article.body, body)
        article.updated = self.clock()
        self._add_article_webhook(article)
        return assumed.written("article", article.number, False, self._note_article(body))

    def _new_article(self, body: ArticleBody) -> Article:
        article = Article(next(self._article_ids), body, self.clock())
        self.articles[body.goods_owner_id, body.article_number] = article
        self.articles_by_id[article.id] = article
        self._add_article_webhook(article)
        return article

    def _add_article_webhook(self, article: Article) -> None:
        self.webhook_outbox.add("article", article.goods_owner_id, webhook_payloads.article_payload(article))

    def _note_article(self, body: ArticleBody) -> list[str]:
        """The records that an article brings with it; the answer's message mentions a new supplier."""
        info = body.article_classes_info
        for entry in (info.classes if info else None) or []:
            self.classes.setdefault((body.goods_owner_id, entry.code), next(self._ids))
        number = body.supplier_info.supplier_number if body.supplier_info else None
        if number is None or (body.goods_owner_id, number) in self._suppliers:
            return []
        self._suppliers.add((body.goods_owner_id, number))
        return [f"Supplier {number} was created."]

    # ---- orders

    def put_order(self, body: OrderBody) -> tuple[Order, bool, str]:
        """Create or update by number. Answers the order, whether it is new, and the message."""
        order = self.orders.get((body.goods_owner_id, body.order_number))
        if order is not None:
            return order, False, self._write_order(order, body)
        self._check_order(body)
        now = self.clock()
        consignee_id, notes = self._consignee(body.goods_owner_id, body.consignee)
        order = Order(next(self._order_ids), body, consignee_id, self.config.start_status, now, now, now)
        order.lines = self._lines(order, body.order_lines or [])
        self._list_order(order)
        self.orders_by_id[order.id] = order
        self._note_codes(body)
        book(order, 1, now)
        self.add_order_webhook(order)
        return order, True, assumed.written("order", order.number, True, notes)

    def orders_numbered(self, goods_owner_id: int, number: str) -> list[Order]:
        """Several only where one was renamed to a number that was not free."""
        key = (goods_owner_id, number)
        return [self.orders[key], *self._namesakes.get(key, [])] if key in self.orders else []

    def rename_order(self, order: Order, number: str) -> None:
        """Without a look at whether the number is free."""
        key = (order.goods_owner_id, order.number)
        rest = [one for one in self.orders_numbered(*key) if one is not order]
        self.orders.pop(key, None)
        self._namesakes.pop(key, None)
        order.body = order.body.model_copy(update={"order_number": number})
        for one in [*rest, order]:
            self._list_order(one)

    def _list_order(self, order: Order) -> None:
        key = (order.goods_owner_id, order.number)
        if self.orders.setdefault(key, order) is not order:
            self._namesakes.setdefault(key, []).append(order)

    def put_order_by_id(self, order: Order, body: OrderBody) -> str:
        """Update by the warehouse's own number; another order number renames it."""
        if body.goods_owner_id != order.goods_owner_id:
            raise assumed.other_goods_owner("order", order.id, body.goods_owner_id)
        if self.orders.get((body.goods_owner_id, body.order_number), order) is not order:
            raise assumed.number_taken("order", body.order_number)
        old_number = order.number
        message = self._write_order(order, body)
        order.body = order.body.model_copy(update={"order_number": old_number})
        self.rename_order(order, body.order_number)
        return message

    def _write_order(self, order: Order, body: OrderBody) -> str:
        if order.cancelled:
            raise assumed.order_cancelled(order.number)
        rules.check_changeable(order, self.config)
        self._check_order(body)
        with self.changing(order):
            order.body = self._merged(order.body, body)
            order.consignee_id, notes = self._consignee(body.goods_owner_id, body.consignee)
            order.lines = self._lines(order, body.order_lines or [])
        self._note_codes(body)
        return assumed.written("order", order.number, False, notes)

    def cancel_order(self, order: Order) -> str:
        if order.cancelled:
            raise assumed.already_cancelled(order.number)
        rules.check_changeable(order, self.config)
        with self.changing(order):
            fulfilment.move(order, CANCELLED, self.clock(), self.next_id)
        return assumed.cancelled(order.number)

    def patch_order_status(self, order: Order, status: int) -> None:
        """The number alone; nothing is allocated or picked by it."""
        if status not in dict(self.config.statuses):
            raise assumed.unknown_status(status)
        if order.cancelled:
            raise assumed.order_cancelled(order.number)
        if status == CANCELLED:
            self.cancel_order(order)
            return
        if status >= fulfilment.PICKED and fulfilment.allocated_but_not_picked(order):
            raise assumed.allocated_not_picked(order.number)
        with self.changing(order):
            fulfilment.set_status(order, status, self.clock())

    def _check_order(self, body: OrderBody) -> None:
        rules.check_order(body, self.config)
        if self.config.unknown_articles == "create":
            return
        for index, line in enumerate(body.order_lines or []):
            if (body.goods_owner_id, line.article_number) not in self.articles:
                raise assumed.unknown_article(f"orderLines[{index}].articleNumber", line.article_number)

    def _lines(self, order: Order, bodies: list[LineBody]) -> list[OrderLine]:
        """The order's lines after a write: a row that was there keeps its id; what was left out goes, or stays by the setting."""
        present = {line.row_number: line for line in order.lines}
        wanted = {body.row_number for body in bodies}
        kept = [] if self.config.put_clears_missing else [line for line in order.lines if line.row_number not in wanted]
        return kept + [self._line(order.goods_owner_id, body, present.get(body.row_number)) for body in bodies]

    def _line(self, goods_owner_id: int, body: LineBody, present: OrderLine | None) -> OrderLine:
        article = self.articles.get((goods_owner_id, body.article_number)) or self._unknown_article(goods_owner_id, body)
        line_id = present.id if present else next(self._line_ids)
        return OrderLine(line_id, body, article, parts=parts_of(article, self.articles))

    def _unknown_article(self, goods_owner_id: int, line: LineBody) -> Article:
        """A fresh article with an empty name, as the vendor's samples show it after an order with an unknown number."""
        fields = {"goodsOwnerId": goods_owner_id, "articleNumber": line.article_number, "articleName": ""}
        return self._new_article(ArticleBody.model_validate(fields))

    def _consignee(self, goods_owner_id: int, consignee: Consignee) -> tuple[int, list[str]]:
        """The customer by its number, otherwise by its full name and address; made when unknown, which the message mentions."""
        number = consignee.customer_number
        identity: tuple[str | None, ...] = (number,)
        if number is None:
            identity = (
                consignee.name,
                consignee.address1,
                consignee.address2,
                consignee.post_code,
                consignee.city,
                consignee.country_code,
            )
        key = (goods_owner_id, identity)
        if key in self._consignees:
            return self._consignees[key], []
        self._consignees[key] = next(self._consignee_ids)
        return self._consignees[key], [f"Customer {number or consignee.name} was created."]

    def _note_codes(self, body: OrderBody) -> None:
        """Ways of delivery and order types are found by code, or created by the call."""
        owner, way, kind = body.goods_owner_id, body.way_of_delivery, body.order_type
        if way is not None and (key := way.code or way.name):
            self.ways_of_delivery.setdefault((owner, key), (next(self._ids), way))
        if kind is not None and (key := kind.code or kind.name):
            self.order_types.setdefault((owner, key), kind)
        for entry in body.classes or []:
            self.classes.setdefault((owner, entry.code or entry.name or ""), next(self._ids))

    def _merged(self, old: B, new: B) -> B:
        if self.config.put_clears_missing:
            return new
        return old.model_copy(update={name: getattr(new, name) for name in new.model_fields_set})

    @contextmanager
    def changing(self, order: Order) -> Iterator[None]:
        """Takes the order out of its articles' stock, lets it be changed, puts it in again and tells of what has changed."""
        now, status, before = self.clock(), order.status, _counts(order)
        book(order, -1, now)
        try:
            yield
        finally:
            order.updated = now
            book(order, 1, now)
        picked = self._add_handling_webhooks(order, before)
        if order.status != status or (picked and order.status >= fulfilment.PICKED):
            self.add_order_webhook(order)

    def add_order_webhook(self, order: Order) -> None:
        payload = webhook_payloads.order_payload(order)
        self.webhook_outbox.add("order", order.goods_owner_id, payload, status=order.status)

    def _add_handling_webhooks(self, order: Order, before: Mapping[int, tuple[float, float]]) -> bool:
        """Tells of goods that were picked or came back, line by line; answers whether any were picked."""
        any_picked = False
        for line in order.lines:
            picked, returned = before.get(line.id, (0.0, 0.0))
            for action, quantity in (("picked", line.picked - picked), ("returned", line.returned - returned)):
                if quantity > 0:
                    cause = next((item.return_cause for item in reversed(line.picked_items) if item.returned), None)
                    payload = webhook_payloads.handling_payload(
                        line.article, action, quantity, cause if action == "returned" else None
                    )
                    self.webhook_outbox.add("picking-packing-and-returns", order.goods_owner_id, payload)
            any_picked = any_picked or line.picked > picked
        return any_picked

    @staticmethod
    def the_one(records: Mapping[tuple[int, str], T], number: str, goods_owner_id: int | None) -> T:
        """The record with this number; raises LookupError when there is none, or several have it and no goods owner is named."""
        if goods_owner_id is not None:
            return records[goods_owner_id, number]
        found = [record for (_, other), record in records.items() if other == number]
        if len(found) != 1:
            raise LookupError(f"{len(found)} records have the number {number}")
        return found[0]


def _counts(order: Order) -> dict[int, tuple[float, float]]:
    """Per line, how much was picked and how much came back."""
    return {line.id: (line.picked, line.returned) for line in order.lines}
