"""The warehouse's rules G6 and G11, for every system: to whom the WMS sends, and who pays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.rules.every_system import NAME, System

WHOLE = {"street": "Storgata 1", "post_code": "0155", "city": "Oslo"}


async def test_addresses_in_parts_and_what_delivery_notes_print(system: System) -> None:
    """The third cannot be split for certain: it is held, and the reason says why."""
    await system.connect(default_country="NO", extra_order_fields={"freeText1": system.order_path})
    whole = system.add_order("SOKK-1", WHOLE)
    one_text = system.add_order("SOKK-1", {"street": "Lillegata 2, 7713 Steinkjer", "post_code": "", "city": ""})
    unclear = system.add_order("SOKK-1", {"street": "Lillegata 2 7713 Steinkjer", "post_code": "", "city": ""})
    await system.sync("articles")
    await system.sync("orders")
    assert await place_of(system, whole) == ("Storgata 1", "0155", "Oslo", "NO")
    assert await place_of(system, one_text) == ("Lillegata 2", "7713", "Steinkjer", "NO")
    (held,) = (await system.site.client.get("/mappings", params={"number": system.number_of(unclear)})).json()["items"]
    assert (held["transfer"], held["reason_code"]) == ("held", "city-missing")
    assert "cannot be split for certain" in held["reason"]
    await delivery_note_is_told(system)


async def place_of(system: System, order: Mapping[str, Any]) -> tuple[str, str, str, str]:
    to = (await system.order(system.number_of(order)))["consignee"]
    return to["address1"], to["postCode"], to["city"], to["countryCode"]


async def delivery_note_is_told(system: System) -> None:
    """What the WMS's notes can print, and what the connection fills it from."""
    shown = (await system.site.client.get(f"/connections/{NAME}/delivery-note")).json()
    fields = {each["field"]: each for each in shown["fields"] if each["field"]}
    assert {path: fields[path]["source"] for path in NOTE[system.name]} == NOTE[system.name]
    assert (fields["freeText1"]["by"], fields["freeText1"]["source"]) == ("setting", system.order_path)
    assert [each["prints"] for each in shown["fields"] if each["by"] == "warehouse"] == [
        "Delivered pieces",
        "Batch and expiry date",
        "Serial numbers",
    ]
    assert "freeText2" in shown["not_filled"]
    assert shown["filled"] + len(shown["not_filled"]) == len(shown["fields"])


NOTE: Mapping[str, Mapping[str, str | None]] = {
    "woocommerce": {
        "consignee.address1": "shipping.address_1",
        "consignee.invoiceAddress.name": "billing.company",
        "orderRemark": "customer_note",
        "orderLines[].articleNumber": "sku",
        "referenceNumber": None,
    },
    "mystore": {
        "consignee.address1": "shipping_address_address",
        "consignee.invoiceAddress.name": "billing_address_company, billing_address_name",
        "orderRemark": None,
        "orderLines[].articleNumber": "sku",
        "referenceNumber": "reference",
    },
    "24nettbutikk": {
        "consignee.address1": "customer.delivery_address_1",
        "consignee.invoiceAddress.name": "customer.first_name customer.last_name",
        "orderRemark": "customer_comment",
        "orderLines[].articleNumber": "article no",
        "referenceNumber": None,
    },
    "24sevenoffice": {
        "consignee.address1": "Addresses.Delivery.Street",
        "consignee.invoiceAddress.name": "CustomerName",
        "orderRemark": "InvoiceTitle",
        "orderLines[].articleNumber": "No",
        "referenceNumber": "ReferenceNumber",
    },
}
"""From which of the system's own fields some of the note's come; None where it has no such field."""
