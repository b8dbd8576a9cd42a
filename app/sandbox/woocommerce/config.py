"""The settings that a simulated shop opens with: its address, its keys, its country and the speed of its queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class TaxRate:
    """One VAT rate of the shop. `percent` applies to orders sent to `country`."""

    id: int
    country: str
    percent: Decimal
    name: str
    tax_class: str
    shipping: bool

    @property
    def code(self) -> str:
        return f"{self.country}-{self.name.upper()}-1"


@dataclass(frozen=True)
class Coupon:
    """A discount code. `kind` is `percent` (of each line) or `fixed_cart` (an amount with tax off the whole cart)."""

    id: int
    code: str
    kind: str
    amount: Decimal
    free_shipping: bool = False


@dataclass(frozen=True)
class ShippingMethod:
    """A way of delivery in the shop's one shipping zone. `kind` is the method id that stands on orders."""

    id: int
    kind: str
    kind_title: str
    title: str


# The rates and codes of the shop that was recorded.
RECORDED_RATES = (
    TaxRate(1, "NO", Decimal(25), "MVA", "", True),
    TaxRate(2, "NO", Decimal(15), "MVA mat", "reduced-rate", False),
)
RECORDED_COUPONS = (
    Coupon(11, "vinter10", "percent", Decimal(10)),
    Coupon(12, "fast100", "fixed_cart", Decimal(100)),
    Coupon(13, "fraktfri", "percent", Decimal(0), free_shipping=True),
)
RECORDED_METHODS = (
    ShippingMethod(1, "flat_rate", "Flat rate", "Posten – Pakke i postkassen"),
    ShippingMethod(2, "free_shipping", "Free shipping", "Fri frakt"),
    ShippingMethod(3, "local_pickup", "Local pickup", "Hent i butikk"),
)


@dataclass(frozen=True)
class ShopConfig:
    """The settings of one simulated shop.

    `home_url` is what the shop calls itself, without a trailing slash: it is what OAuth signatures are made for and what stands
    in every link, whatever address was used to reach the shop. `consumer_keys` holds (key, secret, rights), rights being
    `read`, `write` or `read_write`. Products, variations, orders and refunds share one counter of ids, which begins at
    `first_id`. Times are in seconds. `strict` refuses what the real shop would silently ignore: query parameters and body
    fields it does not know.

    `plugins` may hold `advanced-shipment-tracking` or `shipment-tracking`; `tracking_providers` (carriers by country) is that
    plugin's own list when left out. `permalinks`, `rest_api` and `maintenance` are what the shop's front begins with (`Front`).

    `version` is WooCommerce's: a shop before 11.0.1 has the API of its age (`legacy`). `legacy_api` is the switch of the API
    before 2.6, which stands as it was delivered when left out.
    """

    home_url: str
    consumer_keys: Sequence[Sequence[str]]
    first_id: int = 5001
    name: str = "Fjellbutikken"
    currency: str = "NOK"
    currency_symbol: str = "kr"
    country: str = "NO"
    time_zone: str = "Europe/Oslo"
    queue_seconds: float = 0.2
    runners: int = 1
    delivery_timeout: float = 60.0
    ping_timeout: float = 5.0
    prices_include_tax: bool = True
    number_pattern: str = "{id}"
    weight_unit: str = "kg"
    dimension_unit: str = "cm"
    trust_forwarded_proto: bool = False
    strict: bool = True
    version: str = "11.0.1"
    wordpress_version: str = "7.1"
    php_version: str = "8.2.36"
    tax_rates: Sequence[TaxRate] = field(default=RECORDED_RATES)
    coupons: Sequence[Coupon] = field(default=RECORDED_COUPONS)
    shipping_methods: Sequence[ShippingMethod] = field(default=RECORDED_METHODS)
    plugins: Sequence[str] = ()
    tracking_providers: Mapping[str, Mapping[str, str]] | None = None
    permalinks: str = "pretty"
    rest_api: str = "open"
    maintenance: bool = False
    legacy_api: bool | None = None

    @property
    def home(self) -> str:
        """`home_url` as links begin with it."""
        return self.home_url.rstrip("/")

    def rate(self, country: str, item: Mapping[str, Any]) -> TaxRate | None:
        """The VAT on an item (its `tax_class` and `tax_status`) sent to a country; None when there is none."""
        if item.get("tax_status", "taxable") != "taxable":
            return None
        wanted = item.get("tax_class") or ""
        return next((rate for rate in self.tax_rates if rate.country == country and rate.tax_class == wanted), None)
