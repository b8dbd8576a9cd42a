"""The addresses of an order: those of its customer as he was when the order was read (A9)."""

from __future__ import annotations

from app.domain import Address, Notification
from app.domain.countries import country_in_any_language
from app.integrations.nettbutikk24.rest.values import flag
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings
from app.json_reading import Body, plain

_DELIVERY = ("delivery_name", "delivery_address_1", "delivery_address_2", "delivery_postcode", "delivery_city")


def consignee(customer: Body, settings: NettbutikkAdapterSettings) -> Address:
    """Where the goods go: the delivery address if the customer uses one, else his own."""
    email, phone = email_of(customer, settings), sms_of(customer, settings)
    if not uses_delivery_address(customer):
        return _own_address(customer, settings, email, phone)
    return Address(
        name=plain(customer, "delivery_name") or name_of(customer),
        address1=plain(customer, "delivery_address_1"),
        address2=plain(customer, "delivery_address_2"),
        post_code=plain(customer, "delivery_postcode"),
        city=plain(customer, "delivery_city"),
        country_code=country_of(customer, settings),
        email=email,
        mobile=phone,
    )


def invoice_address(customer: Body, settings: NettbutikkAdapterSettings) -> Address | None:
    """The customer's own address where the goods go to another; None where it is the same."""
    if not uses_delivery_address(customer):
        return None
    own = _own_address(customer, settings, None, None)
    to = consignee(customer, settings)
    is_same = (own.name, own.address1, own.address2, own.post_code, own.city) == (
        to.name,
        to.address1,
        to.address2,
        to.post_code,
        to.city,
    )
    return None if is_same else own


def uses_delivery_address(customer: Body) -> bool:
    """Whether the goods go elsewhere. A flag without any address to go to is none."""
    return flag(customer, "use_delivery_address") and any(plain(customer, key) for key in _DELIVERY[1:])


def name_of(customer: Body) -> str:
    """First and last name, or the company's."""
    name = " ".join(part for part in (plain(customer, "first_name"), plain(customer, "last_name")) if part)
    return name or plain(customer, "company_name") or plain(customer, "contact_person")


def email_of(customer: Body, settings: NettbutikkAdapterSettings) -> Notification | None:
    return _notification(plain(customer, "e_mail"), to_be_notified=settings.notify_email)


def sms_of(customer: Body, settings: NettbutikkAdapterSettings) -> Notification | None:
    return _notification(plain(customer, "phone"), to_be_notified=settings.notify_sms)


def telephone_of(customer: Body, settings: NettbutikkAdapterSettings) -> Notification | None:
    return _notification(plain(customer, "phone"), to_be_notified=settings.notify_telephone)


def country_of(customer: Body, settings: NettbutikkAdapterSettings) -> str:
    """The code of the customer's country, given by name or code. One that is not understood is given on: it holds the order."""
    name = plain(customer, "country")
    if not name:
        return settings.default_country or ""
    return country_in_any_language(name) or name


def _own_address(
    customer: Body, settings: NettbutikkAdapterSettings, email: Notification | None, mobile: Notification | None
) -> Address:
    return Address(
        name=name_of(customer),
        address1=plain(customer, "address_1"),
        address2=plain(customer, "address_2"),
        post_code=plain(customer, "postcode"),
        city=plain(customer, "city"),
        country_code=country_of(customer, settings),
        email=email,
        mobile=mobile,
    )


def _notification(value: str, *, to_be_notified: bool) -> Notification | None:
    return Notification(value, to_be_notified) if value else None
