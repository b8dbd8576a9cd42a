"""What a mystore connection can set. Every assumption about mystore's API is a setting, with its number in the description.

The numbers are those of the list of assumptions in docs/connecting-mystore.md.
"""

from __future__ import annotations

from typing import ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from app.given import Flag
from app.integrations.protocol import ConnectionSettings, ProcessSettings, ShipmentSettings, fillable
from app.integrations.protocol.settings import LONGEST_HOURS

Means = Literal["delivered", "cancelled", "returned", "import"]
"""What a status of the shop can mean to the gateway."""
Written = Literal["order", "history", "relationship"]
"""Ways of writing an order's status."""

SCOPES = (
    "read:products read:product-variants read:product-attributes read:product-options read:product-specials "
    "read:product-properties read:categories read:orders read:order-products read:order-product-attributes read:order-status "
    "read:order-status-history read:order-totals read:discounts read:currencies read:languages read:settings read:webhooks "
    "write:orders write:order-status-history write:products write:product-variants write:webhooks"
)
"""The rights that are asked for. Every one of them must be granted."""

WEBHOOK_TOPICS = [f"{resource}/{event}" for resource in ("orders", "products") for event in ("create", "update", "delete")]


class MystoreProcesses(ProcessSettings):
    """Requirement: processes. Stock is off, as in Ongoing's own connector."""

    stock: Flag = Field(False, description="(A22) Sellable quantities from the WMS to the shop (the WMS is master).")


class MystoreShipments(ShipmentSettings):
    """Requirement: mystore, shipments."""

    short_note_text: str = Field(
        "Delvis sendt: {quantities}",
        min_length=1,
        description="(A16) Text of the comment about a part that was sent, with {order}, {lines} and {quantities}.",
    )
    note_parts: Flag = Field(
        True, description="(A16) Write that comment for every part that was sent while a rest is to come. The status stays."
    )
    comment_text: str = Field(
        "Sendt fra lager. Sporing: {tracking}",
        min_length=1,
        description="Text of the comment in the order's history that gives tracking, with {order} and {tracking}.",
    )
    comment_to_customer_attribute: str = Field(
        "",
        description="Attribute of a history comment that has the shop send it to the customer. Empty: the shop decides.",
    )

    @field_validator("comment_text")
    @classmethod
    def _comment_text(cls, value: str) -> str:
        return fillable(value, "order", "tracking")


class MystoreSettings(ConnectionSettings):
    """A mystore connection. Defaults: requirement, mystore; the numbers (A1 …) are those of the list of assumptions."""

    filters: ClassVar[frozenset[str]] = frozenset(
        (
            "status_ids",
            "import_status_names",
            "delivered_status_names",
            "cancelled_status_names",
            "returned_status_names",
            "inactive_articles",
        )
    )

    processes: MystoreProcesses = Field(default_factory=lambda: MystoreProcesses())
    shipments: MystoreShipments = Field(default_factory=lambda: MystoreShipments())
    default_country: str | None = Field(
        "NO", pattern="^[A-Z]{2}$", description="(A24) Country (ISO 3166-1 alpha-2) for addresses without one."
    )

    # access
    use_pkce: Flag = Field(False, description="(A1) Use PKCE in the consent flow. `state` is always sent and checked.")
    refresh_early_seconds: float = Field(
        60, ge=0, le=604_800, description="(A2) How long before it expires a token is renewed, in seconds."
    )
    scopes: str = Field(SCOPES, min_length=1, description="(A3) The rights that are asked for, separated by blanks.")
    calls_per_minute: int = Field(
        120, ge=1, le=6000, description="Calls that the shop allows a minute for one token, for all processes of the gateway."
    )

    # lists
    page_size: int = Field(50, ge=1, le=1000, description="(A4) Records per page of a list.")
    filter_op_gte: str = Field(
        "gte",
        min_length=1,
        max_length=20,
        description="(A5) Operator that means at or after. Where the shop does not know it, `filter_op_fallbacks` are tried.",
    )
    filter_op_fallbacks: list[str] = Field(
        default_factory=lambda: [">"],
        description="(A5) Operators that are tried next. When the shop understands none, everything is listed and compared here.",
    )
    timezone: str = Field("Europe/Oslo", description="(A6) Time zone (IANA name) of the shop's times, which name none.")
    overlap_minutes: float = Field(
        10, ge=0, le=24 * 60, description="(A6) How far a poll looks back before the newest record it has seen, in minutes."
    )
    sort: str = Field(
        "", description="(A7) JSON:API `sort` that is sent with lists of changed records. Empty: none, and they are sorted here."
    )
    remember_hours: float = Field(
        24, ge=0.01, le=LONGEST_HOURS, description="How long the shop's options and option values are kept in memory, in hours."
    )

    # articles
    language: str | None = Field(
        None, description="Language of names, like no. Default: the shop's own (`default_language` of its settings)."
    )
    weight_unit: Literal["kg", "g"] = Field(
        "kg", description="(A8) The shop's unit of weight. A product that names its unit is read in that one."
    )
    country_of_origin_attribute: str | None = Field(
        "country_of_origin",
        min_length=1,
        max_length=100,
        description="The product's attribute that names its country of origin, as ISO code or English name. Null: it is not "
        "sent. What is no country is not sent either.",
    )
    variant_sweep_hours: float = Field(
        24,
        ge=0.01,
        le=LONGEST_HOURS,
        description="(A9) How often all variants are read, in hours: a variant's own change may not show on its product.",
    )
    inactive_articles: Flag = Field(
        False, description="Transfer inactive products and disabled variants too. Off: they become no new articles."
    )
    article_number_fallback: str | None = Field(
        None,
        pattern=r"^[^{}]*\{id\}[^{}]*$",
        description="Article number for products and variants without a SKU. {id} stands for their id, like MS-{id}. Without "
        "this setting such records are skipped with the reason.",
    )

    # orders
    reference_attribute: str = Field(
        "reference", description="(A10) Attribute of an order that holds its reference. Where it is missing: the order's id."
    )
    total_attribute: str = Field(
        "total_price", description="(A10) Attribute of an order that holds its total. Where it is missing: the total's row."
    )
    total_class: str = Field("ot_total", description="(A10) Class of the row of order-totals that holds the total.")
    variant_relationships: list[str] = Field(
        default_factory=lambda: ["product-variant", "product-variants", "variant"],
        min_length=1,
        description="(A11) Names of the relationship from an order line to its variant, in order of preference.",
    )
    prices_include_vat: Flag = Field(False, description="(A12) The prices of order lines hold VAT, which is then taken off.")
    final_price_per: Literal["unit", "line"] = Field(
        "unit", description="(A12) Whether `final_price` of a line is per piece or for the whole line."
    )
    customer_line_price: Literal["final_price", "line_total"] = Field(
        "final_price",
        description="What is sent as the customer's line price: `final_price` as it is, or the total of the whole line.",
    )
    country_names: dict[str, str] = Field(
        default_factory=dict, description="(A24) Further names of countries: name → ISO 3166-1 alpha-2 code."
    )
    pick_up_methods: list[str] = Field(
        default_factory=list, description="Shipping methods of orders that are picked up, as the shop's orders have them."
    )

    # statuses
    status_name_attribute: str = Field("name", description="(A14) Attribute of a status that holds its name.")
    import_status_names: list[str] = Field(
        default_factory=list,
        description="(A14) Names of the statuses whose orders are sent to the warehouse. Empty: all but completed, cancelled and "
        "returned ones.",
    )
    delivered_status_names: list[str] = Field(
        default_factory=lambda: ["sendt", "levert", "sent", "delivered"],
        description="(A14) Names of the status of a sent order, in order of preference. The first that the shop has is written.",
    )
    cancelled_status_names: list[str] = Field(
        default_factory=lambda: ["kansellert", "avbestilt", "cancelled", "canceled"],
        description="(A14) Names of statuses that cancel the order in the warehouse.",
    )
    returned_status_names: list[str] = Field(
        default_factory=lambda: ["returnert", "returned"],
        description="(A14) Names of statuses of returned orders. They are never taken for delivered.",
    )
    status_ids: dict[Means, list[str]] = Field(
        default_factory=dict,
        description="(A14) The shop's status ids by what they mean: delivered (the first is written), cancelled, returned, "
        "import. They win over names.",
    )

    # what the shop is told
    status_write: list[Written] = Field(
        default_factory=lambda: list[Written](("order", "history")),
        min_length=1,
        description="(A13) Ways of writing a status: order (PATCH of the order), history (an entry there), relationship. The "
        "next is taken when the order, read again, does not have the status.",
    )
    status_fallback: Literal["relationship"] | None = Field("relationship", description="(A13) The way that is tried last.")
    use_complete_endpoint: Flag = Field(
        False, description="(A13) Complete a sent order with PATCH /orders/{id}/complete, which may capture its payment."
    )
    tracking_attribute: str = Field(
        "tracking_number", min_length=1, description="(A15) Attribute of an order that holds its tracking numbers."
    )
    tracking_separator: str = Field(", ", min_length=1, description="(A15) What stands between several tracking numbers.")
    tracking_fallback: Literal["comment"] | None = Field(
        "comment", description="(A15) Where the number goes when the shop refuses the attribute: into the comment, or nowhere."
    )
    line_delivered_attribute: str | None = Field(
        None,
        pattern="^[a-z_]+$",
        description="(A16) Attribute of an order line that takes its delivered quantity. Default: none is written.",
    )

    # stock
    stock_attribute: str = Field("quantity", min_length=1, description="(A22) Attribute that quantities are written to.")
    accept_stock_app: Flag = Field(
        False, description="(A22) Go on writing quantities though the shop shows others afterwards, as with its stock app."
    )
    stock_batch_size: int = Field(25, ge=1, le=500, description="(A17) Quantities per batch.")
    stock_batch: Literal["non-atomic-batch", "single"] = Field(
        "non-atomic-batch", description="(A17) Write quantities in batches, or each with a call of its own."
    )

    # webhooks
    webhook_topics: list[str] = Field(
        default_factory=lambda: list(WEBHOOK_TOPICS), description="Topics of the webhooks that the gateway registers."
    )
    webhook_url_attribute: str = Field("url", min_length=1, description="(A18) Attribute of a webhook that holds its address.")
    webhook_topic_attribute: str = Field("topic", min_length=1, description="(A18) Attribute of a webhook that holds its topic.")
    webhook_secret_source: Literal["auto", "connection", "client"] = Field(
        "auto",
        description="(A19) What webhooks are signed with: connection (`webhook_secret`), client (the secret of the deployment's "
        "OAuth client), or auto (either is taken; a secret that the shop gives when a webhook is made wins).",
    )
    hmac_encoding: Literal["base64", "hex"] = Field("base64", description="(A23) How the signature of a webhook is written.")

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is no time zone; give an IANA name like Europe/Oslo") from error
        return value

    @field_validator("line_delivered_attribute")
    @classmethod
    def _no_sold_quantity(cls, value: str | None) -> str | None:
        """Writing `quantity` of a line changes what was bought. Raises ValueError."""
        if value in ("quantity", "price", "final_price", "original_price", "sku"):
            raise ValueError(f"{value} is what was bought: name an attribute for what was delivered")
        return value

    @field_validator("country_names")
    @classmethod
    def _codes(cls, value: dict[str, str]) -> dict[str, str]:
        wrong = [code for code in value.values() if len(code) != 2 or not code.isascii() or not code.isupper()]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no country code: give two capital letters, like NO")
        return value

    @field_validator("webhook_topics")
    @classmethod
    def _topics(cls, value: list[str]) -> list[str]:
        unknown = [each for each in value if each not in WEBHOOK_TOPICS]
        if unknown:
            raise ValueError(f"nothing is done with {', '.join(unknown)}; take topics of {', '.join(WEBHOOK_TOPICS)}")
        return value

    @field_validator("status_ids", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        """One id may be given without a list, and as a number."""
        if not isinstance(value, dict):
            return value
        lists = {key: each if isinstance(each, list) else [each] for key, each in value.items() if each not in (None, "")}
        return {key: [str(one) if isinstance(one, int) else one for one in each] for key, each in lists.items()}


def own_settings(given: ConnectionSettings) -> MystoreSettings:
    """The settings of a mystore connection, as what they are. Raises TypeError for another system's."""
    if not isinstance(given, MystoreSettings):
        raise TypeError(f"settings of another integration: {type(given).__name__}")
    return given
