"""The orders of one tenant: made and changed by people, and found by callers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.sandbox.sevenoffice24.model.catalogue import Catalogue
from app.sandbox.sevenoffice24.model.companies import Companies
from app.sandbox.sevenoffice24.model.site import Site, copied
from app.sandbox.sevenoffice24.wire.invoice import ORDER, ROW
from app.sandbox.sevenoffice24.wire.tables import Values

Wanted = Mapping[str, Any]
"""A row to order: `{"No" or "ProductId", "Quantity", "Price", …}`, or `{"Type": "Text", "Name"}`."""

SENT = "OrderState_Sent"
METHODS: Mapping[int, str] = {1: "Hentes på lager", 2: "Pakke til hentested", 3: "Pakke hjem"}
_FILTERS = {
    "CustomerIds": "CustomerId", "OrderStates": "OrderStatus", "InvoiceIds": "InvoiceId", "OrderIds": "OrderId",
    "ExternalStatus": "ExternalStatus",
}  # fmt: skip
_MADE = ("OrderId", "InvoiceRows", "OrderTotalIncVat", "OrderTotalVat", "APIException", "PaymentAmount")


@dataclass
class Order:
    """`values` by the wire's names. `refusal` is why the vendor's database takes no change of it; `drawn` what left the stock."""

    values: Values
    registered: datetime
    refusal: str | None = None
    drawn: dict[int, Decimal] = field(default_factory=dict)

    @property
    def id(self) -> int:
        found: int = self.values["OrderId"]
        return found

    @property
    def rows(self) -> list[Values]:
        found: list[Values] = self.values["InvoiceRows"]
        return found

    @property
    def changed(self) -> datetime:
        found: datetime = self.values["DateChanged"]
        return found

    @property
    def status(self) -> str:
        found: str = self.values["OrderStatus"]
        return found


class Orders:
    """By order id."""

    def __init__(self, site: Site, catalogue: Catalogue, companies: Companies) -> None:
        self._site = site
        self._catalogue = catalogue
        self._companies = companies
        self.methods = dict(METHODS)
        self.all: dict[int, Order] = {}

    # What people do

    def place(self, rows: Sequence[Wanted], customer_id: int | None = None, **fields: Any) -> Order:
        """A confirmed order of this customer, or of a new one. Raises KeyError, TypeError or ValueError."""
        customer = self._companies.add() if customer_id is None else self._companies.all[customer_id]
        now = self._site.now()
        addresses = {name: copied(one) for name, one in customer.get("Addresses", {}).items() if name in ("Delivery", "Invoice")}
        defaults = {
            "CustomerId": customer["Id"], "CustomerName": customer.get("Name"), "Addresses": addresses,
            "CustomerDeliveryName": customer.get("Name"), "CustomerOrgNo": customer.get("OrganizationNumber"),
            "OrderStatus": "Confirmed", "DateOrdered": now, "DateChanged": now, "DeliveryDate": self._site.day(2),
            "DeliveryMethod": {"Id": 3, "Description": self.methods.get(3)}, "Currency": {"Symbol": "NOK"},
            "SendToFactoring": False,
        }  # fmt: skip
        values = {"OrderId": self._site.next_id("orders"), "InvoiceRows": [], **self._entered({**defaults, **fields})}
        order = Order(values, now)
        order.rows.extend(self.row(one, number) for number, one in enumerate(rows, 1))
        self.all[order.id] = order
        self.add_up(order)
        status, order.values["OrderStatus"] = order.status, "None"
        self.set_status(order, status)
        return order

    def edit(
        self, order_id: int, quantities: Mapping[int, Any] | None = None, more: Sequence[Wanted] = (), **fields: Any
    ) -> Order:
        """`quantities` by the id of the row; None takes the row off. The vendor's database takes the order from now on."""
        order = self.all[order_id]
        self._entered(fields)
        status = fields.pop("OrderStatus", order.status)
        self._site.update(ORDER, order.values, fields)
        for row_id, quantity in (quantities or {}).items():
            row = next(one for one in order.rows if one["RowId"] == row_id)
            order.rows.remove(row) if quantity is None else self._site.update(ROW, row, {"Quantity": quantity})
        order.rows.extend(self.row(one, len(order.rows) + number) for number, one in enumerate(more, 1))
        self.add_up(order)
        self.set_status(order, status)
        order.refusal = None
        self.touch(order)
        return order

    def _entered(self, given: Mapping[str, Any]) -> Values:
        """What a person enters, as it is kept. Raises TypeError for what is not entered, ValueError for a wrong value."""
        if made := sorted(set(given) & set(_MADE)):
            raise TypeError(f"{made[0]} is not entered")
        return self._site.kept(ORDER, given)

    # What happens to an order

    def row(self, wanted: Wanted, number: int) -> Values:
        """Raises KeyError for a product that there is not."""
        given = dict(wanted)
        row_id = self._site.next_id("rows")
        if given.get("Type", "Normal") != "Normal":
            return self._site.kept(ROW, {"RowId": row_id, "SequenceNumber": number, **given})
        no = given.pop("No", None)
        product = self._catalogue.products.get(given.get("ProductId", 0)) if no is None else self._catalogue.with_no(no)
        if product is None and "Name" not in given:
            raise KeyError(f"there is no product {no or given.get('ProductId')}")
        known = product or {}
        defaults = {
            "ProductId": known.get("Id"), "ProductNo": known.get("No"), "Name": known.get("Name"), "Price": known.get("Price"),
            "Quantity": 1, "VatRate": known.get("TaxRate"), "RowId": row_id, "SequenceNumber": number,
        }  # fmt: skip
        return self._site.kept(ROW, {**defaults, **given})

    def set_status(self, order: Order, status: str, *, skip_stock: bool = False) -> None:
        """Sent takes the goods off the stock, and brings them back when it is taken away again."""
        was = order.status
        order.values["OrderStatus"] = status
        if status == SENT and was != SENT and self._site.config.sent_draws_stock and not skip_stock:
            for row in order.rows:
                if "ProductId" in row and row.get("Type", "Normal") == "Normal":
                    moved = self._catalogue.move_stock(row["ProductId"], -row.get("Quantity", Decimal(0)))
                    order.drawn[row["ProductId"]] = order.drawn.get(row["ProductId"], Decimal(0)) - moved
        elif was == SENT and status != SENT:
            for product_id, quantity in order.drawn.items():
                self._catalogue.move_stock(product_id, quantity)
            order.drawn.clear()

    def add_up(self, order: Order) -> None:
        vat = total = Decimal(0)
        for row in order.rows:
            factor = 1 - row.get("DiscountRate", Decimal(0)) / 100
            net = row.get("Price", Decimal(0)) * row.get("Quantity", Decimal(0)) * factor
            vat += net * row.get("VatRate", Decimal(0)) / 100
            total += net
        order.values.update(OrderTotalVat=vat, OrderTotalIncVat=total + vat)

    def touch(self, order: Order) -> None:
        order.values["DateChanged"] = self._site.now()

    # Finding

    def search(self, wanted: Mapping[str, Any]) -> list[Order]:
        """Those that fit all that is given, by id. An empty list is as good as none."""
        ids = wanted.get("OrderIds")
        among = list(self.all.values()) if not ids else [self.all[one] for one in dict.fromkeys(ids) if one in self.all]
        moment = wanted.get("ChangedAfter")
        if moment is not None:
            among = [one for one in among if self._site.is_after(one.changed, moment)]
        for name, member in _FILTERS.items():
            if wanted.get(name):
                allowed = set(wanted[name])
                among = [one for one in among if one.values.get(member) in allowed]
        return sorted(among, key=lambda one: one.id)

    def sync_list(self, wanted: Mapping[str, Any]) -> list[int]:
        """The ids of those that were changed and made after these times."""
        site, changed, registered = self._site, wanted.get("ChangedAfter"), wanted.get("RegisteredAfter")
        return sorted(
            one.id
            for one in self.all.values()
            if site.is_after(one.changed, changed) and site.is_after(one.registered, registered)
        )
