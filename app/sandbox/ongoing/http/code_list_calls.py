"""The code lists: what a caller may choose from."""

from __future__ import annotations

from typing import Any

from app.sandbox.kit.requests import Answer
from app.sandbox.ongoing.http.request_handler import GOODS_OWNER, ApiCall, Endpoint

ADDRESS = (
    "address1",
    "address2",
    "address3",
    "postCode",
    "city",
    "countryStateCode",
    "deliveryInstruction",
    "addressFreeText1",
    "addressFreeText2",
    "telephoneNotification",
    "emailNotification",
    "smsNotification",
)


def order_statuses(call: ApiCall) -> Answer:
    call.query({})
    return Answer({"orderStatuses": [{"number": number, "text": text} for number, text in call.warehouse.config.statuses]})


def order_types(call: ApiCall) -> Answer:
    """The warehouse's own, and those that orders brought with them."""
    owner = _goods_owner(call)
    configured = [{"code": code, "name": name} for code, name in call.warehouse.config.order_types]
    codes = {one["code"] for one in configured}
    added = [kind for (of, code), kind in call.warehouse.order_types.items() if of == owner and code not in codes]
    return Answer({"orderTypes": configured + [kind.model_dump(by_alias=True) for kind in added]})


def ways_of_delivery(call: ApiCall) -> Answer:
    """Those that orders brought with them."""
    owner = _goods_owner(call)
    known = [entry for (of, _), entry in call.warehouse.ways_of_delivery.items() if of == owner]
    return Answer({"wayOfDeliveryTypes": [{"id": number, **way.model_dump(by_alias=True)} for number, way in known]})


def transporter_contracts(call: ApiCall) -> Answer:
    _goods_owner(call)
    return Answer([_contract(*contract) for contract in call.warehouse.config.transporter_contracts])


def _contract(code: str, service: str, carrier: str, service_name: str, edi_code: str) -> dict[str, Any]:
    return {
        "ediCode": edi_code,
        "transporterName": carrier,
        "transporterCode": code,
        "transporterServiceCode": service,
        "transporterServices": [{"transporterServiceName": service_name, "transporterServiceCode": service}],
    }


def warehouses(call: ApiCall) -> Answer:
    call.query({})
    empty = {**dict.fromkeys(ADDRESS), "countryCode": "NO"}
    return Answer([{**each._asdict(), "address": {"name": each.name, **empty}} for each in call.warehouse.config.buildings])


def _goods_owner(call: ApiCall) -> int:
    given = call.query(GOODS_OWNER)
    owner: int = given["goodsOwnerId"]
    call.check_goods_owner(owner)
    return owner


CALLS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/orders/statuses", order_statuses),
    ("GET", "/orders/types", order_types),
    ("GET", "/orders/wayOfDeliveryTypes", ways_of_delivery),
    ("GET", "/transporterContracts", transporter_contracts),
    ("GET", "/warehouses", warehouses),
)
