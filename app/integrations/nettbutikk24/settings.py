"""What a 24Nettbutikk connection can set. Every assumption about its API is a setting, with its number in the description.

The numbers are those of the list of assumptions in docs/connecting-24nettbutikk.md.
"""

from __future__ import annotations

import codecs
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from app.domain import Process
from app.given import Flag
from app.integrations.protocol import ConnectionSettings
from app.integrations.protocol.settings import LONGEST_HOURS, LONGEST_MINUTES

AuthMode = Literal["basic", "query"]
PathOrder = Literal["limit/offset", "offset/limit"]
RestWrite = Literal["status", "rest_flag", "both"]

RECEIVED = ("mottatt", "received", "new")
IN_WORK = ("til behandling", "processing", "in_progress")
SENT = ("sendt", "sent")
CANCELLED = ("kansellert", "avbestilt", "cancelled", "canceled")
"""Words for an order's status, by role, without regard to case. Those of cancelled orders are only proposed."""


class NettbutikkAdapterSettings(ConnectionSettings):
    """A 24Nettbutikk connection. Defaults: requirement, 24Nettbutikk; the numbers (A1 …) are those of the list of assumptions."""

    filters: ClassVar[frozenset[str]] = frozenset(("status_import", "skip_blocked", "require_paid"))

    poll_interval_minutes: float = Field(
        15,
        ge=0.1,
        le=LONGEST_MINUTES,
        description="(A13) How often the gateway looks in the shop for changes, in minutes. There are no webhooks.",
    )
    default_country: str | None = Field(
        "NO", pattern="^[A-Z]{2}$", description="(A9) Country (ISO 3166-1 alpha-2) for customers without one."
    )

    # access
    auth_mode: AuthMode = Field(
        "basic",
        description="(A1) How the token is sent: as user name of HTTP Basic, or as `access_token` in the query. The connection "
        "test tries the other one when this one is refused, and keeps what worked.",
    )
    fallback_charset: str = Field("iso-8859-1", description="(A2) Charset of answers that name none and are not UTF-8.")
    timezone: str = Field("Europe/Oslo", description="(A4) Time zone (IANA name) of the shop's times, which name none.")
    requests_per_second: float = Field(
        1, ge=0.001, le=1000, description="(A6) Calls that the shop is given a second, by all processes of the gateway together."
    )

    # lists
    path_order: PathOrder = Field("limit/offset", description="(A5) Which of the first two segments of a list's path is which.")
    page_size: int = Field(
        1000, ge=1, le=10_000, description="Records per page of a list. A shop that refuses it is asked for 100."
    )
    overlap_minutes: float = Field(
        10, ge=0, le=24 * 60, description="(A4) How far a poll looks back before the newest record it has seen, in minutes."
    )
    head_first: Flag = Field(
        True, description="(A13) Ask with HEAD whether any order has changed before they are listed. Only where the shop says."
    )
    product_polls_every: int = Field(
        4,
        ge=1,
        le=1_000,
        description="(A13) Every how many intervals products are read: with one of 15 minutes once an hour. A product that an "
        "order names, and that is not known yet, is read with the order.",
    )
    product_sweep_hours: float = Field(
        24, ge=0.01, le=LONGEST_HOURS, description="(A13) How often all products are read, changed or not, in hours."
    )

    # articles
    products_flat: Literal["0", "1"] = Field(
        "1", description="(A7) The value of `flat` that lists one row for each variant of a product."
    )
    length_unit: Literal["m", "cm", "mm"] = Field(
        "m", description="The warehouse's unit of length and width. The shop's is centimetres."
    )
    volume_unit: Literal["m3", "litre"] = Field("m3", description="The warehouse's unit of volume. The shop's is litres.")
    category_field: Literal["category", "group", "class", "none"] = Field(
        "category",
        description="Where the product's category goes in the WMS: articleCategory, articleGroup, a class of "
        "articleClassesInfo, or nowhere.",
    )
    article_number_fallback: str | None = Field(
        None,
        pattern=r"^[^{}]*\{id\}[^{}]*$",
        description="Article number for products without one. {id} stands for the unique product id, like NB-{id}. Without this "
        "setting such products are skipped with the reason.",
    )

    # orders
    status_import: list[str] = Field(
        default_factory=lambda: [*RECEIVED, *IN_WORK],
        min_length=1,
        description="(A8) Words of the shop's statuses whose orders are transferred, without regard to case.",
    )
    deleted_after_polls: int = Field(
        2,
        ge=1,
        le=1_000,
        description="(A14) An order counts as deleted when so many polls were told that there is none (404). One that is marked "
        "as deleted counts at once.",
    )
    status_cancelled: list[str] = Field(
        default_factory=list,
        description="(A8) Words of the shop's statuses that cancel an order in the WMS, as a deletion does. The connection test "
        "proposes those that it sees.",
    )
    skip_blocked: Flag = Field(False, description="(A15) Leave out orders that are blocked in the shop.")
    require_paid: Flag = Field(False, description="(A15) Leave out orders that are not paid.")
    prices_include_vat: Flag = Field(
        True, description="(A16) The unit prices of order lines hold VAT, which is taken off. Only informational in the WMS."
    )
    notify_email: Flag = Field(True, description="(A10) Let the carrier notify by e-mail when the customer has an address.")
    notify_sms: Flag = Field(True, description="(A10) Let the carrier notify by SMS when the customer has a phone number.")
    notify_telephone: Flag = Field(True, description="(A10) Let the carrier call when the customer has a phone number.")
    pickup_point_field: Literal["servicePointCode", "deliveryInstruction", "freeText1", "freeText2", "freeText3"] | None = Field(
        "servicePointCode",
        description="(A18) Where the order's pick-up point goes in the WMS, as text; a structured one as JSON. What cannot be a "
        "code goes to deliveryInstruction instead of servicePointCode. Null: nowhere.",
    )
    pick_up_methods: list[str] = Field(
        default_factory=list,
        description="Shipping methods, by id or text, whose orders are picked up: they need no address.",
    )

    # shipments
    status_confirmed: Flag = Field(
        False,
        description="(A8) A person has looked at the words of the shop's statuses that the connection test shows. Nothing is "
        "written to orders before.",
    )
    status_sent: str = Field("sent", min_length=1, description="(A8) The status that an order gets when all of it was sent.")
    status_sent_rest: str = Field(
        "sent_with_rest", min_length=1, description="(A8) The status that an order gets when a part of it was sent."
    )
    rest_write: RestWrite = Field(
        "status",
        description="(A12) How an order that was sent in part is marked: `status_sent_rest`; `status_sent` and the flag `rest`; "
        "or both.",
    )
    line_quantity_field: Literal["quantity_sent"] | None = Field(
        None,
        description="(A12) Field of a line that takes the delivered quantity. Null: a line that was sent in part stays open.",
    )
    tracking_write: Literal["order+line", "order", "line", "none"] = Field(
        "order+line", description="(A11) Where tracking numbers are written. Several are joined with a comma."
    )

    # stock
    max_stock_updates_per_run: int = Field(
        500, ge=1, le=1_000_000, description="(A6) Most quantities that one run writes. The rest follows with the next run."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {value!r}: give one like Europe/Oslo") from error
        return value

    @field_validator("fallback_charset")
    @classmethod
    def _known_charset(cls, value: str) -> str:
        try:
            codecs.lookup(value)
        except LookupError as error:
            raise ValueError(f"there is no charset {value!r}: give one like iso-8859-1") from error
        return value

    def minutes_between_polls(self, process: Process) -> float:
        return self.poll_interval_minutes * (self.product_polls_every if process is Process.ARTICLES else 1)

    @property
    def sent_words(self) -> frozenset[str]:
        """Words, in lower case, of statuses of which nothing is to be sent any more."""
        return frozenset((*SENT, self.status_sent.casefold(), self.status_sent_rest.casefold()))


def own_settings(given: ConnectionSettings) -> NettbutikkAdapterSettings:
    """The settings of a 24Nettbutikk connection, as what they are. Raises TypeError for another system's."""
    if not isinstance(given, NettbutikkAdapterSettings):
        raise TypeError(f"settings of another integration: {type(given).__name__}")
    return given
