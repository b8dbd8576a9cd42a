"""The two addresses of an order. What an address must have is the warehouse's rule, for all systems."""

from __future__ import annotations

from app.domain import Address, Notification
from app.integrations.woocommerce.settings import WooCommerceSettings
from app.json_reading import Body, plain, text

_WHERE = ("first_name", "last_name", "company", "address_1", "address_2", "city", "postcode")


def is_given(address: Body) -> bool:
    """Whether there is an address at all: a country, state or phone alone is none (shops fill those in by themselves)."""
    return any(text(address, key).strip() for key in _WHERE)


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
        country_code=text(source, "country").strip().upper() or settings.default_country or "",
        email=email,
        mobile=mobile,
    )
