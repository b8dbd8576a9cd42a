"""What is written about a system: where its page of the docs is, what examples show, which of its words are secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reference:
    """`docs` is the page about connecting it, within `docs/`."""

    docs: str
    credentials: Mapping[str, Any] = field(default_factory=dict)
    """An example of its credentials, as they are sent; without real secrets."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """An example of its settings."""
    secret_names: frozenset[str] = frozenset()
    """Names under which its secrets may turn up in what is logged."""
