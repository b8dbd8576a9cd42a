"""An order and an article with everything a source can give, and what the WMS is to get for them, written out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.domain import Address, Article, Category, Coded, Notification, Order, OrderLine, ShopState, Transporter

GOODS_OWNER = 77

FULL_LINE = OrderLine(
    row_number="889",
    article_number="TEE-NAVY-M",
    article_name="T-shirt navy – M",
    quantity=Decimal(2),
    line_price=Decimal("199.2"),
    customer_line_price=Decimal("398.40"),
    currency="NOK",
    product_code="17",
)

FULL_ORDER = Order(
    source_id="10045",
    source_number="10045",
    number="W-10045",
    state=ShopState.WANTED,
    status="processing",
    modified_at=datetime(2026, 11, 20, 10, 5, tzinfo=UTC),
    created_at=datetime(2026, 11, 20, 9, 15, 22, tzinfo=UTC),
    delivery_date=datetime(2026, 11, 20, 9, 15, 22, tzinfo=UTC),
    currency="NOK",
    consignee=Address(
        name="Firma AS",
        address1="Storgata 1",
        address2="3. etasje",
        post_code="0155",
        city="Oslo",
        country_code="NO",
        email=Notification("kari@kunde.example", False),
        mobile=Notification("+47 900 00 000", False),
    ),
    invoice_address=Address(
        name="Firma AS, faktura",
        address1="Postboks 1",
        address2="v/ Regnskap",
        post_code="0101",
        city="Oslo",
        country_code="NO",
        email=Notification("faktura@firma.example", False),
        mobile=Notification("+47 911 11 111", False),
    ),
    lines=(
        FULL_LINE,
        OrderLine("890", "MUG", "Kopp", Decimal("1.5"), Decimal("83.33333333333333"), Decimal("125.0"), "NOK"),
    ),
    way_of_delivery=Coded("flat_rate", "Hjemlevering"),
    way_of_delivery_text="Hjemlevering, Henting",
    transporter=Transporter("BRING", "SERVICEPAKKE"),
    remark="Ring på hos naboen 🙂",
    sales_code="Kari Nordmann",
    email=Notification("kari@kunde.example", True),
    sms=Notification("+47 900 00 000", True),
    telephone=Notification("+47 900 00 000", False),
    customer_number="2201",
    extra={"consigneeOrderNumber": "PO-9", "freightPrice": "49,50", "warehouseId": 1, "consignee.doorCode": 1234},
)

FULL_ORDER_BODY: dict[str, Any] = {
    "goodsOwnerId": 77,
    "goodsOwnerOrderId": "10045",
    "orderNumber": "W-10045",
    "deliveryDate": "2026-11-20T09:15:22Z",
    "advanced": {"wayOfDeliveryString": "Hjemlevering, Henting"},
    "wayOfDelivery": {"code": "flat_rate", "name": "Hjemlevering"},
    "transporter": {"transporterCode": "BRING", "transporterServiceCode": "SERVICEPAKKE"},
    "orderRemark": "Ring på hos naboen 🙂",
    "salesCode": "Kari Nordmann",
    "smsNotification": {"toBeNotified": True, "value": "+47 900 00 000"},
    "telephoneNotification": {"toBeNotified": False, "value": "+47 900 00 000"},
    "emailNotification": {"toBeNotified": True, "value": "kari@kunde.example"},
    "consignee": {
        "customerNumber": "2201",
        "name": "Firma AS",
        "address1": "Storgata 1",
        "address2": "3. etasje",
        "postCode": "0155",
        "city": "Oslo",
        "countryCode": "NO",
        "doorCode": "1234",
        "advanced": {
            "emailNotification": {"toBeNotified": False, "value": "kari@kunde.example"},
            "smsNotification": {"toBeNotified": False, "value": "+47 900 00 000"},
        },
        "invoiceAddress": {
            "name": "Firma AS, faktura",
            "address1": "Postboks 1",
            "address2": "v/ Regnskap",
            "postCode": "0101",
            "city": "Oslo",
            "countryCode": "NO",
            "advanced": {
                "emailNotification": {"toBeNotified": False, "value": "faktura@firma.example"},
                "smsNotification": {"toBeNotified": False, "value": "+47 911 11 111"},
            },
        },
    },
    "orderLines": [
        {
            "rowNumber": "889",
            "articleNumber": "TEE-NAVY-M",
            "numberOfItems": 2,
            "prices": {"currencyCode": "NOK", "customerLinePrice": 398.4, "linePrice": 199.2},
        },
        {
            "rowNumber": "890",
            "articleNumber": "MUG",
            "numberOfItems": 1.5,
            "prices": {"currencyCode": "NOK", "customerLinePrice": 125, "linePrice": 83.33333333333333},
        },
    ],
    "consigneeOrderNumber": "PO-9",
    "freightPrice": 49.5,
    "warehouseId": 1,
}

FULL_ARTICLE = Article(
    source_id="17",
    modified_at=datetime(2026, 11, 19, 12, 0, tzinfo=UTC),
    number="TEE-NAVY-M",
    name="T-shirt navy – M",
    product_code="17",
    unit_code="st",
    is_stock=False,
    status="publish",
    barcode="7038010000010",
    weight_kg=Decimal("0.21"),
    length_m=Decimal("0.3"),
    width_m=Decimal("0.2"),
    height_m=Decimal("0.02"),
    customer_price=Decimal("249.00"),
    country_of_origin="PT",
    tariff_number="61091000",
    categories=(Category("klaer", "Klær"), Category("tskjorter", "T-skjorter")),
    extra={"freeValues.freeText1": "SS27", "freeValues.freeDecimal1": "12,5", "storageProperties.isBatchArticle": "nei"},
)

FULL_ARTICLE_BODY: dict[str, Any] = {
    "goodsOwnerId": 77,
    "articleNumber": "TEE-NAVY-M",
    "articleName": "T-shirt navy – M",
    "productCode": "17",
    "unitCode": "st",
    "articleClassesInfo": {"classes": [{"code": "klaer", "name": "Klær"}, {"code": "tskjorter", "name": "T-skjorter"}]},
    "isStockArticle": False,
    "barCodeInfo": {"barCode": "7038010000010"},
    "weight": 0.21,
    "length": 0.3,
    "width": 0.2,
    "height": 0.02,
    "customerPrice": 249,
    "countryOfOriginCode": "PT",
    "statisticsNumber": "61091000",
    "freeValues": {"freeText1": "SS27", "freeDecimal1": 12.5},
    "storageProperties": {"isBatchArticle": False},
}
