"""SaveInvoices: what becomes of an order that a caller sends."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from app.sandbox.sevenoffice24.model.companies import Companies
from app.sandbox.sevenoffice24.model.orders import Order, Orders
from app.sandbox.sevenoffice24.model.site import Site, copied
from app.sandbox.sevenoffice24.wire.invoice import INVOICED
from app.sandbox.sevenoffice24.wire.tables import Values

NOT_WRITABLE = (
    "OrderId", "OrderStatus", "InvoiceId", "DateChanged", "OrderTotalIncVat", "OrderTotalVat", "PaymentAmount", "InvoiceRows",
    "APIException", "SkipStock", "SendToFactoring",
)  # fmt: skip
"""What is not simply put in the place of what was there."""
KEPT_ALWAYS = (*NOT_WRITABLE, "CustomerId", "DateOrdered", "DateInvoiced")
DATABASE_ERROR = "Office24Seven.Library.Data.DataBaseServerException"


@dataclass(frozen=True)
class Payment:
    """`PaymentAmount` was sent: it is booked."""

    order_id: int
    amount: Decimal


class RefusedItem(Exception):
    """The vendor's database does not take the order."""

    def __init__(self, message: str, kind: str = DATABASE_ERROR) -> None:
        super().__init__(message)
        self.kind = kind

    def as_values(self) -> Values:
        """Like the real ones, with what nobody outside should see."""
        message = f"Server message: Msg 50000, Level 16, State 1, Server DBSQL07 (10.20.30.40): {self}"
        trace = "   at Office24Seven.Library.Data.DataBase.Execute(String sql) in D:\\Builds\\Data\\DataBase.cs:line 412"
        return {"Type": self.kind, "Message": message, "StackTrace": trace}


class Saving:
    """`payments` are all that were booked; `made` the ids of orders that were new."""

    def __init__(self, site: Site, orders: Orders, companies: Companies) -> None:
        self._site = site
        self._orders = orders
        self._companies = companies
        self.payments: list[Payment] = []
        self.made: list[int] = []

    def save(self, given: Values) -> Values:
        """The item as it is answered. Raises RefusedItem."""
        order = self.check(given)
        if order is None:
            rows = [row for row in given.get("InvoiceRows", []) if row.get("ChangeState") != "Delete"]
            order = self._orders.place(rows, given["CustomerId"], OrderStatus="None")
            self.made.append(order.id)
        else:
            self._change_rows(order, given.get("InvoiceRows", []))
        self._write(order, given)
        return {**copied(given), "OrderId": order.id}

    def check(self, given: Values) -> Order | None:
        """The order that is meant; None for a new one. Raises RefusedItem."""
        if given.get("CustomerId") not in self._companies.all:
            raise RefusedItem(f"The customer {given.get('CustomerId')} does not exist", "System.ArgumentException")
        if "OrderId" not in given:
            return None
        order = self._orders.all.get(given["OrderId"])
        if order is None:
            raise RefusedItem(f"The order {given['OrderId']} does not exist")
        if order.refusal is not None:
            raise RefusedItem(order.refusal)
        if order.status in INVOICED:
            raise RefusedItem(f"The order {order.id} is invoiced and cannot be changed")
        return order

    def _write(self, order: Order, given: Values) -> None:
        config = self._site.config
        if config.unsent_fields == "cleared":
            for name in set(order.values) - set(KEPT_ALWAYS):
                del order.values[name]
        order.values.update(copied({name: value for name, value in given.items() if name not in NOT_WRITABLE}))
        if "SendToFactoring" in given or config.unsent_factoring == "true":
            order.values["SendToFactoring"] = given.get("SendToFactoring", True)
        if "PaymentAmount" in given:
            self.payments.append(Payment(order.id, given["PaymentAmount"]))
        self._orders.set_status(order, given.get("OrderStatus", "Web"), skip_stock=given.get("SkipStock", False))
        self._orders.add_up(order)
        self._orders.touch(order)

    def _change_rows(self, order: Order, rows: list[Values]) -> None:
        """Rows without a ChangeState change nothing."""
        for row in rows:
            state = row.get("ChangeState", "None")
            if state == "Add":
                order.rows.append(self._orders.row({k: v for k, v in row.items() if k != "ChangeState"}, len(order.rows) + 1))
            elif state in ("Edit", "Delete"):
                found = next((one for one in order.rows if one["RowId"] == row.get("RowId")), None)
                if found is None:
                    raise RefusedItem(f"The row {row.get('RowId')} does not exist")
                if state == "Delete":
                    order.rows.remove(found)
                else:
                    found.update({name: value for name, value in row.items() if name not in ("ChangeState", "ProductNo")})
