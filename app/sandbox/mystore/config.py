"""The settings of the simulated mystore: its shops and apps, and each thing about it that is assumed, with its A-number.

The A-numbers are those of the table of assumptions about mystore. A setting beside one says which of the possible answers this
simulator gives. Every setting can be changed while it runs (`Mystore.change`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from app.sandbox.kit.settings import Changeable

Clock = Callable[[], datetime]

READ_SCOPES = tuple(
    f"read:{name}"
    for name in (
        "products", "product-variants", "product-attributes", "product-options", "product-specials", "product-properties",
        "categories", "orders", "order-products", "order-product-attributes", "order-totals", "order-status",
        "order-status-history", "discounts", "currencies", "languages", "settings", "webhooks", "customers",
    )
)  # fmt: skip
WRITE_SCOPES = ("write:orders", "write:order-status-history", "write:products", "write:product-variants", "write:webhooks")
TOPICS = ("orders/create", "orders/update", "orders/delete", "products/create", "products/update", "products/delete")

Way = Literal["order", "history", "relationship", "complete", "panel"]
"""What may set a status: PATCH of the order, a history entry, PATCH of the relationship, `complete`, the shop's own page."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Status:
    """One status. `role`: orders begin in `standard`, `completed` captures payment, `cancelled` releases the goods."""

    id: int
    name: str
    role: Literal["standard", "completed", "cancelled"] | None = None


FACTORY_STATUSES = (
    Status(1, "Ikke behandlet", "standard"),
    Status(2, "Under behandling"),
    Status(3, "Sendt", "completed"),
    Status(4, "Kansellert", "cancelled"),
    Status(5, "Returnert"),
)


@dataclass(frozen=True)
class Client:
    """An app that mystore has registered. `redirect_uris` are compared character by character."""

    id: str
    secret: str
    redirect_uris: tuple[str, ...] = ()
    name: str = "Ongoing gateway"


@dataclass(frozen=True)
class User:
    """Somebody who administers a shop."""

    shop: str
    email: str
    password: str


@dataclass(frozen=True)
class PersonalToken:
    """A token that an administrator made. `hidden` names attributes of products and variants that it is not shown."""

    token: str
    scopes: tuple[str, ...] = ("*",)
    hidden: tuple[str, ...] = ()
    shop: str = "demo"


@dataclass(frozen=True)
class Method:
    """An installed way of delivery or payment."""

    name: str
    method: str


@dataclass
class MystoreConfig(Changeable):
    """How one simulated mystore behaves. Times are in seconds.

    `strict` refuses what the contract does not rule out but no client of ours should send: another content type than the
    resource's, no `User-Agent` or that of a library.
    """

    # Who there is
    shops: tuple[str, ...] = ("demo",)
    clients: tuple[Client, ...] = (Client("12", "client-secret"),)
    users: tuple[User, ...] = (User("demo", "kari@example.no", "hemmelig"),)
    personal_tokens: tuple[PersonalToken, ...] = ()
    strict: bool = True

    # What a shop is
    statuses: tuple[Status, ...] = FACTORY_STATUSES
    timezone: str = "Europe/Oslo"  # A6
    default_language: str = "no"
    currency: str = "NOK"
    shipping: tuple[Method, ...] = (Method("Servicepakke", "servicepakke"), Method("Hent i butikk", "pickup"))
    payment: tuple[Method, ...] = (Method("Postoppkrav", "cod"), Method("Faktura", "invoice"))
    first_ids: Mapping[str, int] = field(default_factory=lambda: {"orders": 10001})
    sample_orders: int = 0
    sample_mark: str = ""
    """It stands behind the numbers (`sku`) of the samples."""

    # Authorization (A1, A2, A3)
    scopes: tuple[str, ...] = READ_SCOPES + WRITE_SCOPES
    write_right: str = "write:{resource}"
    code_seconds: float = 60
    token_seconds: float = 3600
    refresh_seconds: float = 30 * 86400
    answer_members: tuple[str, ...] = ("token_type", "expires_in", "scope")
    token_claims: tuple[str, ...] = ("exp", "scopes", "no_mystore_hosts")
    refresh_revokes: bool = True
    auth_errors: Literal["message", "errors"] = "message"
    refresh_refusal: tuple[str, int] = ("invalid_grant", 400)  # older servers: invalid_request, 401
    expired_status: Literal[401, 403] = 403
    hidden: tuple[str, ...] = ()

    # Calls
    calls_per_minute: int | None = 120
    limit_window: Literal["sliding", "fixed"] = "sliding"
    retry_after: bool = True
    default_page_size: int = 50  # A4
    max_page_size: int = 100
    page_links: Literal["encoded", "plain", "none"] = "encoded"
    past_end: Literal["not-found", "empty"] = "not-found"
    operators: Mapping[str, str] = field(  # A5: each spelling that is understood, and what it means
        default_factory=lambda: {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<", "eq": "="}
    )
    unknown_operator: Literal["equals", "refused"] = "equals"
    batch_answer: Literal["results", "documents", "wrapped", "nothing"] = "results"  # A17
    batch_limit: int = 100

    # Records
    extra_attributes: tuple[
        str, ...
    ] = ()  # A8, A9, A10: "orders.reference", "products.weight_unit", "product-variants.updated_at"
    variant_relationship: str | None = "product-variant"  # A11
    status_name: Literal["text", "languages"] = "text"  # A14
    variant_meta: Literal["all", "top", "none"] = "all"
    entities: bool = True
    variant_touches_product: bool = True

    # Writing
    status_takes: tuple[Way, ...] = ("order", "history", "relationship", "complete", "panel")  # A13
    status_refused: tuple[Way, ...] = ()
    captures: tuple[Way, ...] = ("order", "history", "relationship", "complete", "panel")  # A13
    tracking: Literal["takes", "ignores", "refuses"] = "takes"  # A15
    tracking_length: int = 255
    stock_app: Literal["off", "ignores", "reserves"] = "off"  # A22

    # Webhooks
    webhook_creation: Literal["takes", "refuses"] = "takes"  # A18
    webhook_attributes: tuple[str, str] = ("topic", "url")  # A18
    webhook_topics: tuple[str, ...] = TOPICS
    webhook_key: Literal["answer", "client"] = "answer"  # A19
    webhook_encoding: Literal["base64", "hex"] = "base64"  # A23
    webhook_delete_body: Literal["id", "whole"] = "id"  # A20
    webhook_timeout: float = 10
    queue_seconds: float = 0.2
