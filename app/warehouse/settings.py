"""Assumptions about a warehouse's Ongoing WMS, as settings: they differ between warehouses, or no public source settles them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from app.given import Flag, Given, Phrases

AddressPart = Literal["name", "street", "post-code", "city", "country"]

_REQUIRED: tuple[AddressPart, ...] = ("street", "city", "country")
"""Requirement: Ongoing WMS, orders."""
_IDENTITIES = frozenset({"orderNumber", "goodsOwnerOrderId", "articleNumber", "consignee.customerNumber"})
_WITHOUT_POST_CODE = re.findall(
    "[A-Z]{2}",
    "AE AG AO AQ AW BF BI BJ BO BQ BS BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GN GQ GY HK IE JM KI KM KN KP "
    "LC ML MO MR MW NA NR NU PA QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TT TV UG VU WS YE ZW",
)
"""Countries without post codes, or whose mail is delivered without them (Universal Postal Union).

IE, NA, TT and WS have codes that an address need not carry. AN (Netherlands Antilles) is left out: it is no country of ISO 3166-1
since 2010.
"""

_TEXT_LIMITS = {
    "referenceNumber": 50,
    "salesCode": 500,
    "orderRemark": 500,
    "deliveryInstruction": 300,
    "warehouseInstruction": 500,
    "freeText1": 300,
    "freeText2": 300,
    "freeText3": 300,
    "wayOfDelivery.code": 50,
    "wayOfDelivery.name": 50,
    "advanced.wayOfDeliveryString": 50,
    "consignee.name": 200,
    "consignee.address1": 200,
    "consignee.address2": 200,
    "consignee.postCode": 50,
    "consignee.city": 200,
    "consignee.invoiceAddress.name": 200,
    "consignee.invoiceAddress.address1": 200,
    "consignee.invoiceAddress.address2": 200,
    "consignee.invoiceAddress.postCode": 50,
    "consignee.invoiceAddress.city": 200,
    "articleName": 200,
}


_LOGIN_REFUSED = (
    "login",
    "log in",
    "password",
    "username",
    "user name",
    "credentials",
    "authenticat",
    "unauthorised",
    "unauthorized",
)
_STARTED = (
    "started",
    "picked",
    "picking",
    "being handled",
    *(f"{no} be {what}" for no in ("cannot", "can't") for what in ("changed", "updated", "edited", "cancel")),
)
LARGEST_STATUS = 1_000_000
LONGEST_NUMBER = 1_000
MOST_STATUSES = 100
Statuses = Annotated[
    list[Annotated[int, Field(ge=0, le=LARGEST_STATUS)]],
    Field(max_length=MOST_STATUSES),
    AfterValidator(lambda found: sorted(set(found))),
]
"""Order status numbers of the WMS: a set, each number by itself. None of them is a threshold."""
STATUS_SETS = ("shipped_statuses", "pickup_statuses", "partly_shipped_statuses", "returned_statuses", "cancelled_statuses")
"""The sets that say what has become of an order. No number is in two of them."""
LONGEST_TEXT = 1_000_000


FORMER_STATUSES = {
    "booked_from_status": "booked_statuses",
    "shipped_from_status": "shipped_statuses",
    "collected_from_status": "collected_statuses",
    "returned_status": "returned_statuses",
    "cancelled_status": "cancelled_statuses",
}
"""Former settings of `warehouse`, each with the set that replaces it."""


class OngoingSettings(Given):
    """Numbers and limits that differ between warehouses or that no public source settles."""

    started_from_status: int = Field(
        320,
        ge=0,
        le=LARGEST_STATUS,
        description=(
            "Order status number from which the warehouse has started on the order. Changes and cancellations are then held."
        ),
    )
    booked_statuses: Statuses = Field(
        default_factory=lambda: [450, 500],
        description="Order status numbers at which the shipment is booked, for `shipments.complete_when` booked.",
    )
    shipped_statuses: Statuses = Field(
        default_factory=lambda: [450, 500],
        min_length=1,
        description="Order status numbers that mean: the order is sent. Its shipment is then reported.",
    )
    collected_statuses: Statuses = Field(
        default_factory=lambda: [500],
        description="Order status numbers at which the carrier has collected the order, for `shipments.complete_when` collected.",
    )
    pickup_statuses: Statuses = Field(
        default_factory=lambda: [451],
        description="Order status numbers that mean: ready for pick-up. No shipment is reported until the order is sent.",
    )
    partly_shipped_statuses: Statuses = Field(
        default_factory=lambda: [425],
        description="Order status numbers that mean: a part is sent. It is reported as `shipments.partial_deliveries` says.",
    )
    returned_statuses: Statuses = Field(
        default_factory=lambda: [475, 800],
        description=(
            "Order status numbers that mean: a return. An order that is first met there, and was sent, is reported as shipped, "
            "then as returned."
        ),
    )
    cancelled_statuses: Statuses = Field(
        default_factory=lambda: [1000],
        min_length=1,
        description="Order status numbers of a cancelled order. The first is what the WMS sets when the gateway cancels one.",
    )
    purchase_received_statuses: list[int] = Field(
        default_factory=lambda: [400, 500],
        max_length=50,
        description=(
            "Status numbers of purchase orders on which receiving has begun. A change or cancellation is then held, as it is "
            "when pieces have been received, whatever the status."
        ),
    )
    purchase_cancelled_statuses: list[int] = Field(
        default_factory=lambda: [900], max_length=50, description="Status numbers of cancelled purchase orders."
    )
    call_timeout_seconds: float = Field(30, ge=0.01, le=300, description="Longest time that one call may take, in seconds.")
    page_size: int = Field(1000, ge=1, le=1000, description="Records per page of a list.")
    orders_page_size: int = Field(
        250,
        ge=1,
        le=1000,
        description="Orders per page of a list, and never more than `page_size`: of an order the WMS gives some 31 KB.",
    )
    stock_look_back_hours: float = Field(
        23, ge=0.01, le=24, description="How far back changed stock may be asked for, in hours. The WMS refuses more than 24."
    )
    webhook_header: str = Field(
        "X-Auth-Token",
        pattern=r"^[A-Za-z0-9-]+$",
        description="Header that carries the secret of the WMS's webhooks, as set up in the WMS (mode `token`).",
    )
    webhook_auth: Literal["token", "basic"] = Field(
        "token",
        description=(
            "How the WMS's webhooks authenticate: `token` (the secret in `webhook_header`) or `basic` (HTTP Basic with "
            "`user:password` as the secret)."
        ),
    )
    max_order_number: int = Field(50, ge=1, le=LONGEST_NUMBER, description="Longest order number, also of a purchase order.")
    max_article_number: int = Field(100, ge=1, le=LONGEST_NUMBER, description="Longest article number.")
    max_row_number: int = Field(40, ge=1, le=LONGEST_NUMBER, description="Longest order line id (rowNumber).")
    max_goods_owner_order_id: int = Field(40, ge=1, le=LONGEST_NUMBER, description="Longest shop order id (goodsOwnerOrderId).")
    max_customer_number: int = Field(50, ge=1, le=LONGEST_NUMBER, description="Longest customer number.")
    forbidden_in_article_number: str = Field(
        "!%_^\\", description="Search wildcards of the WMS. An article number must not contain them."
    )
    login_refused_phrases: Phrases = Field(
        default_factory=lambda: list(_LOGIN_REFUSED),
        description="A 500 whose text holds one of these phrases counts as a refused login, not as a temporary fault. A phrase "
        "stands at the beginning of a word, in any case; * is anything in between.",
    )
    started_phrases: Phrases = Field(
        default_factory=lambda: list(_STARTED),
        description="A refusal whose text holds one of these phrases means that the warehouse has started on the order.",
    )
    already_cancelled_phrases: Phrases = Field(
        default_factory=lambda: ["already*cancel"],
        description="A refusal whose text holds one of these phrases means that the order was cancelled before.",
    )
    text_limits: dict[str, int] = Field(
        default_factory=lambda: dict(_TEXT_LIMITS),
        description=(
            "Longest texts by field path, over these defaults. A longer text is cut, and the record's history says so. "
            "Numbers and ids are never cut: the record is held instead."
        ),
    )
    required_address_parts: list[AddressPart] = Field(
        default_factory=lambda: list(_REQUIRED),
        description=(
            "What a delivery address must have, of name, street, post-code, city, country. An order that lacks one is held. "
            "Nothing is required of an order that is picked up, or that holds virtual goods only."
        ),
    )
    split_addresses: Flag = Field(
        True,
        description=(
            "Split an address that comes as one text (`Storgata 1, 0155 Oslo`) into street, post code and city, where its last "
            "part is a post code and a town as its country writes them. What is not certain is held."
        ),
    )
    countries_without_post_code: list[str] = Field(
        default_factory=lambda: list(_WITHOUT_POST_CODE),
        description=(
            "Countries (ISO 3166-1 alpha-2) whose addresses need no post code, where `required_address_parts` asks for it."
        ),
    )

    @model_validator(mode="after")
    def _means_one_thing(self) -> Self:
        """Raises ValueError for a number that is in two sets."""
        place: dict[int, str] = {}
        for name in STATUS_SETS:
            for number in getattr(self, name):
                if number in place:
                    raise ValueError(f"status {number} is in {place[number]} and in {name}: take it out of one of them")
                place[number] = name
        return self

    @field_validator("text_limits", mode="before")
    @classmethod
    def _over_the_defaults(cls, value: Any) -> Any:
        return {**_TEXT_LIMITS, **value} if isinstance(value, dict) else value

    @field_validator("text_limits")
    @classmethod
    def _cuts_no_identity(cls, value: dict[str, int]) -> dict[str, int]:
        for path, limit in value.items():
            if path in _IDENTITIES:
                raise ValueError(f"{path} identifies a record and is never cut")
            if not 1 <= limit <= LONGEST_TEXT:
                raise ValueError(f"{path}: a limit is from 1 to {LONGEST_TEXT}")
        return value
