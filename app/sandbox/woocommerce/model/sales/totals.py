"""The totals of an order: lines without tax, VAT by the country it goes to, discounts (observed on WooCommerce 11.0.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.sandbox.woocommerce.config import Coupon, ShopConfig, TaxRate
from app.sandbox.woocommerce.model.products import Products
from app.sandbox.woocommerce.model.site import Site
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.money import bare, cents, decimal, kept, text
from app.sandbox.woocommerce.wire.php import number

Resource = dict[str, Any]


def recalculate(products: Products, order: Resource) -> None:
    """Sets every tax and total of the order from its lines. The total is with tax and shipping; refunds do not lower it."""
    config = products.site.config
    country = tax_country(config, order)
    used: dict[int, tuple[TaxRate, Decimal, Decimal]] = {}
    for line in order["line_items"]:
        rate = config.rate(country, products.tax_of_line(line))
        line["taxes"] = _tax(line, rate, used, ("total", "subtotal"))
        line["subtotal_tax"] = text(_percent(decimal(line["subtotal"]), rate))
        line["price"] = number(float(decimal(line["total"]) / line["quantity"])) if line["quantity"] else 0
    for line in order["shipping_lines"]:
        rate = config.rate(country, {"tax_class": "", "tax_status": line["tax_status"]})
        line["taxes"] = _tax(line, rate if rate and rate.shipping else None, used, ("total",), shipping=True)
    for line in order["fee_lines"]:
        line["taxes"] = _tax(line, config.rate(country, line), used, ("total",))
    order["tax_lines"] = [_tax_line(products.site, order, *found) for found in used.values()]
    _sum_up(order)


def tax_country(config: ShopConfig, order: Resource) -> str:
    """VAT follows the shipping address, else the billing address, else the shop. Picked up goods are taxed at the shop."""
    if any(line["method_id"] == "local_pickup" for line in order["shipping_lines"]):
        return config.country
    return order["shipping"]["country"] or order["billing"]["country"] or config.country


def _percent(amount: Decimal, rate: TaxRate | None) -> Decimal:
    return Decimal(0) if rate is None else kept(amount * rate.percent / 100)


def _tax(
    line: Resource,
    rate: TaxRate | None,
    used: dict[int, tuple[TaxRate, Decimal, Decimal]],
    amounts: tuple[str, ...],
    shipping: bool = False,
) -> list[Resource]:
    """Taxes one line, adds it up under its rate, and gives the line's `taxes`."""
    tax = _percent(decimal(line["total"]), rate)
    line["total_tax"] = text(tax)
    if rate is None:
        return []
    _, goods, freight = used.get(rate.id, (rate, Decimal(0), Decimal(0)))
    used[rate.id] = (rate, goods, freight + tax) if shipping else (rate, goods + tax, freight)
    shown = {amount: text(_percent(decimal(line[amount]), rate)) for amount in amounts}
    return [{"id": rate.id, "total": shown["total"], "subtotal": shown.get("subtotal", "")}]


def _tax_line(site: Site, order: Resource, rate: TaxRate, goods: Decimal, freight: Decimal) -> Resource:
    old = next((line["id"] for line in order["tax_lines"] if line["rate_id"] == rate.id), None)
    return {
        "id": old or site.next_item_id(), "rate_code": rate.code, "rate_id": rate.id, "label": rate.name, "compound": False,
        "tax_total": text(cents(goods)), "shipping_tax_total": text(cents(freight)), "rate_percent": number(float(rate.percent)),
        "meta_data": [],
    }  # fmt: skip


def _sum(lines: list[Resource], name: str) -> Decimal:
    return sum((decimal(line[name]) for line in lines), Decimal(0))


def _sum_up(order: Resource) -> None:
    lines, fees, freight = order["line_items"], order["fee_lines"], order["shipping_lines"]
    cart_tax = cents(_sum(order["tax_lines"], "tax_total"))
    shipping_tax = cents(_sum(order["tax_lines"], "shipping_tax_total"))
    net = sum((cents(_sum(part, "total")) for part in (lines, fees, freight)), Decimal(0))
    amounts = {
        "discount_total": _sum(lines, "subtotal") - _sum(lines, "total"),
        "discount_tax": _sum(lines, "subtotal_tax") - _sum(lines, "total_tax"),
        "shipping_total": _sum(freight, "total"),
        "shipping_tax": shipping_tax,
        "cart_tax": cart_tax,
        "total": net + cart_tax + shipping_tax,
        "total_tax": cart_tax + shipping_tax,
    }
    order.update({name: text(cents(amount)) for name, amount in amounts.items()})


def apply_coupons(products: Products, order: Resource, given: list[Resource]) -> None:
    """Takes the codes' discounts off the lines; earlier codes are taken away first. Raises RestError for a code not known."""
    for line in order["line_items"]:
        line["total"] = line["subtotal"]
    order["coupon_lines"] = []
    site = products.site
    for part in given:
        code = str(part.get("code") or "").lower()
        coupon = next((c for c in site.config.coupons if c.code == code), None)
        if coupon is None:
            raise RestError(400, "woocommerce_rest_invalid_coupon", f"Coupon &quot;{code}&quot; does not exist!")
        order["coupon_lines"].append(_apply(products, order, coupon))


def _apply(products: Products, order: Resource, coupon: Coupon) -> Resource:
    config = products.site.config
    country = tax_country(config, order)
    rates = [config.rate(country, products.tax_of_line(line)) for line in order["line_items"]]
    nets = [decimal(line["total"]) for line in order["line_items"]]
    gross = [net + _percent(net, rate) for net, rate in zip(nets, rates, strict=True)]
    whole = sum(gross, Decimal(0))
    percent = coupon.kind == "percent" or not whole
    share = coupon.amount / 100 if percent else min(coupon.amount, whole) / whole
    off = [kept(net * share) for net in nets]
    for line, net, discount in zip(order["line_items"], nets, off, strict=True):
        line["total"] = text(net - discount)
    tax = sum((_percent(discount, rate) for discount, rate in zip(off, rates, strict=True)), Decimal(0))
    return _coupon_line(products.site, coupon, sum(off, Decimal(0)), tax)


def _coupon_line(site: Site, coupon: Coupon, discount: Decimal, tax: Decimal) -> Resource:
    kind = "null" if coupon.kind == "fixed_cart" else f'"{coupon.kind}"'
    info = f'[{coupon.id},"{coupon.code}",{kind},{coupon.amount}]'
    shown = {"key": "coupon_info", "value": info, "display_key": "coupon_info", "display_value": info}
    return {
        "id": site.next_item_id(), "code": coupon.code, "discount": bare(discount), "discount_tax": bare(tax),
        "meta_data": [{"id": site.next_meta_id(), **shown}],
        "discount_type": coupon.kind, "nominal_amount": number(float(coupon.amount)), "free_shipping": False,
    }  # fmt: skip
