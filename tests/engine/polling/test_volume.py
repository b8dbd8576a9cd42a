"""A polled shop of some size: as few calls as its contract allows, flat memory, and nothing is written twice.

`make bench ARGS=volume` has the same with 50,000 products and 20,000 orders.
"""

from __future__ import annotations

import pytest

from app.domain import Process
from tests.bench.volume.figures import MOST_GROWTH, best_of, growth, is_best
from tests.bench.volume.reading import PROCESSES, Asked, read
from tests.bench.volume.system import Best, Size
from tests.bench.volume.systems import SYSTEMS

SIZE, PAGE = Size(products=2000, orders=500), 100
"""The page that every shop gives. With larger ones a tenth of the shop would not fill one."""
BEST = {
    "24nettbutikk": Best(articles=21, orders=9, articles_again=1, orders_again=1),
    "24sevenoffice": Best(articles=33, orders=12, articles_again=2, orders_again=2),
}
"""By the contracts. 24Nettbutikk: pages that share a row with the one before; 250 customers on three. 24SevenOffice: a run
asks for its session first; 10 categories, a list of all ids, 20 batches; a list of ids, 5 batches with their companies."""


def test_every_system_says_how_few_calls_its_contract_comes_down_to() -> None:
    assert {name: system.best(SIZE, PAGE) for name, system in SYSTEMS.items()} == BEST


def test_the_best_of_a_large_shop() -> None:
    system = SYSTEMS["24nettbutikk"]
    best = system.best(Size(products=50_000, orders=20_000), system.page)
    assert best == Best(articles=51, orders=31, articles_again=1, orders_again=1)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SYSTEMS)
def test_2000_products_and_500_orders(name: str) -> None:
    """A tenth of it goes on to the warehouse."""
    many, few = read([Asked(name, SIZE, False, PAGE), Asked(name, SIZE.tenth, True, PAGE)])
    assert many.kept == {Process.ARTICLES: 2000, Process.ORDERS: 500}
    for process in PROCESSES:
        first, again = best_of(BEST[name], process)
        assert is_best(many.first[process], first), many.first
        assert is_best(many.again[process], again), many.again
        assert is_best(many.anew[process], first), many.anew
    assert (few.sent, few.written, many.written) == (250, 0, 0)
    assert growth(few, many) <= MOST_GROWTH
