"""Why a record cannot be sent as it is, and what lifts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`code` is stable (`line-without-article-number`), `field` is the source field's path, `fix` says what a person can do."""

    code: str
    field: str
    message: str
    fix: str


_CORRECTED = "It goes on when it comes in corrected, by webhook or poll"
_OR_SETTING = f"{_CORRECTED}, or when the setting is changed"
_NUMBER = "It goes on when the product gets a number that can be sent, by webhook or poll, or when the setting is changed"
_RELEASED = "It goes on when it is released, or when it changes in %(shop)s"
_BY_HAND = "It is over when it is resolved"
_AGAIN = "It is tried again when it is replayed, or when it changes in %(shop)s"
_COMPARED = "It is tried again when the next comparison of all quantities shows it put right, or with its next quantity"

_OTHER_NUMBER = "It goes on when it gets another number in %(shop)s, by webhook or poll"
_READABLE = "It goes on when %(shop)s lets the refunds be read and the order is read again (resync)"
_CUSTOMER = "It goes on when %(shop)s gives the customer and the order is read again (resync)"
_LISTED = "The connection test passes when the setting names one that the warehouse lists"

LIFTED_BY: Mapping[str, str] = {
    # --- what is wrong with the record
    "order-without-number": _CORRECTED,
    "order-number-unclean": _CORRECTED,
    "order-number-too-long": _OR_SETTING,
    "order-id-too-long": _OR_SETTING,
    "customer-number-too-long": _OR_SETTING,
    "row-number-too-long": _OR_SETTING,
    "date-missing": _CORRECTED,
    "name-missing": _OR_SETTING,
    "street-missing": _OR_SETTING,
    "post-code-missing": _OR_SETTING,
    "city-missing": _OR_SETTING,
    "country-missing": _OR_SETTING,
    "country-unknown": _CORRECTED,
    "country-of-origin-unknown": _OR_SETTING,
    "customs-price-missing": _OR_SETTING,
    "customs-article-incomplete": "It goes on when the article gets what it lacks in %(shop)s, when it is released, or when "
    "the setting is changed",
    "kit-parts-unreadable": _OR_SETTING,
    "kit-part-missing": "It goes on when the WMS gets that article, or when the kit comes in with other parts",
    "extra-field-unknown": _OR_SETTING,
    "extra-field-unreadable": _OR_SETTING,
    "order-without-lines": _CORRECTED,
    "line-without-row-number": _CORRECTED,
    "row-number-twice": _CORRECTED,
    "line-quantity-wrong": _CORRECTED,
    "currency-missing": _CORRECTED,
    "number-impossible": _CORRECTED,
    "line-without-article-number": _NUMBER,
    "article-without-number": _NUMBER,
    "no-article-number": _NUMBER,
    "customer-unreadable": _CUSTOMER,
    "article-number-of-parent": _NUMBER,
    "article-number-unclean": _NUMBER,
    "article-number-too-long": _NUMBER,
    "article-number-forbidden-character": _NUMBER,
    "article-number-taken": _OTHER_NUMBER,
    "supplier-without-name": _CORRECTED,
    "refunds-unreadable": _READABLE,
    "stock-app-active": "Quantities are written again when stock.look_only is switched off",
    "options-unreadable": "It goes on when %(shop)s lets the options be read and the articles are synced",
    "status-not-found": "The connection test passes when the setting names one of %(shop)s's statuses",
    # --- what stands against it
    "supplier-number-taken": _BY_HAND,
    "number-taken": "It goes on when the order's number or the connection's order_number_prefix is changed",
    "warehouse-started": _RELEASED,
    "too-late-to-cancel": "It goes on when the warehouse cancels it or has it back, or when it is released or changed",
    "cancelled-in-warehouse": _RELEASED,
    "reopened-after-cancel": _RELEASED,
    "vanished": _RELEASED,
    "unknown-elsewhere": _RELEASED,
    "refunded-in-part": _RELEASED,
    "rows-without-number": _RELEASED,
    "brake": "It goes on when the run is confirmed, when %(shop)s's own webhook says the same, or when it is released",
    "article-missing": "It goes on when the articles have come, when it is put again, or when it is released",
    "receiving-begun": "It goes on when it is put as it was, or when it is released",
    "purchase-number-taken": "It is over when it is taken back",
    "purchase-made-elsewhere": "It goes on when it is released, or when it is put as the WMS has it",
    "return-before-pick": "It goes on when the warehouse has picked something of the line, or it is over when it is withdrawn",
    "return-not-possible": "It goes on when it is announced again with lines of the order, or it is over when it is withdrawn",
    "return-begun": _BY_HAND,
    # --- left out
    "before-go-live": "It goes on when go_live is set to an earlier time",
    "not-wanted": "It goes on when its status changes in %(shop)s, or when the setting that leaves it out is changed",
    # --- refused, or given up
    "refused": _AGAIN,
    "given-up": _AGAIN,
    "internal-error": _AGAIN,
    "no-connection": _AGAIN,
    # --- on the way back
    "statuses-not-confirmed": "It goes on when the words are confirmed (status_confirmed)",
    "awaiting-tracking": "It goes on when the warehouse has a tracking number",
    "awaiting-pickup": "It goes on when the customer has picked it up",
    "partly-shipped": "It goes on when the warehouse has sent the rest, or when the order is closed short",
    "rest-not-cancelled": "It goes on when the WMS shows the order without its rest, or cancelled",
    "short-shipment": "It goes on when the warehouse has sent the rest, or when it is released",
    "not-open-in-shop": "It goes on when the order is open in %(shop)s and read again (resync), or when it is released",
    "refund-refused": "It goes on when it is released, or when more comes back to the warehouse",
    "refund-exceeds-order": _BY_HAND,
    "returned-more-than-sold": _BY_HAND,
    "return-line-unknown": _BY_HAND,
    "returned-fraction": "It is over when it is resolved, or when the rest of the piece comes back",
    # --- quantities
    "stock-kept-by-parent": _COMPARED,
    "stock-not-managed": _COMPARED,
    "stock-not-seen": _COMPARED,
    "stock-number-of-parent": _COMPARED,
    "stock-shared-by-variations": _COMPARED,
    "variants-not-told-apart": _COMPARED,
    "stock-not-taken": _COMPARED,
    "stock-refused": _COMPARED,
    "product-gone": _COMPARED,
    "wrong-parent": _COMPARED,
    # --- settings that cannot be
    "transporter-unknown": _LISTED,
    "transporter-service-unknown": _LISTED,
}
"""The event that ends what a reason says, by the reason's code; `%(shop)s` is what people call the system of the record."""

RELEASABLE = frozenset(
    {
        "brake",
        "warehouse-started",
        "customs-article-incomplete",  # sent as it is: its papers are written by hand
        "refunded-in-part",  # sent without the refunded pieces
        "too-late-to-cancel",
        "cancelled-in-warehouse",
        "reopened-after-cancel",
        "vanished",
        "unknown-elsewhere",
        "article-missing",  # looked for again
        "receiving-begun",  # the WMS is asked all the same
        "purchase-made-elsewhere",  # written over
        "rows-without-number",  # sent all the same: the WMS may then have the lines twice
        "short-shipment",  # the order is then closed with what was sent
        "not-open-in-shop",  # checked again: the shop may have opened it since
        "refund-refused",  # tried again
    }
)
"""The reasons for a hold that an operator can overrule. Any other hold is due to the record's data or its number."""


def with_what_lifts(reason: str, code: str | None, noun: str = "shop") -> str:
    """The reason and, as its last sentence, the event that lifts it. Once, and only for what waits for one."""
    lifted = LIFTED_BY.get(code or "", "") % {"shop": f"the {noun}"}
    return reason if not lifted or lifted in reason else f"{reason.rstrip('. ')}. {lifted}"
