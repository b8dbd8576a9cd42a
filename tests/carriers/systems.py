"""The four systems behind one face: a product, an order with a shipping method and a country, and what the WMS then has of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from app.sandbox.ongoing.model.records import Order
from tests.api.calling import Site
from tests.harness.mystore import SimulatedMystore
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.harness.sevenoffice24 import SimulatedSevenOffice
from tests.harness.shop import ADDRESS

SWEDISH = {"country": "SE", "postcode": "11122", "city": "Stockholm"}


@dataclass
class System(ABC):
    """A connection `butikk` of one system."""

    site: Site

    name: ClassVar[str]
    settings: ClassVar[dict[str, Any]] = {}
    point: ClassVar[dict[str, Any]] = {}
    """The settings with which it gives the pick-up point of an order; what has no field of its own maps one."""
    customs: ClassVar[dict[str, Any]] = {}
    """The same for an article's country of origin and tariff number."""

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:  # noqa: B027 - a site has a shop of the first system already
        """Opens the simulated system, where the site has none of it."""

    @abstractmethod
    def source(self) -> dict[str, Any]: ...

    @abstractmethod
    def product(self, number: str, weight: str | None = None, origin: str = "", tariff: str = "") -> None:
        """`weight` in kilograms."""

    @abstractmethod
    def order(self, number: str, method: str, country: str = "NO", point: str = "") -> str:
        """An order of two pieces. `point`: the pick-up point that the customer chose. Returns its number in the WMS."""

    async def connect(self, **settings: Any) -> None:
        body = {
            "name": "butikk",
            "integration": self.name,
            "source": self.source(),
            "warehouse": self.site.given()["warehouse"],
            "settings": {"go_live": "2020-01-01T00:00:00Z", **self.settings, **settings},
        }
        answer = await self.site.client.post("/connections", json=body)
        assert answer.status_code == 201, answer.text
        activated = await self.site.client.post("/connections/butikk/activate")
        assert activated.status_code == 200, activated.text

    async def sync(self, *processes: str) -> None:
        for process in processes or ("articles", "orders"):
            self.site.tick(60)
            async with self.site.worker():
                run = await self.site.client.post("/sync/butikk", params={"process": process})
            assert run.status_code == 200, run.text

    def there(self, number: str) -> Order:
        """The order as the WMS has it."""
        found = self.site.warehouse.order(number)
        assert found is not None, f"the WMS has no order {number}"
        return found

    def carrier(self, number: str) -> tuple[str, str] | None:
        given = self.there(number).body.transporter
        return (given.transporter_code, given.transporter_service_code) if given is not None else None

    async def explained(self, number: str) -> dict[str, Any]:
        return await self.site.explained(number)


class WooCommerce(System):
    name = "woocommerce"
    customs: ClassVar[dict[str, Any]] = {"country_of_origin_meta_key": "_origin", "tariff_number_meta_key": "_hs_code"}

    def source(self) -> dict[str, Any]:
        return self.site.shop.credentials()

    def product(self, number: str, weight: str | None = None, origin: str = "", tariff: str = "") -> None:
        meta = [{"key": "_origin", "value": origin}, {"key": "_hs_code", "value": tariff}]
        self.site.shop.product(number, weight=weight or "", meta_data=meta if origin else [])

    def order(self, number: str, method: str, country: str = "NO", point: str = "") -> str:
        line = {"product_id": self.site.shop.product_id(number), "quantity": 2}
        shipping = {**ADDRESS, **(SWEDISH if country == "SE" else {})}
        shipped: dict[str, Any] = {"method_id": "flat_rate", "method_title": method, "instance_id": "3", "total": "99.00"}
        if point:
            shipped["meta_data"] = [{"key": "pickup_point_id", "value": point}]
        return str(self.site.shop.order(line_items=[line], shipping=shipping, shipping_lines=[shipped])["number"])


class Mystore(System):
    name = "mystore"
    settings: ClassVar[dict[str, Any]] = {"calls_per_minute": 6000}
    point: ClassVar[dict[str, Any]] = {"extra_order_fields": {"servicePointCode": "shipping_address_company"}}
    customs: ClassVar[dict[str, Any]] = {"extra_article_fields": {"statisticsNumber": "manufacturer_sku"}}

    def open(self) -> None:
        self.shop = SimulatedMystore.open(self.site.clock)

    def source(self) -> dict[str, Any]:
        return self.shop.credentials()

    def product(self, number: str, weight: str | None = None, origin: str = "", tariff: str = "") -> None:
        given: dict[str, Any] = {"weight": float(weight)} if weight else {}
        given |= {"country_of_origin": origin, "manufacturer_sku": tariff} if origin else {}
        self.shop.product(number, **given)

    def order(self, number: str, method: str, country: str = "NO", point: str = "") -> str:
        place = {"zipcode": "0155", "city": "Oslo", "country": {"NO": "Norway", "SE": "Sweden"}[country]}
        address = {"name": "Kari Nordmann", "address": "Storgata 1", **place, "company": point}
        named: dict[str, Any] = {f"shipping_address_{key}": value for key, value in address.items()}
        lines = [{"sku": number, "quantity": 2}]
        return str(self.shop.shop.place_order(lines, shipping_method=method, **named)["id"])


class Nettbutikk(System):
    name = "24nettbutikk"
    settings: ClassVar[dict[str, Any]] = {"requests_per_second": 1000, "status_confirmed": True}
    customs: ClassVar[dict[str, Any]] = {
        "extra_article_fields": {"countryOfOriginCode": "summary", "statisticsNumber": "additional_text"}
    }

    def open(self) -> None:
        self.shop = SimulatedNettbutikk.open(self.site.clock)

    def source(self) -> dict[str, Any]:
        return self.shop.credentials()

    def product(self, number: str, weight: str | None = None, origin: str = "", tariff: str = "") -> None:
        self.shop.product(number, weight=weight or "0.000", summary=origin or None, additional_text=tariff or None)

    def order(self, number: str, method: str, country: str = "NO", point: str = "") -> str:
        customer = self.shop.shop.add_customer(country={"NO": "Norge", "SE": "Sverige"}[country])
        lines = [{"article_no": number, "quantity": 2}]
        named = {"shipping_method_text": method, "pickuppoint": point or None}
        return str(self.shop.shop.place_order(lines, int(customer["id"]), **named)["order_no"])


class SevenOffice(System):
    name = "24sevenoffice"
    settings: ClassVar[dict[str, Any]] = {"line_prices": True}
    point: ClassVar[dict[str, Any]] = {"extra_order_fields": {"servicePointCode": "YourReference"}}
    customs: ClassVar[dict[str, Any]] = {
        "extra_article_fields": {"countryOfOriginCode": "Description", "statisticsNumber": "EAN1"}
    }

    def open(self) -> None:
        self.office = SimulatedSevenOffice.open(self.site.clock)

    def source(self) -> dict[str, Any]:
        return self.office.credentials()

    def product(self, number: str, weight: str | None = None, origin: str = "", tariff: str = "") -> None:
        self.office.product(number, Weight=weight or "0", Description=origin, EAN1=tariff)

    def order(self, number: str, method: str, country: str = "NO", point: str = "") -> str:
        place = {"Street": "Storgata 1", "PostalCode": "0155", "PostalArea": "Oslo", "Country": country}
        made = self.office.tenant.place_order(
            [{"No": number, "Quantity": 2}],
            DeliveryMethod={"Id": 9, "Description": method},
            Addresses={"Delivery": place, "Invoice": place},
            YourReference=point,
        )
        return str(made["OrderId"])


SYSTEMS = (WooCommerce, Mystore, Nettbutikk, SevenOffice)
