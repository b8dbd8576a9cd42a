"""The settings of the simulated 24SevenOffice: who may log in, and each thing about it that is assumed.

What the contract leaves open is a setting here. It says which of the possible answers this simulator gives. Every setting can be
changed while it runs (`Office.change`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from app.sandbox.kit.settings import Changeable

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Identity:
    """One company that the user may work for. `client` is its name; the first identity is the user's default one."""

    id: str = "99999999-8888-7777-6666-555555555555"
    client: str = "Ullvare Engros AS"
    client_id: int = 770001
    is_blocked: bool = False
    is_disabled: bool = False


@dataclass
class SevenOfficeConfig(Changeable):
    """How the simulated services behave.

    `strict` refuses what the service descriptions do not allow, and what no client of ours should send: elements that there are
    not, elements in another order, properties that there are not, times without a zone. Without it a call is read as .NET does.
    `first_ids`: where ids begin, by `categories`, `products`, `companies`, `orders`, `rows` or `invoices`. `sample_mark` stands
    behind the product numbers of the samples.
    """

    application_id: str = "11111111-2222-3333-4444-555555555555"
    username: str = "api@warehouse.example"
    password: str = "s3cret"  # noqa: S105 - it guards made-up orders
    identities: tuple[Identity, ...] = (Identity(),)
    strict: bool = True
    first_ids: Mapping[str, int] = field(default_factory=dict)
    sample_orders: int = 0
    sample_mark: str = ""

    # Sessions
    bad_login: Literal["empty", "absent"] = "empty"  # what LoginResult is when the password is wrong
    session_minutes: float = 20  # a session that was not used for so long has ended
    logins_an_hour: int | None = None  # more of one user are refused with 429
    denied: tuple[str, ...] = ()  # operations that the user has no right to

    # How fast
    hourly_limit: int | None = 7200  # calls in one hour, of all callers together
    hour_seconds: int = 3600  # how long an hour of calls lasts, for those who cannot wait
    quarantine: Literal["fault", "status", "text"] = "fault"  # how a call over it is refused: SOAP fault, 429, or 200 with text
    limit_headers: bool = True  # `APILimitRemaining` and `APILimitReset` on every answer
    calls_a_second: int | None = None  # more are refused with 429
    call_seconds: float = 0  # how long each call takes; calls of one session that overlap are only seen when this is more than 0,
    body_seconds: float = 0  # or this: how long the rest of an answer is on its way behind its beginning

    # Dates
    time_zone: str = "UTC"  # of dates without one, in requests and answers
    date_form: Literal["naive", "utc", "offset"] = "naive"  # how answers write them
    unset_dates: Literal["absent", "year-1"] = "absent"  # how a date that is not set is shown
    changed_after: Literal["after", "from"] = "after"  # whether a record that was changed at that very moment is found
    change_rounding_seconds: int = 1  # times of change are rounded to the nearest multiple
    most_ids: int = 1000  # in one list of a search
    widest_search_days: float | None = None  # GetInvoices from before that times out

    # How answers are written
    empty_result: Literal["empty", "absent"] = "empty"
    nil_members: bool = False  # addresses, phone numbers and e-mail addresses that there are not stand there as nil
    element_order: Literal["described", "reversed"] = "described"  # of what a record holds
    nil_vat: Literal["shown", "absent"] = "shown"  # an order's IncludeVAT, which must be there, when it has none
    extra_element: str | None = None  # an element that no description has, in the middle of every record
    save_errors: Literal["item", "result"] = "item"  # where SaveInvoices puts an APIException

    # Writing
    sent_draws_stock: bool = True  # OrderState_Sent takes the goods off the stock
    stock_touches_product: bool = True  # a new quantity is a new DateChanged
    stock_wants_control: bool = False  # SetStockQuantity answers false for a product whose stock is not kept
    negative_stock: Literal["refused", "taken"] = "refused"
    unsent_fields: Literal["kept", "cleared"] = "kept"  # what SaveInvoices does with what is left out
    unsent_factoring: Literal["true", "kept"] = "true"  # what becomes of SendToFactoring when it is left out
