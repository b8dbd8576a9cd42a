"""The two addresses of an order. What an address must have is the warehouse's rule, for all systems."""

from __future__ import annotations

from typing import Literal

from app.characters import one_line
from app.domain import Address, Notification
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.json_reading import Body, plain, section, text

_PLACE = ("address_1", "address_2", "city", "postcode")
_SOMEBODY = ("first_name", "last_name", "company")


def delivered_to(order: Body) -> Literal["shipping", "billing"]:
    """Which of the order's addresses is the delivery address: the shipping address, if it names a place.

    A name, company, state, country or phone alone is no address: shops and checkout plugins fill those in by themselves.
    """
    shipping, billing = section(order, "shipping"), section(order, "billing")
    return "shipping" if names_place(shipping) or (is_given(shipping) and not is_given(billing)) else "billing"


def names_place(address: Body) -> bool:
    return any(plain(address, key) for key in _PLACE)


def is_given(address: Body) -> bool:
    """Whether there is somebody or some place to be written on a delivery note."""
    return names_place(address) or any(plain(address, key) for key in _SOMEBODY)


def full_name(address: Body) -> str:
    return f"{plain(address, 'first_name')} {plain(address, 'last_name')}".strip()


def read_address(
    source: Body, settings: WooCommerceSettings, *, email: Notification | None, mobile: Notification | None
) -> Address:
    """One of the order's two addresses. Requirement: WooCommerce orders, rows Customer.*; README, rule 9."""
    return Address(
        name=plain(source, "company") or full_name(source),
        address1=plain(source, "address_1"),
        address2=plain(source, "address_2"),
        post_code=plain(source, "postcode"),
        city=plain(source, "city"),
        country_code=one_line(text(source, "country")).upper() or settings.default_country or "",
        email=email,
        mobile=mobile,
    )
