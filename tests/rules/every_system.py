"""Each of the four systems, simulated, behind one gateway: what happens in it by the same words, and what the WMS then has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.api.calling import Site
from tests.harness import LONG_AGO
from tests.harness.mystore import SimulatedMystore
from tests.harness.nettbutikk24 import SimulatedNettbutikk
from tests.harness.sevenoffice24 import SimulatedSevenOffice

SYSTEMS = ("woocommerce", "mystore", "24nettbutikk", "24sevenoffice")
NAME = "kilde"
PRODUCT_FIELDS: Mapping[str, Mapping[str, str]] = {
    "woocommerce": {"bar code": "global_unique_id", "text": "meta_data.tekst", "more": "meta_data.koder", "picture": "images"},
    "mystore": {"bar code": "ean", "text": "manufacturer_sku", "more": "location", "picture": "image"},
    "24nettbutikk": {"bar code": "ean_code", "text": "summary", "more": "additional_text", "picture": "image"},
    "24sevenoffice": {"bar code": "EAN1", "text": "ProductCode", "more": "StockLocation", "picture": "SupplierProductName"},
}
"""Where each system has a bar code, two free texts and a picture."""


@dataclass
class System:
    """One system's simulator and its connection, `kilde`."""

    name: str
    site: Site
    source: Mapping[str, Any]
    settings: Mapping[str, Any]
    add_product: Callable[[str, str, Mapping[str, Any]], int]
    renumber: Callable[[int, str], Any]
    add_order: Callable[[str, Mapping[str, str]], Any]

    def number_of(self, order: Mapping[str, Any]) -> str:
        """Its number in the WMS."""
        return str(
            order[{"woocommerce": "number", "mystore": "id", "24nettbutikk": "order_no", "24sevenoffice": "OrderId"}[self.name]]
        )

    @property
    def order_path(self) -> str:
        """A field of its orders that no field of the warehouse is made from."""
        return {
            "woocommerce": "payment_method_title",
            "mystore": "payment_method",
            "24nettbutikk": "payment_method",
            "24sevenoffice": "OurReference",
        }[self.name]

    def path(self, what: str) -> str:
        return PRODUCT_FIELDS[self.name][what]

    def product(self, number: str, **fields: str) -> int:
        """A product with these fields, by the words of `PRODUCT_FIELDS` with `_` for a blank. Its id."""
        return self.add_product(number, "Ullsokker", {self.path(what.replace("_", " ")): value for what, value in fields.items()})

    async def connect(self, **settings: Any) -> None:
        """Makes the connection and activates it."""
        given = {
            "name": NAME,
            "integration": self.name,
            "source": self.source,
            "warehouse": self.site.given()["warehouse"],
            "settings": {"go_live": LONG_AGO, **self.settings, **settings},
        }
        made = await self.site.client.post("/connections", json=given)
        assert made.status_code == 201, made.text
        activated = await self.site.client.post(f"/connections/{NAME}/activate")
        assert activated.status_code == 200, activated.text

    async def sync(self, process: str) -> None:
        async with self.site.worker():
            run = await self.site.client.post(f"/sync/{NAME}", params={"process": process})
        assert run.status_code == 200, run.text

    async def article(self, number: str) -> dict[str, Any]:
        """As the WMS reads it back."""
        rows = await self.read("articles", articleNumbers=number)
        assert len(rows) == 1, rows
        return rows[0]

    async def order(self, number: str) -> dict[str, Any]:
        """As the WMS reads it back."""
        rows = await self.read("orders", orderNumber=number)
        assert len(rows) == 1, rows
        return rows[0]

    async def read(self, path: str, **params: str) -> list[dict[str, Any]]:
        """A list of the WMS, as its API gives it."""
        warehouse = self.site.gateway.warehouse(await self.site.gateway.connection(await self.id()))
        answer, _ = await warehouse._send("GET", path, [("goodsOwnerId", "77"), *params.items()])
        rows: list[dict[str, Any]] = answer.json
        return rows

    async def id(self) -> str:
        return str((await self.site.client.get(f"/connections/{NAME}")).json()["id"])


def _nested(fields: Mapping[str, Any]) -> dict[str, Any]:
    """WooCommerce's own shapes: meta data is a list of keys and values, a picture one of addresses."""
    meta = [{"key": key.partition(".")[2], "value": value} for key, value in fields.items() if key.startswith("meta_data.")]
    plain = {key: value for key, value in fields.items() if not key.startswith("meta_data.") and key != "images"}
    pictures = {"images": [{"src": fields["images"]}]} if "images" in fields else {}
    return {**plain, **pictures, **({"meta_data": meta} if meta else {})}


def _woocommerce(site: Site) -> System:
    shop = site.shop
    return System(
        "woocommerce",
        site,
        site.given()["shop"],
        {},
        lambda number, name, fields: int(shop.product(number, name, **_nested(fields))["id"]),
        lambda product, number: shop.model.change_product(product, {"sku": number}),
        lambda number, address: shop.order(number, shipping=_woo_address(address), billing=_woo_address(address)),
    )


def _woo_address(address: Mapping[str, str]) -> dict[str, str]:
    given = {"first_name": "Kari", "last_name": "Nordmann", "country": "NO", "email": "kari@example.no"}
    return {**given, "address_1": address["street"], "postcode": address["post_code"], "city": address["city"]}


def _mystore(site: Site) -> System:
    shop = SimulatedMystore.open(site.clock)
    return System(
        "mystore",
        site,
        shop.credentials(),
        {"calls_per_minute": 6000},
        lambda number, name, fields: int(shop.product(number, name, **fields)["id"]),
        lambda product, number: shop.shop.change_product(product, sku=number),
        lambda number, address: shop.order(
            number,
            shipping_address_name="Kari Nordmann",
            shipping_address_address=address["street"],
            shipping_address_zipcode=address["post_code"],
            shipping_address_city=address["city"],
            shipping_address_country="Norway",
        ),
    )


def _nettbutikk24(site: Site) -> System:
    shop = SimulatedNettbutikk.open(site.clock)

    def order(number: str, address: Mapping[str, str]) -> Any:
        person = {"first_name": "Kari", "last_name": "Nordmann", "country": "Norge"}
        place = {"address_1": address["street"], "postcode": address["post_code"], "city": address["city"]}
        customer = shop.shop.add_customer(**person, **place)
        return shop.order(number, customer_id=customer["id"])

    return System(
        "24nettbutikk",
        site,
        shop.credentials(),
        {"status_sent": "Sendt", "status_sent_rest": "Sendt med rest", "status_confirmed": True},
        lambda number, name, fields: int(shop.product(number, name, **fields)["id"]),
        lambda product, number: shop.shop.change_product(product, article_no=number),
        order,
    )


def _sevenoffice24(site: Site) -> System:
    erp = SimulatedSevenOffice.open(site.clock)

    def order(number: str, address: Mapping[str, str]) -> Any:
        place = {"Street": address["street"], "PostalCode": address["post_code"], "PostalArea": address["city"], "Country": "NO"}
        return erp.order(number, CustomerDeliveryName="Fjord Sport AS", Addresses={"Delivery": place})

    return System(
        "24sevenoffice",
        site,
        erp.credentials(),
        {},
        lambda number, name, fields: int(erp.product(number, name, **fields)["Id"]),
        lambda product, number: erp.tenant.change_product(product, No=number),
        order,
    )


OPEN: Mapping[str, Callable[[Site], System]] = {
    "woocommerce": _woocommerce,
    "mystore": _mystore,
    "24nettbutikk": _nettbutikk24,
    "24sevenoffice": _sevenoffice24,
}
