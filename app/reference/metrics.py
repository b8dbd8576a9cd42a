"""docs/metrics.md, made from what app/metrics.py declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram

from app import metrics

FILE = Path("docs/metrics.md")
"""Where the repository keeps it."""

HEAD = """# Metrics

Made from the code by `make openapi`; do not edit.

`/metrics` of the API (`GATEWAY_METRICS_PORT`, 9091) and of each worker (`GATEWAY_WORKER_METRICS_PORT`, 9092; 9091 in the
container image), in Prometheus's text format. The port asks for no key: let only Prometheus reach it.

What is counted from the database (jobs, oldest waiting, held, dead letters, waiting events, poll lag, open alerts) is shown by
one worker at a time, the one that sweeps. So ask for it with `max by (…)`, never with `sum` over processes. Counters are each
process's own: ask for them with `sum by (…)`.

`connection` is the connection's name, `lane` the goods owner's or the shop's. No metric holds the name, address or number of a
shop's customer.

| metric | kind | labels | what it is |
|---|---|---|---|
"""

TAIL = """
A histogram has the three names `…_bucket` (with the label `le`), `…_sum` and `…_count`. The process's own figures
(`process_…`, `python_…`) stand beside these.

`deploy/grafana/dashboards` has two dashboards and `deploy/prometheus/rules.yml` the alert rules that use them;
[deployment](deployment.md) starts both.
"""


@dataclass(frozen=True)
class Family:
    """One metric: its names as Prometheus has them, each with all labels that it can have."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str

    @property
    def names(self) -> dict[str, frozenset[str]]:
        own = frozenset(self.labels)
        if self.kind != "histogram":
            return {self.name: own}
        return {f"{self.name}_bucket": own | {"le"}, f"{self.name}_sum": own, f"{self.name}_count": own}


def families() -> Iterator[Family]:
    """Every metric, in the order of its declaration."""
    for each in vars(metrics).values():
        if isinstance(each, Counter | Gauge | Histogram):
            (described,) = each.describe()
            name = f"{described.name}_total" if described.type == "counter" else described.name
            yield Family(name, described.type, tuple(each._labelnames), described.documentation)


def document() -> str:
    """The whole page."""
    rows = (
        f"| `{each.name}` | {each.kind} | {', '.join(f'`{label}`' for label in each.labels) or '–'} | {each.text} |\n"
        for each in families()
    )
    return HEAD + "".join(rows) + TAIL
