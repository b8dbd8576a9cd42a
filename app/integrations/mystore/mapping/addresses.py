"""The two addresses of an order. What an address must have is the warehouse's rule, for all systems."""

from __future__ import annotations

from app.domain import Address, Notification
from app.domain.countries import country_in_any_language
from app.integrations.mystore.rest.resources import plain
from app.integrations.mystore.settings import MystoreSettings
from app.json_reading import Body

_GIVEN = ("name", "company", "address", "zipcode", "city")


def consignee(order: Body, settings: MystoreSettings) -> Address:
    """Where the goods go, with the customer's e-mail address and phone. `order`: its attributes."""
    email, phone = plain(order, "customer_address_email"), plain(order, "customer_address_phone")
    return _address(
        order,
        "shipping_address_",
        settings,
        email=Notification(email, True) if email else None,
        mobile=Notification(phone, True) if phone else None,
    )


def invoice_address(order: Body, settings: MystoreSettings) -> Address | None:
    """None where the order has none."""
    if not any(plain(order, f"billing_address_{key}") for key in _GIVEN):
        return None
    return _address(order, "billing_address_", settings)


def _address(
    order: Body,
    prefix: str,
    settings: MystoreSettings,
    email: Notification | None = None,
    mobile: Notification | None = None,
) -> Address:
    name, company = plain(order, f"{prefix}name"), plain(order, f"{prefix}company")
    return Address(
        name=", ".join(part for part in (company, name) if part),
        address1=plain(order, f"{prefix}address"),
        post_code=plain(order, f"{prefix}zipcode"),
        city=plain(order, f"{prefix}city"),
        country_code=country_code(plain(order, f"{prefix}country"), settings),
        email=email,
        mobile=mobile,
    )


def country_code(name: str, settings: MystoreSettings) -> str:
    """The code of a country given by name. One that is not understood is given on as it is: it holds the order."""
    if not name:
        return settings.default_country or ""
    own = {key.strip().casefold(): code for key, code in settings.country_names.items()}
    return own.get(name.casefold()) or country_in_any_language(name) or name
