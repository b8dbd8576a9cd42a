"""What a WooCommerce connection can set. Everything that is only assumed about a shop is a setting here."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field, SecretStr, field_validator

from app.domain.shipment import CountsAsShipped
from app.given import Flag, Given
from app.integrations.protocol import ConnectionSettings, ShipmentSettings, fillable
from app.integrations.protocol.carriers import PickUpPoints
from app.integrations.protocol.credentials import ShownByItsEnd
from app.outgoing.addresses import plain_address


class SignatureMethod(StrEnum):
    """The hash of OAuth 1.0a; PLAINTEXT is refused by shops (observed on WooCommerce 11.0.1)."""

    HMAC_SHA256 = "HMAC-SHA256"
    HMAC_SHA1 = "HMAC-SHA1"


class VirtualProducts(StrEnum):
    """What virtual products become in the WMS."""

    STOCK = "stock"
    NON_STOCK = "non-stock"


class Bundles(StrEnum):
    """How an order's bundles are sent."""

    AS_SOLD = "as-sold"
    ONE_LINE = "one-line"
    PARTS = "parts"


class VariableParents(StrEnum):
    """What the parent of variations becomes in the WMS."""

    ARTICLE = "article"
    SKIP = "skip"


class TrackingVia(StrEnum):
    """Where the shop keeps tracking numbers."""

    ADVANCED_SHIPMENT_TRACKING = "advanced-shipment-tracking"
    """Advanced Shipment Tracking (zorem)."""
    SHIPMENT_TRACKING = "shipment-tracking"
    """Shipment Tracking (WooCommerce's own)."""
    NOTE = "note"
    """A note on the order."""


PICK_UP_POINT_KEYS = (
    "pickup_point_id",  # Bring Fraktguiden (Posten and Bring), on the shipping line
    "_fraktguiden_pickup_point_id",  # its versions before 1.9
    "krokedil_selected_pickup_point",  # Klarna's and Qliro's checkouts, Logistra Cargonizer, Webshipper: any carrier
    "krokedil_selected_pickup_point_id",
    "_postnord_servicepoint",  # WooCommerce PostNord Shipping
    "ss_shipping_order_agent_no",  # Smart Send: PostNord, Bring
    "_ss_shipping_order_agent",
    "shipmondo_pickup_point",  # Shipmondo (Pakkelabels)
    "_hcnsg_nearby",  # Helthjem: name and address only, as HTML
    "_kco_kss_data",  # Klarna Shipping Service
)
"""Where carriers' plugins keep the pick-up point (their public source, read in 2026)."""


class Login(StrEnum):
    """How the keys are given."""

    AUTO = "auto"
    """Basic over https, OAuth 1.0a over http."""
    BASIC = "basic"
    OAUTH = "oauth"
    """Also over https: for a shop behind a proxy that does not know it is reached over https."""
    QUERY = "query"
    """In the address, over https: for a web server that keeps the Authorization header from the shop."""


class ListBy(StrEnum):
    """How a poll finds what changed."""

    AUTO = "auto"
    """As the connection test found out."""
    MODIFIED = "modified"
    """The shop filters by the time of modification (WooCommerce 5.8 and later, and the legacy API)."""
    ALL = "all"
    """Recent orders and all products are listed, and what has not changed is dropped here."""


RestName = Literal["wc/v3", "wc/v2", "wc/v1", "wc-api/v3", "wc-api/v2"]
Notify = Flag | Literal["not-sent"]

WEBHOOK_TOPICS = [
    f"{resource}.{event}" for resource in ("order", "product") for event in ("created", "updated", "deleted", "restored")
]


class WooCommerceShipments(ShipmentSettings):
    """Requirement: WooCommerce, shipments."""

    complete_when: CountsAsShipped = Field(
        CountsAsShipped.TRACKING,
        description="When a shipment counts as made, and the order is set to completed: the shipment was booked, the order was "
        "marked sent in the WMS, a tracking number has been received, or the carrier has collected.",
    )
    completed_status: str = Field("completed", min_length=1, description="Status that a shipped order gets.")
    tracking_via: TrackingVia | Literal["auto"] = Field(
        "auto",
        description=(
            "How the shop is told of tracking: advanced-shipment-tracking, shipment-tracking, note, or auto (what the "
            "test found)."
        ),
    )
    provider: str = Field(
        "",
        description="Carrier's name in the shop's tracking plugin, for shipments whose carrier the WMS does not name.",
    )
    providers: dict[str, str] = Field(
        default_factory=dict, description="The WMS's name of a carrier → the name in the shop's tracking plugin."
    )
    note_text: str = Field(
        "Ordre {order} er sendt. Sporing: {tracking}",
        min_length=1,
        description="Text of a note that gives tracking, with {order} and {tracking}.",
    )
    part_note_text: str = Field(
        "Del av ordre {order} er sendt. Sporing: {tracking}",
        min_length=1,
        description="The same while a rest is to come.",
    )
    tracking_meta_key: str = Field(
        "",
        max_length=255,
        description=(
            "Meta key of the order into which the first tracking number goes as well, for plugins that read it there, like "
            "ongoing_tracking_number. Empty: none. wc/v1 has no meta data of orders; the legacy API takes no key that begins "
            "with _."
        ),
    )

    @field_validator("tracking_meta_key")
    @classmethod
    def _tracking_meta_key(cls, value: str) -> str:
        return value.strip()

    @field_validator("note_text", "part_note_text")
    @classmethod
    def _note_text(cls, value: str) -> str:
        return fillable(value, "order", "tracking")


class WooCommerceSettings(ConnectionSettings):
    """A WooCommerce connection. Defaults: requirement, WooCommerce."""

    # what is transferred
    filters: ClassVar[frozenset[str]] = frozenset(("virtual_products", "leave_out_non_stock_lines", "variable_parents"))

    order_statuses: list[str] = Field(
        default_factory=lambda: ["processing"], min_length=1, description="Order statuses that are sent to the warehouse."
    )
    cancelled_statuses: list[str] = Field(
        default_factory=lambda: ["cancelled", "refunded", "failed", "trash"],
        description="Order statuses that cancel the order in the warehouse, if it has not started. `refunded`: refunded in full.",
    )
    article_statuses: list[str] = Field(
        default_factory=lambda: ["publish"], min_length=1, description="Product statuses that become articles."
    )
    virtual_products: VirtualProducts = Field(
        VirtualProducts.STOCK, description="Whether virtual products become stock articles or non-stock articles."
    )
    leave_out_non_stock_lines: Flag = Field(
        False,
        description=(
            "Leave out order lines whose product is no stock article (with `virtual_products` = non-stock). Costs one "
            "read per product. The answer is kept for ten minutes."
        ),
    )
    variable_parents: VariableParents = Field(
        VariableParents.ARTICLE, description="Whether the parent of variations becomes an article of its own, or is skipped."
    )
    bundles: Bundles = Field(
        Bundles.AS_SOLD,
        description=(
            "How bundles are sent (Product Bundles, Composite Products, WPC Product Bundles). as-sold: every line of the order, "
            "the bundle's and its parts'. one-line: the bundle alone, and the WMS is told its parts where they are always the "
            "same. parts: the parts alone."
        ),
    )
    article_number_fallback: str | None = Field(
        None,
        pattern=r"^[^{}]*\{id\}[^{}]*$",
        description=(
            "Article number for products and variations without a SKU. {id} stands for their id, like WC-{id}. Without "
            "this setting such records are skipped with the reason."
        ),
    )

    # article fields
    article_categories: Flag = Field(False, description="Send product categories as article classes.")
    send_measures: Flag = Field(True, description="Send weight and dimensions.")
    send_price: Flag = Field(True, description="Send the shop's price as the article's customer price.")
    weight_unit: Literal["kg", "g", "lbs", "oz"] = Field("kg", description="The shop's unit of weight.")
    dimension_unit: Literal["m", "cm", "mm", "in", "yd"] = Field("cm", description="The shop's unit of length.")
    barcode_meta_key: str | None = Field(
        None,
        description="Meta key of the barcode that the warehouse scans. Without it, or where it is empty: the shop's GTIN field.",
    )
    country_of_origin_meta_key: str | None = Field(
        None, description="Meta key of the country of origin (ISO 3166-1 alpha-2 code or English name)."
    )
    tariff_number_meta_key: str | None = Field(None, description="Meta key of the customs tariff number.")

    # order fields
    notify_by_sms: Notify = Field(True, description="Whether the carrier is to send text messages: true, false or not-sent.")
    notify_by_email: Notify = Field(True, description="Whether the carrier is to send e-mails: true, false or not-sent.")
    pick_up_methods: list[str] = Field(
        default_factory=lambda: ["local_pickup", "pickup_location"],
        description="Shipping methods (ids) of orders that are picked up. Such an order is sent with the address that is known.",
    )
    pick_up_points: PickUpPoints = Field(
        PickUpPoints.CODE,
        description=(
            "Where the pick-up point that the customer chose goes in the WMS: service-point-code (its code; what cannot be a "
            "code is a delivery instruction), delivery-instruction (name and code, for the carrier to read), both, none."
        ),
    )
    pick_up_point_meta_keys: list[str] = Field(
        default_factory=lambda: list(PICK_UP_POINT_KEYS),
        max_length=50,
        description=(
            "Meta keys in which the shop's plugins keep the pick-up point, of the shipping line or of the order; the first that "
            "says something counts. The value is a code, or an object with id and name, also as JSON text."
        ),
    )
    send_customer_number: Flag = Field(
        False, description="Send the shop's customer id as the customer number (guests have none)."
    )

    # what the shop is told
    shipments: WooCommerceShipments = Field(default_factory=lambda: WooCommerceShipments())
    webhook_topics: list[str] = Field(
        default_factory=lambda: list(WEBHOOK_TOPICS),
        description=(
            "Topics of the webhooks that the gateway registers. `restored` is left out for old versions, which do not have it."
        ),
    )

    # how the shop is called
    rest_version: RestName | None = Field(
        None, description="The shop's REST API. Default: what the connection test found (wc/v3 before the first test)."
    )
    list_by: ListBy = Field(
        ListBy.AUTO,
        description="How polls find changes: by modification time, or by listing everything (WooCommerce before 5.8).",
    )
    list_all_days: int = Field(
        30,
        ge=1,
        le=3_660,
        description=("With `list_by` = all: a poll lists the orders of this many days. The deep sweep reads older open orders."),
    )
    wc_v1_time_zone: str = Field(
        "UTC",
        description=(
            "Time zone (IANA name) of times in wc/v1, which name none. They are UTC by its source, and the shop's own by "
            "its documentation."
        ),
    )
    login: Login = Field(
        Login.AUTO,
        description="How the keys are given: auto (Basic over https, OAuth 1.0a over http), basic, oauth, or query (https only).",
    )
    oauth_signature_method: SignatureMethod = Field(
        SignatureMethod.HMAC_SHA256, description="Hash of the OAuth 1.0a signature, used over plain http (see `login`)."
    )
    accepted_sources: list[str] = Field(
        default_factory=list,
        description=(
            "Further home addresses of the same shop. Webhooks from any other address are kept and ignored, with an "
            "alert. A staging copy with the production secret is an example."
        ),
    )
    page_size: int = Field(100, ge=2, le=100, description="Records per page of a list.")
    overlap_seconds: int = Field(
        5, ge=1, le=3600, description="How many seconds a poll looks back before the newest record it has seen."
    )
    remember_seconds: float = Field(
        600,
        ge=0,
        le=604_800,
        description=("How long the e-mail addresses of customers and the products of orders are kept in memory, in seconds."),
    )
    max_virtual_pages: int = Field(
        10,
        ge=0,
        le=1_000,
        description=(
            "Number of product pages in which the connection test looks for virtual products and products without stock."
        ),
    )

    @field_validator("webhook_topics")
    @classmethod
    def _topics(cls, value: list[str]) -> list[str]:
        unknown = [each for each in value if each not in WEBHOOK_TOPICS]
        if unknown:
            raise ValueError(f"nothing is done with {', '.join(unknown)}; take topics of {', '.join(WEBHOOK_TOPICS)}")
        return value

    @field_validator("wc_v1_time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)  # remembered; a list of all zones would be read from the disk each time a connection is opened
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is no time zone; give an IANA name like Europe/Oslo") from error
        return value


class WooCommerceCredentials(Given):
    """Where the shop is, and the keys made under WooCommerce → Settings → Advanced → REST API."""

    shop_url: str = Field(description="The shop's home address, like https://shop.example/. You may paste the API's address.")
    consumer_key: Annotated[str, ShownByItsEnd()] = Field(min_length=1, description="Begins with ck_.")
    consumer_secret: SecretStr = Field(min_length=1, description="Begins with cs_.")
    webhook_secret: SecretStr | None = Field(
        None, min_length=1, description="The secret that the shop's webhooks are signed with."
    )

    @field_validator("shop_url")
    @classmethod
    def _home(cls, value: str) -> str:
        return home_address(value)


def own_settings(given: ConnectionSettings) -> WooCommerceSettings:
    """The settings of a WooCommerce connection, as what they are. Raises TypeError for another system's."""
    if not isinstance(given, WooCommerceSettings):
        raise TypeError(f"settings of another integration: {type(given).__name__}")
    return given


def own_credentials(given: BaseModel) -> WooCommerceCredentials:
    """The credentials of a WooCommerce connection, as what they are. Raises TypeError for another system's."""
    if not isinstance(given, WooCommerceCredentials):
        raise TypeError(f"credentials of another integration: {type(given).__name__}")
    return given


def home_address(url: str) -> str:
    """The shop's home address with a trailing slash, from what a person pasted. Raises ValueError."""
    text = plain_address(url)
    if "://" not in text:
        text = f"https://{text}"
    for mark in ("?", "#", "/wp-json", "/wc-api", "/wp-admin"):
        text = text.split(mark, 1)[0]
    parts = urlsplit(text)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.port == 0:
        raise ValueError("give the shop's whole address, like https://shop.example/")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}/"
