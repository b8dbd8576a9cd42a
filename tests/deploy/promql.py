"""Which metrics and labels a PromQL expression asks for: enough of its grammar for our rules and dashboards."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

TOKEN = re.compile(r'"[^"]*"|[A-Za-z_:][A-Za-z0-9_:]*|\[[^\]]*\]|=~|!~|!=|==|>=|<=|[0-9.]+|\S')
FUNCTIONS = {"absent", "histogram_quantile", "increase", "max", "min", "rate", "sum"}
GROUPING = {"by", "without", "on", "ignoring"}
OPERATORS = {"and", "or", "unless", "bool"}


@dataclass
class Asked:
    """Labels that are grouped by belong to every metric of the expression."""

    metrics: dict[str, set[str]] = field(default_factory=dict)
    grouped: set[str] = field(default_factory=set)


def asked(expression: str) -> Asked:
    """Raises ValueError for a word that is no metric, no function and no operator that is known here."""
    found, tokens = Asked(), TOKEN.findall(expression)
    place = 0
    while place < len(tokens):
        token, following = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else ""
        if token in GROUPING:
            end = tokens.index(")", place)
            found.grouped |= {each for each in tokens[place + 2 : end] if each != ","}
            place = end
        elif re.match(r"[A-Za-z_:]", token) and following == "(":
            if token not in FUNCTIONS:
                raise ValueError(f"{token} is no function that is known here")
        elif re.match(r"[A-Za-z_:]", token) and token not in OPERATORS and token not in FUNCTIONS:
            labels = found.metrics.setdefault(token, set())
            if following == "{":
                end = tokens.index("}", place)
                inside = tokens[place + 2 : end]
                labels |= {each for each, then in itertools.pairwise(inside) if then in ("=", "=~", "!=", "!~")}
                place = end
        place += 1
    return found
