"""The settings of the simulated 24Nettbutikk: each thing about it that is assumed, with its A-number.

The A-numbers are those of the table of assumptions about 24Nettbutikk; "no A" is unknown without a number there. A setting says
which of the possible answers this simulator gives. Every setting can be changed while it runs (`Shop.change`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from app.sandbox.kit.settings import Changeable

Clock = Callable[[], datetime]
Resource = Literal["orders", "products", "customers"]
AuthForm = Literal["basic", "query"]
OrderField = Literal["status", "tracking_number", "rest", "sent_date"]
LineField = Literal["sent", "sent_date", "extra_field", "quantity_sent", "tracking_number"]
Taken = Literal["text", "number", "either"]
"""How a flag or a number in a body must be written."""

STATUSES = ("Mottatt", "Til behandling", "Sendt", "Sendt med rest", "Kansellert")


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class NettbutikkConfig(Changeable):
    """How one simulated shop behaves. Times are in seconds.

    `strict` refuses what the contract does not rule out but no client of ours should send: the token twice, a body that is not
    declared as JSON, a negative stock. `first_ids`: where ids begin, by `orders`, `lines`, `products` or `customers`.
    `sample_mark` stands behind the article numbers of the samples.
    """

    token: str = "nettbutikk-token"  # noqa: S105 - it guards made-up orders
    strict: bool = True
    first_ids: Mapping[str, int] = field(default_factory=dict)
    sample_orders: int = 0
    sample_mark: str = ""

    # Who calls
    auth_forms: tuple[AuthForm, ...] = ("basic", "query")  # A1
    basic_passwords: tuple[str, ...] = ("", "x-oauth-basic")
    wrong_token_status: Literal[401, 403] = 401  # A1

    # How answers are written
    charset: Literal["utf-8", "iso-8859-1", "windows-1252"] = "utf-8"  # A2
    charset_named: bool = True  # A2: in the Content-Type
    types: Literal["text", "corrected", "numbers"] = "text"  # A3
    decimal_comma: bool = False  # A3
    flag_form: Literal["digits", "booleans", "words"] = "digits"  # A3: "1" and "0", true and false, "yes" and "no"
    empty_values: Literal["null", "text"] = "null"  # A3
    quantity_places: int = 0  # A3: "2" or "2.00"
    timezone: str = "Europe/Oslo"  # A4

    # Lists
    path_order: Literal["limit/offset", "offset/limit"] = "limit/offset"  # A5
    default_limit: int = 100
    max_limit: int | None = None  # no A
    over_limit: Literal["capped", "refused"] = "capped"  # no A
    zero_limit: Literal["refused", "empty", "all"] = "refused"  # A5: what `limit` 0 means
    list_order: Literal["key", "key-descending", "modified", "modified-descending"] = "key"  # no A
    last_page: Literal["list", "object"] = "list"  # what `paging` is without a next page
    next_page: Literal["more", "full"] = "more"  # no A: `full` names a next page behind every full one
    next_query: Literal["none", "asked", "token"] = "none"  # no A: `asked` without, `token` with the token of the call
    next_base: str | None = None  # no A: the shop's other name, like "http://demo.24nb.no"
    head_takes: tuple[Resource, ...] = ("orders",)  # no A: which answer HEAD and have Last-Modified
    last_modified: Literal["all", "rows", "none"] = "all"  # no A: of the whole resource, of the rows in the answer, not told

    # How fast, how many at once
    requests_per_second: float | None = None  # A6
    burst: int = 1  # A6: so many may come at once after a pause
    retry_after: int | None = None  # A6
    one_at_a_time: bool = False  # A6
    busy_status: Literal[429, 503] = 429  # A6
    call_seconds: float = 0  # how long each call takes

    # Products
    flat_variants: Literal["0", "1"] = "1"  # A7: the value of `flat` that gives a row for each variant
    flat_default: Literal["0", "1"] = "0"  # A7: what a call without `flat` means
    flat_ids: Literal["both", "unique", "product"] = "both"  # A7: `unique` stands in `id` alone; `product` tells no variant
    simple_unique_id: bool = True  # A7: a product without variants has one too
    orders_take_stock: bool = True  # A17
    stock_touches_product: bool = True  # A4: a new quantity is a new `modified_on`

    # Orders
    statuses: tuple[str, ...] = STATUSES  # A8; new orders get the first
    unknown_status: Literal["refused", "taken"] = "refused"  # A8
    deleted_orders: Literal["listed", "gone"] = "listed"  # A14
    line_touches_order: bool = True  # A4: a written line is a new `modified_on` of its order
    prices_include_vat: bool = True  # A16

    # Writing: a member that is neither taken nor ignored is refused
    order_takes: tuple[OrderField, ...] = ("status", "tracking_number", "rest", "sent_date")  # A8, A11, A12
    order_ignores: tuple[OrderField, ...] = ()  # A11, A12
    line_takes: tuple[LineField, ...] = ("sent", "sent_date", "extra_field", "quantity_sent", "tracking_number")  # A11, A12
    line_ignores: tuple[LineField, ...] = ()  # A11, A12
    sent_taken: Taken = "text"  # A3
    rest_taken: Taken = "either"  # A12
    quantity_taken: Taken = "text"  # A3
    stock_taken: Taken = "number"  # A3
    tracking_length: int = 255  # A11: a longer number is refused
    sent_fills_quantity: bool = False  # A12: a line that is sent whole gets its `quantity_sent`
    patch_answer: Literal["empty", "record", "no-content"] = "empty"  # no A
