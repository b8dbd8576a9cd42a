"""A day with 24SevenOffice, played by script: the gateway asks the ERP by itself, and nobody asks for anything."""

from __future__ import annotations

from typing import Any

from app.demo.goods_owners import GOODS_OWNERS
from app.demo.scenes import Day, Scenes, order_id, status_of, twice
from app.demo.sevenoffice24 import bad_days, way_back
from app.demo.sevenoffice24.scenes import office_of, placed, row
from app.demo.sevenoffice24.simulator import COMPANY, NAMES, POLL_MINUTES, SAMPLE_ORDERS, SYSTEM, draft, source

CANCELLED = 1000
WRONG_PASSWORD = "hemmelig"  # noqa: S105 - wrong on purpose
OFFER = "Offer"
CABIN = {"Street": "Fjellveien 2", "PostalCode": "2670", "PostalArea": "OTTA", "Country": "NO"}
BJORG: dict[str, Any] = {
    "name": "Bjørg Ås", "Type": "Consumer", "Addresses": {"Post": CABIN, "Delivery": CABIN, "Invoice": CABIN},
    "PhoneNumbers": {"Work": {"Value": "+4790000002"}, "Mobile": {"Value": "+4790000001"}},
    "EmailAddresses": {"Primary": {"Value": "bjorg@example.no"}},
}  # fmt: skip


async def _connected(day: Day) -> None:
    """The test tells a wrong password from a right one, and lists the companies of the user. One is chosen by its name."""
    gateway, known = day.world.gateway, day.world.secrets
    warehouse = {**day.world.warehouse_login, "goods_owner_id": GOODS_OWNERS[SYSTEM]}
    url = day.world.sevenoffice_url
    await gateway.call("PUT", f"connections/{day.connection}", draft(url, WRONG_PASSWORD, warehouse, POLL_MINUTES))
    found = await _tested(day)
    day.check("with a wrong password, what is wrong", ["password"], [one["name"] for one in found["checks"] if not one["ok"]])
    await gateway.call("PATCH", f"connections/{day.connection}", {"source": source(url, known.sevenoffice_password)})
    found = await _tested(day)
    day.check_that("with the right one the test goes well", found["ok"])
    connection = await gateway.call("GET", f"connections/{day.connection}")
    companies = {one["name"]: one["id"] for one in connection["facts"]["identities"]}
    day.check("companies of the user", NAMES, list(companies))
    chosen = {"identity_id": companies[COMPANY], "password": known.sevenoffice_password}
    await gateway.call("PATCH", f"connections/{day.connection}", {"source": chosen})
    connection = await gateway.call("POST", f"connections/{day.connection}/activate")
    day.check("and then it is", "active", connection["status"])


async def _tested(day: Day) -> dict[str, Any]:
    report: dict[str, Any] = await day.world.gateway.call("POST", f"connections/{day.connection}/test")
    return report


async def _first_look(day: Day) -> None:
    """What the ERP had before: the first polls bring it."""
    jacket = await day.article_in_full("UJ-1-M")
    product = await office_of(day).product_id(day.number("UJ-1-M"))
    day.check("name", "Ulljakke M", jacket.get("articleName"))
    day.check("product code is the product's id", str(product), jacket.get("productCode"))
    day.check("bar code, with its zero", "0704661234567", (jacket.get("barCodeInfo") or {}).get("barCode"))
    day.check("weight in kg", 0.62, jacket.get("weight"))

    async def arrived() -> bool:
        seen[:] = await day.world.warehouse.orders()
        return len(seen) >= SAMPLE_ORDERS

    seen: list[dict[str, Any]] = []
    await day.until(arrived)
    day.check("orders that were there", SAMPLE_ORDERS, len(seen))


async def _confirmed(day: Day) -> None:
    """An offer is nothing for the warehouse. It is when the customer has said yes."""
    office = office_of(day)
    buyer = await office.company(**BJORG)
    rows = [row(day, "SOKK-1", 2), {"Type": "Text", "Name": "Pakkes som gave"}, row(day, "UJ-1-M", 1)]
    texts = {"InvoiceTitle": "Ring først", "ReferenceNumber": "PO-778", "YourReference": "Bjørg"}
    made = await office.order(rows, customer_id=buyer["Id"], OrderStatus=OFFER, **texts)
    await placed(day, "KOPP-1")  # a poll that looked behind the offer
    number = str(made["OrderId"])
    day.check("an offer, in the warehouse", None, await day.world.warehouse.order(number))
    await office.edit(made["OrderId"], OrderStatus="Confirmed")
    order = await day.order(number)
    info, consignee = order.get("orderInfo") or {}, order.get("consignee") or {}
    day.check("lines, without the text", [("SOKK-1", 2), ("UJ-1-M", 1)], day.lines(order))
    day.check("rows are the ERP's", [str(made["InvoiceRows"][each]["RowId"]) for each in (0, 2)], _rows(order))
    day.check("remark and reference", ["Ring først", "PO-778"], [info.get("orderRemark"), info.get("referenceNumber")])
    way = info.get("wayOfDelivery") or {}
    day.check("way of delivery", ["3", "Pakke hjem"], [way.get("code"), way.get("name")])
    given = [consignee.get(name) for name in ("name", "address1", "postCode", "city", "countryCode", "customerNumber")]
    day.check("address", ["Bjørg Ås", "Fjellveien 2", "2670", "OTTA", "NO", str(buyer["Id"])], given)
    day.check("phone and e-mail are the company's", ["+4790000001", "bjorg@example.no"], _notified(consignee))


async def _changed(day: Day) -> None:
    """More pieces of one, none of the other: the same order in the warehouse."""
    office = office_of(day)
    made = await office.order([row(day, "SOKK-1", 1), row(day, "KOPP-1", 1)])
    number = str(made["OrderId"])
    before = await day.order(number)
    socks, cup = (each["RowId"] for each in made["InvoiceRows"])
    await office.edit(made["OrderId"], {socks: 3, cup: None}, InvoiceTitle="Gave")
    after = await day.order(number, lambda order: day.lines(order) == [("SOKK-1", 3)])
    day.check("lines", [("SOKK-1", 3)], day.lines(after))
    day.check("remark", "Gave", (after.get("orderInfo") or {}).get("orderRemark"))
    day.check("still the same order", order_id(before), order_id(after))


async def _cancelled(day: Day) -> None:
    key, number = await placed(day, "KOPP-1", 2)
    day.check_that("it was in the warehouse", bool(await day.world.warehouse.order(number)))
    await office_of(day).edit(key, OrderStatus="Inactive")
    order = await day.order(number, lambda order: status_of(order) == CANCELLED)
    day.check("status in the warehouse", CANCELLED, status_of(order))


async def _evening(day: Day) -> None:
    """What must hold whatever happened during the day."""
    day.check_that("everything has been settled", await day.quiet())
    office = office_of(day)
    orders = await day.world.warehouse.orders()
    day.check("orders that are there twice", [], twice(orders))
    there = {order["orderInfo"]["orderNumber"] for order in orders}
    missing = [one["OrderId"] for one in await office.orders() if str(one["OrderId"]) not in there]
    day.check("orders that are missing", [], missing)
    day.check("orders the gateway cannot explain", [], [each for each in there if not await day.is_explained(each)])
    day.check("calls that no service description knows", [], [one["reason"] for one in await office.refused("request")])
    state = await office.state()
    day.check("most calls of a session at the same time", 1, state["most_at_once"])
    day.check("orders made and payments booked by calls", [[], 0], [state["made_orders"], state["payments"]])


def _rows(order: dict[str, Any]) -> list[str]:
    return sorted(line["rowNumber"] for line in order.get("orderLines") or [])


def _notified(consignee: dict[str, Any]) -> list[str | None]:
    advanced = consignee.get("advanced") or {}
    return [(advanced.get(name) or {}).get("value") for name in ("smsNotification", "emailNotification")]


SCENES: Scenes = (
    ("24sevenoffice: connected", _connected),
    ("24sevenoffice: the first look", _first_look),
    ("24sevenoffice: confirmed", _confirmed),
    ("24sevenoffice: changed", _changed),
    ("24sevenoffice: cancelled", _cancelled),
    ("24sevenoffice: sent", way_back.sent),
    ("24sevenoffice: stock", way_back.stock),
    ("24sevenoffice: session ended", bad_days.session_ended),
    ("24sevenoffice: refused", bad_days.refused),
    ("24sevenoffice: no calls left", bad_days.no_calls_left),
    ("24sevenoffice: in the evening", _evening),
)
