"""Where an order goes, who pays for it, and how the customer is reached. Requirement: 24SevenOffice, sales orders."""

from __future__ import annotations

from typing import Any

from app.domain import Address, Notification
from app.domain.countries import country_in_any_language
from app.integrations.sevenoffice24.mapping.members import COMPANY, first_value, words
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.json_reading import Body, section

PHONES = ("Mobile", "Work", "Primary", "Home")
EMAILS = ("Invoice", "Work", "Primary", "Home")
"""Those of the company, in the order in which they are tried."""
_PARTS = ("Street", "PostalCode", "PostalArea", "City", "Country", "State")


def delivery_of(order: Body) -> Body:
    return section(section(order, "Addresses"), "Delivery")


def invoice_of(order: Body) -> Body:
    return section(section(order, "Addresses"), "Invoice")


def consignee(order: Body, settings: SevenOfficeAdapterSettings) -> Address:
    """The delivery address. The name on the order is the dependable one."""
    place = delivery_of(order)
    name = words(order, "CustomerDeliveryName") or words(place, "Name") or words(order, "CustomerName")
    email, phone = email_of(order), phone_of(order)
    return Address(
        name=name,
        address1=words(place, "Street"),
        post_code=words(place, "PostalCode"),
        city=city_of(place),
        country_code=country_of(place, settings),
        email=Notification(email, to_be_notified=False) if email else None,
        mobile=Notification(phone, to_be_notified=False) if phone else None,
    )


def invoice_address(order: Body, settings: SevenOfficeAdapterSettings) -> Address | None:
    """None where the order has none. A nil address comes as one without members."""
    place = invoice_of(order)
    if not any(words(place, part) for part in _PARTS):
        return None
    return Address(
        name=words(order, "CustomerName") or words(place, "Name"),
        address1=words(place, "Street"),
        post_code=words(place, "PostalCode"),
        city=city_of(place),
        country_code=country_of(place, settings),
    )


def address_extras(order: Body) -> dict[str, Any]:
    """Fields of the two addresses that no other system has."""
    found: dict[str, Any] = {"consignee.countryStateCode": words(delivery_of(order), "State")}
    if any(words(invoice_of(order), part) for part in _PARTS):
        found["consignee.invoiceAddress.countryStateCode"] = words(invoice_of(order), "State")
    phone = phone_of(order)
    if phone:
        path = "consignee.advanced.telephoneNotification"
        found |= {f"{path}.value": phone, f"{path}.toBeNotified": False}
    return {path: value for path, value in found.items() if value != ""}


def phone_of(order: Body) -> str:
    """That on the order, else the company's."""
    return words(order, "CustomerDeliveryPhone") or first_value(section(order, COMPANY), "PhoneNumbers", PHONES)


def email_of(order: Body) -> str:
    """That on the order, else the company's."""
    return words(order, "InvoiceEmailAddress") or first_value(section(order, COMPANY), "EmailAddresses", EMAILS)


def needs_company(order: Body) -> bool:
    """Whether the order itself lacks a phone number or an e-mail address."""
    return not words(order, "CustomerDeliveryPhone") or not words(order, "InvoiceEmailAddress")


def city_of(place: Body) -> str:
    """The postal area is the town; companies often have it the other way round."""
    return words(place, "PostalArea") or words(place, "City")


def country_of(place: Body, settings: SevenOfficeAdapterSettings) -> str:
    """Its code, given by code or name. One that is not understood is given on: it holds the order."""
    name = words(place, "Country")
    if not name:
        return settings.default_country or ""
    return country_in_any_language(name) or name
