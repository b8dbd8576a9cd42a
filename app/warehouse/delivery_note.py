"""What the delivery notes of the WMS can print, as far as its API takes it. Which of it a note shows is the warehouse's template.

Upstream: the fields of `PUT /orders` and `PUT /articles` (requirement: Ongoing WMS, delivery notes print the invoice address).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Section = Literal["order", "customer", "invoice", "line", "article"]


@dataclass(frozen=True)
class Printed:
    """One field that a delivery note can print. `path`: in `PUT /orders`, for `article` in `PUT /articles`.

    `path` is empty for what the warehouse itself finds out when it picks.
    """

    section: Section
    path: str
    words: str


def _of(section: Section, prefix: str, words: dict[str, str]) -> tuple[Printed, ...]:
    return tuple(Printed(section, prefix + path, text) for path, text in words.items())


_ADDRESS = {
    "name": "Name",
    "address1": "Address",
    "address2": "Address, second line",
    "address3": "Address, third line",
    "postCode": "Post code",
    "city": "City",
    "countryStateCode": "State or county",
    "countryCode": "Country",
    "advanced.emailNotification.value": "E-mail address",
    "advanced.smsNotification.value": "Mobile phone",
    "advanced.telephoneNotification.value": "Telephone",
}

PRINTED: tuple[Printed, ...] = (
    *_of(
        "order",
        "",
        {
            "orderNumber": "Order number",
            "goodsOwnerOrderId": "Id of the order in the shop or ERP",
            "referenceNumber": "Reference",
            "consigneeOrderNumber": "The customer's own order number",
            "salesCode": "Your reference",
            "deliveryDate": "Delivery date",
            "orderRemark": "Remark",
            "deliveryInstruction": "Delivery instruction",
            "wayOfDelivery.name": "Way of delivery",
            "transporter.transporterCode": "Transporter",
            "servicePointCode": "Pick-up point",
            "termsOfDeliveryType.name": "Terms of delivery",
            "advanced.termsOfPaymentString": "Terms of payment",
            "advanced.invoiceNumber": "Invoice number",
            "marketPlace.marketPlaceOrderNumber": "Order number at the marketplace",
            "customerPrice": "Total of the order",
            "freightPrice": "Freight",
            "freeText1": "Free text 1",
            "freeText2": "Free text 2",
            "freeText3": "Free text 3",
        },
    ),
    *_of(
        "customer",
        "consignee.",
        {
            "customerNumber": "Customer number",
            **_ADDRESS,
            "doorCode": "Door code",
            "remark": "Remark about the customer",
            "organisationNumber": "Organisation number",
            "vatNumber": "VAT number",
        },
    ),
    *_of("invoice", "consignee.invoiceAddress.", _ADDRESS),
    *_of(
        "line",
        "orderLines[].",
        {
            "rowNumber": "Line number",
            "articleNumber": "Article number",
            "customerArticleNumber": "The customer's article number",
            "numberOfItems": "Ordered pieces",
            "comment": "Comment",
            "prices.linePrice": "Price per piece",
            "prices.customerLinePrice": "Price of the line",
            "prices.discountPercentage": "Discount",
            "prices.currencyCode": "Currency",
            "vat.code": "VAT code",
        },
    ),
    Printed("line", "", "Delivered pieces"),
    Printed("line", "", "Batch and expiry date"),
    Printed("line", "", "Serial numbers"),
    *_of(
        "article",
        "",
        {
            "articleName": "Name",
            "productCode": "Product code",
            "unitCode": "Unit",
            "barCodeInfo.barCode": "Bar code",
            "weight": "Weight",
            "countryOfOriginCode": "Country of origin",
            "statisticsNumber": "Customs tariff number",
            "linkToPicture": "Picture",
        },
    ),
)
