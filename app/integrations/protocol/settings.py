"""What every connection can set, whatever the system."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from string import Formatter
from typing import ClassVar

from pydantic import Field, field_validator

from app.domain import Process
from app.domain.shipment import CountsAsShipped, PartialDeliveries
from app.given import Flag, Given, Instant
from app.integrations.protocol.callers.settings import OutgoingWebhookSettings, ReceiptSettings
from app.integrations.protocol.cancelling import BrakeSettings, PartRefund
from app.integrations.protocol.carriers import TransporterChoice, TransporterRule
from app.integrations.protocol.carriers.rules import MOST_RULES
from app.integrations.protocol.carriers.vat import rate_of
from app.integrations.protocol.choices.articles import ArticleSettings
from app.integrations.protocol.quantities import StockSettings
from app.integrations.protocol.refunds import ReturnSettings
from app.warehouse.settings import FORMER_STATUSES, OngoingSettings

LONGEST_MINUTES = 10_080
"""A week."""
LONGEST_HOURS = 8_784
"""A year."""
LONGEST_DAYS = 3_660
"""Ten years."""


class ProcessSettings(Given):
    """Which exchanges are on. Defaults: requirement, table "Processes"."""

    articles: Flag = Field(True, description="Articles from the shop to the WMS (the shop is master).")
    orders: Flag = Field(True, description="Orders from the shop to the WMS.")
    stock: Flag = Field(True, description="Sellable quantities from the WMS to the shop (the WMS is master).")
    shipments: Flag = Field(True, description="Shipments from the WMS to the shop: the order's status and its tracking.")
    returns: Flag = Field(
        False, description="Returned goods from the WMS to the shop, as refunds; to callers alone where the system makes none."
    )
    purchase_orders: Flag = Field(True, description="Purchase orders that are put over the REST API to the WMS.")
    receipts: Flag = Field(
        False, description="Goods received on purchase orders, read from the WMS for GET /receipts and for outgoing webhooks."
    )
    suppliers: Flag = Field(False, description="Suppliers from the outside system, sent along with the articles that name them.")
    import_status: Flag = Field(
        False, description="The order's status in the outside system, when the order has come into the WMS (`imported_status`)."
    )

    def is_on(self, process: Process) -> bool:
        """A process without a switch of its own (acknowledgements, notes) is on. The process that makes its jobs has a switch."""
        return bool(getattr(self, process.switch, True))


def fillable(template: str, *names: str) -> str:
    """The template, if only these names stand in braces, and nothing else with them. Raises ValueError."""
    known = ", ".join(f"{{{name}}}" for name in names)
    parts = list(Formatter().parse(template))
    if any(name is not None and (name not in names or rule or conversion) for _, name, rule, conversion in parts):
        raise ValueError(f"only {known} can stand in braces here; write other braces twice")
    return template


class TrackingShown(StrEnum):
    """What of a shipment's tracking the shop is given."""

    NUMBERS = "numbers"
    LINKS = "links"
    BOTH = "both"
    NONE = "none"


class ShipmentSettings(Given):
    """What the shop is told of shipments, and when."""

    complete_when: CountsAsShipped = Field(
        CountsAsShipped.SENT,
        description="When a shipment counts as made: it was booked, the order was marked sent in the WMS, a tracking number has "
        "been received, or the carrier has collected it.",
    )
    tracking: TrackingShown = Field(
        TrackingShown.BOTH, description="Whether tracking numbers, links, both or none of them are transferred."
    )
    partial_deliveries: PartialDeliveries = Field(
        PartialDeliveries.STOCK_BASED,
        description=(
            "none: an order ships in full. A short shipment is shown, and the order stays open. stock-based: the rest "
            "ships later. goods-owner-controlled: the warehouse ships what it has, and the order is then closed."
        ),
    )
    watch_days: float = Field(
        30, ge=0.01, le=LONGEST_DAYS, description="How many days a sent order is read again for tracking numbers that come late."
    )
    look_back_days: float = Field(
        7, ge=0.01, le=LONGEST_DAYS, description="Once a day, orders whose status changed within so many days are read again."
    )
    rest_days: float | None = Field(
        14,
        ge=0.01,
        le=LONGEST_DAYS,
        description=(
            "Alert, once for each order, when the rest of a partly sent order has not come for this many days after its last "
            "part. Null: no alert."
        ),
    )
    note_to_customer: Flag = Field(True, description="Send tracking notes to the customer by e-mail. Off: the notes are private.")
    short_note_text: str = Field(
        "Delvis sendt: {lines}",
        min_length=1,
        description="Text of the private note about a short shipment, with {order}, {lines} and {quantities}.",
    )
    note_parts: Flag = Field(
        False,
        description="Write that note for every part of an order that was sent while a rest is to come, not only for a held one.",
    )

    @field_validator("short_note_text")
    @classmethod
    def _short_note_text(cls, value: str) -> str:
        return fillable(value, "order", "lines", "quantities")


class WebhookSettings(Given):
    """How the shop's webhooks are kept."""

    managed: Flag = Field(
        True,
        description=("Register the webhooks in the shop and repair them. Needs GATEWAY_PUBLIC_URL and a key that may write."),
    )
    check_minutes: float = Field(
        60, ge=0.1, le=LONGEST_MINUTES, description="How often the shop's webhooks are checked, in minutes."
    )
    unproven_minutes: float = Field(
        120,
        ge=0.1,
        le=LONGEST_MINUTES,
        description="After how long a webhook that the gateway has made, and that never rang, is told of, in minutes. A greeting "
        "or a delivery counts as ringing.",
    )
    old_secret_minutes: float = Field(
        1440,
        ge=0,
        le=10_080,
        description=(
            "How long a webhook secret that was replaced (the shop's, the WMS's) is still accepted beside the new one, in "
            "minutes. 1440 are 24 hours. 0: not at all."
        ),
    )


RETIRED_SETTINGS = {
    "settings.warehouse.stock_full_sweep_hours": "settings.stock.full_sweep_hours",
    "settings.warehouse.login_refused_pattern": "settings.warehouse.login_refused_phrases",
    "settings.warehouse.started_pattern": "settings.warehouse.started_phrases",
    "settings.warehouse.already_cancelled_pattern": "settings.warehouse.already_cancelled_phrases",
    **{f"settings.warehouse.{former}": f"settings.warehouse.{name}" for former, name in FORMER_STATUSES.items()},
}
"""Former settings, each with the one that replaces it."""


class ConnectionSettings(Given):
    """What every connection can set, whatever the system. An integration's settings class derives from it."""

    filters: ClassVar[frozenset[str]] = frozenset()
    """The settings that say which records are left out, beside lists of statuses (`…_statuses`).

    When one is changed, what was left out is looked at again.
    """
    for_people: ClassVar[frozenset[str]] = frozenset({"plugins"})
    """The settings that change nothing of what is exchanged. No record is looked at again for them."""
    retired: ClassVar[Mapping[str, str]] = RETIRED_SETTINGS
    """Former settings, each with what is set instead."""

    processes: ProcessSettings = Field(default_factory=lambda: ProcessSettings())
    poll_interval_minutes: float = Field(
        15,
        ge=0.1,
        le=LONGEST_MINUTES,
        description="How often the gateway looks in the shop for changes without a webhook, in minutes.",
    )
    deep_sweep_hours: float = Field(
        24, ge=0.01, le=LONGEST_HOURS, description="How often open orders are read by id and the trash is searched, in hours."
    )
    go_live: Instant | None = Field(
        None,
        description="Orders made before this moment are never transferred. A date and time with its zone. Default: the moment of "
        "activation.",
    )
    order_number_prefix: str = Field(
        "", max_length=20, description="Text before the order number. With `WC-` order 1001 becomes `WC-1001` in the WMS."
    )
    default_country: str | None = Field(
        None,
        pattern="^[A-Z]{2}$",
        description="Country (ISO 3166-1 alpha-2) for addresses without one. Without this setting such orders are held.",
    )
    article_number_replacements: dict[str, str] = Field(
        default_factory=dict,
        description="Replacement for each character that the WMS cannot have in an article number (! % _ ^ \\). "
        "Without one the record is skipped.",
    )
    transporters: dict[str, TransporterChoice] = Field(
        default_factory=dict, description="The shop's shipping method id → transporter and service code of the WMS."
    )
    transporter_rules: list[TransporterRule] = Field(
        default_factory=list,
        max_length=MOST_RULES,
        description=(
            "Rules that go before `transporters`: the first that fits an order gives its carrier. `method` may hold * for any "
            "text. An order whose weight is not known fits no rule with a weight."
        ),
    )
    extra_article_fields: dict[str, str] = Field(
        default_factory=dict,
        description="Further article fields: WMS path → path in the shop's product, with dots; a list of key and value pairs is "
        "entered by key. Example: freeValues.freeText1 → meta_data.leverandor.",
    )
    extra_order_fields: dict[str, str] = Field(
        default_factory=dict, description="The same for orders. Example: consigneeOrderNumber → meta_data._innkjopsordre."
    )
    extra_line_fields: dict[str, str] = Field(
        default_factory=dict,
        description="The same for order lines: WMS path → path in the shop's line. Example: comment → meta_data.note.",
    )
    articles: ArticleSettings = Field(default_factory=lambda: ArticleSettings())
    part_refund: PartRefund = Field(
        PartRefund.REDUCE,
        description=(
            "What is done about pieces that were refunded before they were sent: reduce (they are taken off the order in the WMS "
            "while it may be changed, else the order is held), hold (the order is held until you release it), ignore."
        ),
    )
    customs_required: Flag = Field(
        False,
        description=(
            "Hold an order to a country outside `customs_home_countries` that lacks what customs papers need: both prices and "
            "the currency of each line, and the country of origin and tariff number of its article in the WMS. With `vat_codes` "
            "also each line's VAT code."
        ),
    )
    customs_home_countries: list[str] = Field(default_factory=lambda: ["NO"], description="Countries without customs papers.")
    vat_codes: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "VAT rate of an order line in per cent → the WMS's code of it, like 25 → 25. Lines with these rates get code and "
            "rate. Empty: no VAT is sent."
        ),
    )

    @field_validator("vat_codes")
    @classmethod
    def _vat_codes(cls, value: dict[str, str]) -> dict[str, str]:
        for rate, code in value.items():
            if rate_of(rate) is None:
                raise ValueError(f"{rate!r} is no VAT rate in per cent, like 25")
            if not code.strip():
                raise ValueError(f"the VAT rate {rate} needs the WMS's code of it")
        return value

    plugins: str | None = Field(
        None,
        max_length=2000,
        description="Which plugins change orders or products in the outside system? A note for people; nothing depends on it.",
    )
    stock: StockSettings = Field(default_factory=lambda: StockSettings())
    shipments: ShipmentSettings = Field(default_factory=lambda: ShipmentSettings())
    returns: ReturnSettings = Field(default_factory=lambda: ReturnSettings())
    receipts: ReceiptSettings = Field(default_factory=lambda: ReceiptSettings())
    order_note_on_hold: Flag = Field(
        False,
        description="Write a private note on the shop's order when it is held or an edit came too late. One note per reason.",
    )
    silent_hours: float | None = Field(
        None, ge=0.01, le=LONGEST_HOURS, description="Alert when no new order has come for this many hours. Off by default."
    )
    call_timeout_seconds: float = Field(60, ge=0.01, le=300, description="Longest time one call may take in all, in seconds.")
    webhooks: WebhookSettings = Field(default_factory=lambda: WebhookSettings())
    outgoing_webhooks: OutgoingWebhookSettings = Field(default_factory=lambda: OutgoingWebhookSettings())
    brake: BrakeSettings = Field(default_factory=lambda: BrakeSettings())
    warehouse: OngoingSettings = Field(default_factory=lambda: OngoingSettings())

    @property
    def writes_stock(self) -> bool:
        """Whether quantities are written to the shop, and not only compared."""
        return self.processes.stock and not self.stock.look_only

    def minutes_between_polls(self, process: Process) -> float:
        """How often the process is polled. A system may have what need not be read each time."""
        return self.poll_interval_minutes
