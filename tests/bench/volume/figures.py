"""`make bench ARGS=volume`: a polled shop with 50,000 products and 20,000 orders.

Memory is compared with that for a tenth of it, in the same run. What is read of the tenth goes to the warehouse as well.
"""

from __future__ import annotations

from app.domain import Process
from tests.bench.figure import Figure, Options
from tests.bench.volume.reading import PROCESSES, Asked, Look, Reading, read
from tests.bench.volume.system import Best, Size
from tests.bench.volume.systems import SYSTEMS

SIZE = Size(products=50_000, orders=20_000)
MOST_GROWTH = 1.25
"""How much more memory the process may take at most for ten times as many records."""


def measure(options: Options) -> list[Figure]:
    return [figure for name in SYSTEMS for figure in _measured(name)]


def _measured(name: str) -> list[Figure]:
    page = SYSTEMS[name].page
    many, few = read([Asked(name, SIZE, False, page), Asked(name, SIZE.tenth, True, page)])
    best = SYSTEMS[name].best(SIZE, page)
    calls = [_first(process, many, best) for process in PROCESSES] + [_again(process, many, best) for process in PROCESSES]
    return [*calls, _memory(few, many), _second(many), _second(few)]


def is_best(look: Look, best: int) -> bool:
    """Each slice but the first may ask again for the page in which the one before it ended."""
    return look.calls <= best + look.slices - 1


def best_of(best: Best, process: Process) -> tuple[int, int]:
    """For the first reading, and when nothing has changed."""
    return (best.articles, best.articles_again) if process is Process.ARTICLES else (best.orders, best.orders_again)


def growth(few: Reading, many: Reading) -> float:
    return many.peak / few.peak


def _records(process: Process, size: Size) -> int:
    return size.products if process is Process.ARTICLES else size.orders


def _first(process: Process, found: Reading, best: Best) -> Figure:
    look, records = found.first[process], _records(process, found.asked.size)
    wanted, _ = best_of(best, process)
    name = f"{found.asked.system}: {records:,} {process.value} read for the first time: calls to the shop"
    is_all = found.kept.get(process) == records
    notes = (f"in {look.slices} slices; {found.kept.get(process, 0):,} records kept",)
    return _figure(name, f"{look.calls}", f"{wanted}, and at most one more a slice", is_best(look, wanted) and is_all, notes)


def _again(process: Process, found: Reading, best: Best) -> Figure:
    look = found.again[process]
    _, wanted = best_of(best, process)
    name = f"{found.asked.system}: {process.value} looked at again, nothing changed: calls to the shop"
    return _figure(name, f"{look.calls}", f"{wanted}", is_best(look, wanted))


def _memory(few: Reading, many: Reading) -> Figure:
    ratio = growth(few, many)
    size = many.asked.size
    name = f"{many.asked.system}: largest memory for {size.products:,} and {size.orders:,} against a tenth of them"
    before = f"{few.peak / 1e6:.0f} MB and {many.peak / 1e6:.0f} MB, of which {many.before / 1e6:.0f} MB before anything was read"
    return _figure(name, f"{ratio:.2f} times", f"at most {MOST_GROWTH:g} times", ratio <= MOST_GROWTH, (before,))


def _second(found: Reading) -> Figure:
    size, sent = found.asked.size, f"{found.sent:,} writes to the WMS before that" if found.asked.is_sent_on else "none sent on"
    name = f"{found.asked.system}: {size.products:,} and {size.orders:,} looked at again, then read again from the start: writes"
    return _figure(name, f"{found.written}", "0", found.written == 0, (sent,))


def _figure(name: str, found: str, wanted: str, reached: bool, notes: tuple[str, ...] = ()) -> Figure:
    return Figure("volume", name, found, wanted, reached, notes)
