"""How one simulated warehouse is set up: what a real warehouse's administrator would choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from pydantic import ConfigDict

CANCELLED = 1000
WAREHOUSE_ID = 1

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
NORWEGIAN_STATUSES = (
    (200, "Åpen"),
    (300, "Plukk"),
    (320, "Skrevet ut"),
    (400, "Plukket"),
    (425, "Sendt/Dellevert"),
    (450, "Sendt"),
    (451, "Klar til henting"),
    (475, "Retur"),
    (500, "Hentet"),
    (800, "Returned"),
    (CANCELLED, "Annullert"),
)
"""Those of a live tenant, with the standard 800 beside them."""


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


STANDARD_PURCHASE_STATUSES = (
    (100, "Notified"),
    (200, "Arrival space"),
    (300, "Inbound"),
    (400, "Deviation"),
    (500, "Received"),
    (900, "Cancelled"),
)
"""As in the vendor's sample."""

STANDARD_RETURN_STATUSES = ((100, "Notified"), (300, "Inbound"), (500, "Received"), (900, "Cancelled"))
"""INF: no source names them; after those of purchase orders."""


class Building(NamedTuple):
    """One warehouse of the system: what is in it is counted on its own."""

    id: int
    code: str
    name: str


class ReturnCause(NamedTuple):
    """Why goods come back. With a remove cause they are scrapped instead of going back into stock."""

    code: str
    name: str
    is_remove_cause: bool = False


CAUSES = (ReturnCause("SIZE", "Wrong size"), ReturnCause("REGRET", "Changed my mind"), ReturnCause("BROKEN", "Broken", True))

TEMPLATES = ("order", "picking-packing-and-returns", "purchase-order", "inbound-and-move", "inventory", "article")


@dataclass(frozen=True)
class Webhook:
    """One webhook that a warehouse's administrator has set up: what it tells of, where to, and the fixed secret in its header.

    `statuses`: the order statuses whose change is told; none named means all. `retries`: for a day, or not at all.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    url: str
    token: str
    goods_owner_id: int | None = None
    header: str = "X-Auth-Token"
    templates: tuple[str, ...] = TEMPLATES
    statuses: tuple[int, ...] = ()
    retries: bool = True


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

    `back_orders`: whether what was short at shipping stays on the order or moves to a new one that points at it.
    `returned_status`: what an order is set to when something comes back; None leaves it as it is (tenant-specific).
    `webhook_seconds`: how often the webhooks' queue is looked at. `more_warehouses`: those beside the first, whose id is 1.
    `tells_scrapped`: whether adjustments carry the flag of newer systems, which the contract does not have.
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
    back_orders: Literal["same-order", "new-order"] = "same-order"
    returned_status: int | None = 800
    return_causes: tuple[ReturnCause, ...] = CAUSES
    return_order_statuses: tuple[tuple[int, str], ...] = STANDARD_RETURN_STATUSES
    purchase_order_statuses: tuple[tuple[int, str], ...] = STANDARD_PURCHASE_STATUSES
    purchase_order_types: tuple[tuple[str, str], ...] = (("PURCHASE", "Purchase"), ("RETURN", "Return"))
    webhooks: tuple[Webhook, ...] = ()
    webhook_seconds: float = 0.1
    more_warehouses: tuple[Building, ...] = ()
    tells_scrapped: bool = False
    first_article_id: int = 18001
    first_order_id: int = 50001
    first_order_line_id: int = 480001
    first_consignee_id: int = 9001
    first_purchase_order_id: int = 70001

    @property
    def buildings(self) -> tuple[Building, ...]:
        """All warehouses, the first one first."""
        return (Building(WAREHOUSE_ID, self.warehouse, self.warehouse), *self.more_warehouses)

    def building(self, warehouse_id: int) -> Building | None:
        return next((each for each in self.buildings if each.id == warehouse_id), None)
