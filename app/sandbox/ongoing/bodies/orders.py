"""What `PUT /orders` takes, as in the vendor's contract.

Lengths: those stated on the contract's PATCH bodies (order number, remark, warehouse instruction, service point), the rest are
the vendor's SOAP limits.
"""

from app.sandbox.kit.fields import Record, fields, flag, int32, number, of, record, records, required, text
from app.sandbox.ongoing.bodies.values import ARTICLE_NUMBER, code_name, key, moment, quantity


@fields(flag("toBeNotified", default=False), text("value"))
class Notification(Record):
    """How somebody is told that the goods come."""


NOTIFICATIONS = of(Notification, "telephoneNotification", "emailNotification", "smsNotification")
ADDRESS = (
    *text("name", "address1", "address2", most=200),
    *text("address3"),
    *text("postCode", most=50),
    *text("city", most=200),
    *text("countryCode", most=2),
    *text("countryStateCode"),
)
TRANSPORTER = text("transporterCode", "transporterServiceCode")
PAYERS = (
    *flag("consigneeCollects"),
    *record("consigneePays", required(key("customerNumber"))),
    *record("thirdPartyPays", required(key("customerNumber"))),
)
ORDER_NUMBER = text("orderNumber", least=1, most=50)
ROW_NUMBER = text("rowNumber", least=1, most=40)
CLASSES = records("classes", text("code", "name", "comment"), flag("isParcelTypeSuggestion"))


@fields(
    ADDRESS,
    text("customerNumber", most=50),
    text("remark", "doorCode", "organisationNumber", "vatNumber"),
    code_name("customerGroup"),
    record("advanced", NOTIFICATIONS, text("externalCustomerCode")),
    record("invoiceAddress", ADDRESS, record("advanced", NOTIFICATIONS)),
)
class Consignee(Record):
    """Who gets the goods."""


@fields(
    TRANSPORTER,
    record("paymentAdvanced", PAYERS, record("senderPays", text("ediCode", "waybillTemplate", "customerNumber"))),
)
class Transporter(Record):
    """Who carries the goods, and who pays for it."""


@fields(number("linePrice", "customerLinePrice"), text("currencyCode"), number("discountPercentage", "totalVat"))
class LinePrices(Record):
    """What a line costs."""


@fields(
    required(ROW_NUMBER, ARTICLE_NUMBER, quantity("numberOfItems")),
    text("comment", "warehouseInstruction", most=300),
    text("customerArticleNumber", most=100),
    text("externalId"),
    flag("shouldBePicked"),
    record("prices", LinePrices),
    record("vat", required(key("code"), number("percent"))),
    number("lineTotalCustomsValue"),
    code_name("lineType", "articleItemStatus"),
    text("batchNumber", "serialNumber"),
    int32("minDaysToExpiryDate", "maxDaysToExpiryDate"),
    number("weight", "minWeight", "maxWeight"),
    moment("deliveryDate"),
    record("lineFreeValues", text("freeText1"), number("freeDecimal1")),
)
class LineBody(Record):
    """One line of an order."""


@fields(
    required(int32("goodsOwnerId"), ORDER_NUMBER, moment("deliveryDate"), record("consignee", Consignee)),
    text("goodsOwnerOrderId", most=40),
    text("referenceNumber", most=50),
    text("salesCode", "orderRemark", most=500),
    text("deliveryInstruction", most=300),
    text("warehouseInstruction", most=500),
    text("consigneeOrderNumber", most=150),
    text("servicePointCode", most=50),
    text("freeText1", "freeText2", "freeText3", most=300),
    moment("orderFreeDateTime1"),
    code_name("orderType", "wayOfDelivery"),
    record("transporter", Transporter),
    record("returnTransporter", TRANSPORTER),
    of(Notification, "emailNotification", "smsNotification", "telephoneNotification"),
    records("orderLines", LineBody),
    record("customsInfo", text("customsValueCurrencyCode")),
    int32("warehouseId"),
    CLASSES,
    code_name("termsOfDeliveryType"),
    number("freightPrice", "customerPrice"),
    record("marketPlace", text("marketPlace", "marketPlaceOrderNumber", most=100)),
    int32("pickingPriority"),
    text("productionCode", most=30),
    text("preparedTransportDocumentId", "transporterBulkId", "invoiceUrl", "languageCode"),
    record(
        "advanced",
        text("invoiceNumber"),
        text("communication", most=100),
        text("transporterOrderNumber", most=150),
        text("wayOfDeliveryString", "termsOfDeliveryString", "termsOfPaymentString", most=50),
        moment("arrivalDate", "arrivalDateFrom"),
        records("orderTextLines", required(ROW_NUMBER), text("comment"), required(number("numberOfItems"))),
    ),
)
class OrderBody(Record):
    """What `PUT /orders` takes."""
