"""What the writes on return orders, return causes and purchase orders take, as in the vendor's contract."""

from app.sandbox.kit.fields import Record, fields, flag, int32, number, record, records, required, text
from app.sandbox.ongoing.bodies.articles import SupplierAddress
from app.sandbox.ongoing.bodies.values import ARTICLE_NUMBER, code_name, key, moment, quantity

TRACKING = records("tracking", text("waybill", "trackingUrl"))
TEXT_LINES = records("textLines", text("rowNumber", "comment"), number("numberOfItems"))

# ---- returns


@fields(
    required(
        key("returnOrderRowNumber"),
        record("customerOrderLine", required(int32("orderLineId"))),
        quantity("toBeReturnedNumberOfItems"),
    ),
    code_name("returnCause"),
    text("returnOrderLineComment"),
)
class ReturnLineBody(Record):
    """One line of a return order: how many of an order's line come back."""


@fields(
    required(
        int32("goodsOwnerId"),
        key("returnOrderNumber"),
        record("customerOrder", required(int32("orderId"))),
        records("returnOrderLines", ReturnLineBody),
    ),
    text("comment"),
    moment("inDate"),
    int32("warehouseId"),
    TRACKING,
    text("returnOrderHandlingComment"),
    record("freeValues", moment("freeDateTime1")),
)
class ReturnOrderBody(Record):
    """What `PUT /returnOrders` takes."""


@fields(
    required(int32("goodsOwnerId"), key("code", "name")),
    flag("isRemoveCause", "isChangeCause", "isReturnCommentMandatory"),
)
class ReturnCauseBody(Record):
    """What `PUT /returnOrders/returnCauses` takes."""


# ---- purchase orders


@fields(
    required(key("rowNumber"), ARTICLE_NUMBER, quantity("numberOfItems")),
    text("comment"),
    number("rowPrice"),
    text("currencyCode"),
    int32("articleItemStatusId"),
    text("batchNumber", "externalOrderLineId"),
    moment("inDate"),
    text("serialNumber"),
    moment("expiryDate", "productionDate"),
    record("lineFreeValues", number("freeDecimal1"), text("freeText1", "freeText2")),
    code_name("lineType", "returnCause"),
    TEXT_LINES,
)
class PurchaseLineBody(Record):
    """One line of a purchase order."""


@fields(
    text("container"),
    moment("orderDate", "advisedDate"),
    int32("purchaseOrderStatusCreated"),
    flag("purchaseOrderIsReturnType"),
    record(
        "customer",
        text("customerNumber", "customerName"),
        record(
            "address",
            text("name", "address1", "address2", "address3", "postCode", "city", "countryCode", "email", "telephone"),
            text("mobilePhone"),
        ),
    ),
)
class PurchaseAdvanced(Record):
    """The rarer members of a purchase order."""


@fields(
    required(int32("goodsOwnerId"), key("purchaseOrderNumber")),
    text("supplierOrderNumber", "goodsOwnerReference", "referenceNumber"),
    moment("inDate"),
    record("supplierInfo", text("supplierNumber", "supplierName"), record("supplierAddress", SupplierAddress), text("remark")),
    code_name("purchaseOrderType"),
    records("purchaseOrderLines", PurchaseLineBody),
    text("purchaseOrderRemark"),
    int32("warehouseId"),
    record(
        "freeValues",
        text("freeText1", "freeText2", "freeText3", "freeText4", "freeText5"),
        number("freeDecimal1", "freeDecimal2"),
        flag("freeBoolean1", "freeBoolean2"),
    ),
    record("advanced", PurchaseAdvanced),
    record("customsInfo", code_name("termsOfDeliveryType"), text("termsOfDeliveryTypeLocation")),
    record("sellerInfo", text("sellerNumber", "sellerName"), record("sellerAddress", SupplierAddress)),
    text("invoiceNumber"),
    records("classes", text("code", "name", "comment")),
    TRACKING,
    TEXT_LINES,
)
class PurchaseOrderBody(Record):
    """What `PUT /purchaseOrders` takes."""
