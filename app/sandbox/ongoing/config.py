"""How one simulated warehouse is set up: what a real warehouse's administrator would choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from pydantic import ConfigDict

CANCELLED = 1000

STANDARD_STATUSES = (
    (150, "Error"),
    (200, "Open"),
    (300, "Released"),
    (320, "Allocated"),
    (400, "Picked"),
    (450, "Sent"),
    (500, "Collected"),
    (800, "Returned"),
    (CANCELLED, "Cancelled"),
)


class User(NamedTuple):
    """One login and the goods owners it may see."""

    user: str
    password: str
    goods_owner_ids: tuple[int, ...]


class TransporterContract(NamedTuple):
    """One carrier service that the warehouse has set up; an order names it by its two codes."""

    transporter_code: str
    service_code: str
    transporter_name: str
    service_name: str
    edi_code: str


CONTRACTS = (
    TransporterContract("BRING", "SERVICEPAKKE", "Posten Norge", "Servicepakke", "BRING-SP"),
    TransporterContract("BRING", "PA_DOREN", "Posten Norge", "Pakke levert hjem", "BRING-PD"),
    TransporterContract("BRING", "BUSINESS_PARCEL", "Posten Norge", "Business parcel", "BRING-BP"),
    TransporterContract("POSTNORD", "MYPACK_COLLECT", "PostNord", "MyPack Collect", "PN-19"),
    TransporterContract("DHL", "PAKET", "DHL Express", "Paket", "DHL-P"),
)


@dataclass(frozen=True)
class WarehouseConfig:
    """One warehouse and its settings.

    `edit_blocked_from`: the order status from which update and cancel are refused (a setting of each warehouse; 320 is what the
    vendor's wording comes to). `start_status`: what an order from the API starts at. `lockout_failures` refusals in a row for one
    user, method and path template inside `lockout_window_seconds` lock that user out of it (the vendor's own example numbers).
    `write_seconds`: how long each write takes. `unknown_articles`: what happens to an order line whose article is not known
    (the vendor's samples show `create`). `put_clears_missing`: whether what a PUT leaves out is cleared, order lines included
    (not documented, so the worse case is the default). `refuse_wildcards`: whether article numbers with a search wildcard are
    refused.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    warehouse: str = "demo"
    users: tuple[User, ...] = (User("gateway", "gateway", (77,)),)
    start_status: int = 300
    edit_blocked_from: int = 320
    statuses: tuple[tuple[int, str], ...] = STANDARD_STATUSES
    transporter_contracts: tuple[TransporterContract, ...] = CONTRACTS
    order_types: tuple[tuple[str, str], ...] = (("B2C", "Consumer"), ("B2B", "Business"))
    lockout_failures: int = 5
    lockout_window_seconds: float = 600.0
    write_seconds: float = 0.0
    unknown_articles: Literal["create", "refuse"] = "create"
    put_clears_missing: bool = True
    refuse_wildcards: bool = True
    first_article_id: int = 18001
    first_order_id: int = 50001
    first_order_line_id: int = 480001
    first_consignee_id: int = 9001
