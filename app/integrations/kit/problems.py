"""Completes a mapped record with what the warehouse would refuse of it, in the words of the system that it comes from.

The rules themselves are the warehouse's, one list for all systems (`app.warehouse.writes.problems`). An integration adds
what only it can see, and says what its own fields are called, so that people look in the right place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain import Article, Order, Problem
from app.integrations.protocol import ConnectionSettings
from app.warehouse.writes.one_text import in_parts
from app.warehouse.writes.problems import article_problems, customs_problems, leaves, order_problems

_LINE = re.compile(r"^lines\[(\d+)\]")
_LINE_NUMBER = re.compile(r"lines\[(\d+)\]\.article_number")


@dataclass(frozen=True)
class FieldNames:
    """What a system calls the fields of `Order` or `Article`. A field without a name keeps the one it has there.

    `lines[]` in a path stands for any line: `{"lines[].article_number": "line_items[].sku"}`. `rows` has the place of each line
    in the system's own list, where some of that list were left out.
    """

    paths: Mapping[str, str]
    rows: Sequence[int] = ()

    def of(self, path: str) -> str:
        line = _LINE.match(path)
        if line is None:
            return self.paths.get(path, path)
        index = int(line[1])
        row = self.rows[index] if self.rows else index
        general = _LINE.sub("lines[]", path)
        return self.paths.get(general, general).replace("[]", f"[{row}]")


def complete_order(
    order: Order, own: Sequence[Problem], settings: ConnectionSettings, names: FieldNames, noun: str = "shop"
) -> Order:
    """The order with all its problems. An article number that cannot be sent is taken out of its line.

    `own` is what only the integration can see. Its problem of a field counts instead of the warehouse's of the same field.
    `noun` is the integration's own. An address that came as one text is split first, where that is certain.
    """
    if settings.warehouse.split_addresses:
        order = _with_split_addresses(order)
    order, customs = _for_customs(order, settings, noun)
    found = (*order_problems(order, settings.warehouse, noun), *customs)
    wrong = {int(number[1]) for problem in found if (number := _LINE_NUMBER.fullmatch(problem.field))}
    lines = tuple(replace(line, article_number=None) if index in wrong else line for index, line in enumerate(order.lines))
    return replace(order, lines=lines, problems=_joined(found, own, names))


def _for_customs(order: Order, settings: ConnectionSettings, noun: str) -> tuple[Order, tuple[Problem, ...]]:
    """The order, marked when its articles are to be looked at for customs, and what its lines lack. What nobody carries goes
    nowhere."""
    home = settings.customs_home_countries
    if not (settings.customs_required and order.is_carried and leaves(order, home)):
        return order, ()
    found = customs_problems(order, home, noun, needs_vat=bool(settings.vat_codes))
    return replace(order, asks_for_customs=True), found


def _with_split_addresses(order: Order) -> Order:
    to, invoice = in_parts(order.consignee), in_parts(order.invoice_address) if order.invoice_address is not None else None
    if (to, invoice) == (order.consignee, order.invoice_address):
        return order
    note = "An address came as one text: it was split into street, post code and town"
    return replace(order, consignee=to, invoice_address=invoice, notes=(*order.notes, note))


def complete_article(
    article: Article, own: Sequence[Problem], settings: ConnectionSettings, names: FieldNames, noun: str = "shop", given: str = ""
) -> Article:
    """The same of an article: one whose number cannot be sent has none. People find it by the one that it was `given`.

    What it has in `problems` already is kept.
    """
    own = (*own, *article.problems)
    found = article_problems(replace(article, problems=()), settings.warehouse, noun)
    number = None if any(problem.field == "number" for problem in found) else article.number
    own_number = given.strip() if given.strip() != number else None
    return replace(article, number=number, own_number=own_number or None, problems=_joined(found, own, names))


def _joined(found: Iterable[Problem], own: Sequence[Problem], names: FieldNames) -> tuple[Problem, ...]:
    """In the warehouse's order, then what it knows nothing of; the same of the same field once."""
    by_field = {problem.field: problem for problem in own}
    named = (replace(problem, field=names.of(problem.field)) for problem in found)
    joined = [*(by_field.get(problem.field, problem) for problem in named), *own]
    once: dict[tuple[str, str], Problem] = {}
    for problem in joined:
        once.setdefault((problem.code, problem.field), problem)
    return tuple(once.values())
