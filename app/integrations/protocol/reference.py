"""What is written about a system: where its page of the docs is, what examples show, which of its words are secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HeaderExample:
    """A header of the system's webhooks, as it writes it."""

    name: str
    description: str
    example: str


@dataclass(frozen=True)
class WebhookExample:
    """One kind of webhook that the system sends. `name` is unique within the system, like `order`."""

    name: str
    summary: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Reference:
    """`docs` is the page about connecting it, within `docs/`."""

    docs: str
    credentials: Mapping[str, Any] = field(default_factory=dict)
    """An example of its credentials, as they are sent; without real secrets."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """An example of its settings."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """An example of what a connection test finds out about it."""
    webhook_headers: tuple[HeaderExample, ...] = ()
    webhooks: tuple[WebhookExample, ...] = ()
    whole_order: Mapping[str, Any] = field(default_factory=dict)
    """An order with all that the system can give, as its mapping reads it. Texts are the names of their own fields."""
    whole_article: Mapping[str, Any] = field(default_factory=dict)
    """The same of a product."""
    secret_names: frozenset[str] = frozenset()
    """Names under which its secrets may appear in logs, in addition to the names of the credentials."""
    php_messages: str = "switch display_errors off in the server's PHP settings: the messages belong in its log"
    """What to do where PHP's messages stand in its answers."""
