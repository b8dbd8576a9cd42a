"""What `PUT /articles` takes, as in the vendor's contract. Lengths are the vendor's SOAP limits."""

from app.sandbox.kit.fields import Record, choice, fields, flag, int32, number, record, records, required, text
from app.sandbox.ongoing.bodies.values import ARTICLE_NUMBER, code_name, key, moment, quantity


@fields(
    text("name", "address", "address2", "address3", "postCode", "city", "telePhone", "remark", "email", "mobilePhone"),
    text("countryStateCode", "countryCode", "deliveryInstruction"),
    flag("isVisible", "notifyBySMS", "notifyByEmail", "notifyByTelephone"),
)
class SupplierAddress(Record):
    """Where a supplier, or a seller, is."""


SUPPLIER = text("supplierArticleNumber", "supplierNumber", "supplierName")
MANUFACTURER = text("manufacturersIdentificationCode")


@fields(
    required(int32("goodsOwnerId"), ARTICLE_NUMBER),
    text("articleName", most=200),
    text("productCode", "unitCode", "description"),
    flag("isStockArticle", "isActive"),
    record(
        "barCodeInfo",
        text("barCode", "barCodePackage", "barCodePallet"),
        records("alternativeBarCodes", text("barCode"), number("quantityPerBarCode"), code_name("barCodeType")),
    ),
    number("weight", "netWeight", "length", "width", "height", "volume"),
    int32("quantityPerPackage", "quantityPerPallet", "quantityPerLayerOnPallet"),
    number("subQuantityPerItem", "purchasePrice", "stockValuationPrice", "customerPrice"),
    text("purcaseCurrencyCode"),  # the vendor's own spelling, without the h
    text("countryOfOriginCode", "statisticsNumber", "additionalStatisticsNumber", "customsDescription"),
    text("customsExportConditions"),
    record("taricNumbersInfo", records("taricNumbers", required(key("countryCode", "taricNumber")))),
    code_name("articleGroup", "articleCategory", "articleColor", "articleSize"),
    record("articleClassesInfo", records("classes", required(key("code", "name")), text("comment"))),
    record("storageClass", required(key("name"))),
    record("storageProperties", flag("isObsolete", "isSerialNumberArticle", "isBatchArticle", "isExpiryDateArticle")),
    int32("minDaysToExpiryDateAllowedOnDelivery", "stockLimit"),
    number("minimumReorderQuantity"),
    record("supplierInfo", SUPPLIER, record("advanced", MANUFACTURER, record("supplierAddress", SupplierAddress))),
    record(
        "alternativeSuppliersInfo",
        records("alternativeSuppliers", SUPPLIER, int32("leadTime"), record("advanced", MANUFACTURER)),
    ),
    records("articleNameTranslations", text("languageCode", "articleName")),
    text("linkToPicture"),
    record(
        "structureDefinition",
        required(choice("articleKind", "Structure", "Production")),
        records("rows", required(ARTICLE_NUMBER, quantity("numberOfItems"))),
    ),
    record(
        "freeValues",
        text("freeText1", "freeText2", "freeText3", "freeText4", "freeText5", "freeText6", "freeText7", "freeText8"),
        number("freeDecimal1", "freeDecimal2", "freeDecimal3"),
        flag("freeBoolean1", "freeBoolean2", "freeBoolean3"),
        moment("freeDateTime1"),
    ),
    text("articleInboundHandlingComment", "articlePickingHandlingComment"),
    text("articlePackingHandlingComment", "articleReturnHandlingComment"),
    record("advanced", flag("allowChangingProductionAndStructureArticlesToStockOrNonStockArticles")),
)
class ArticleBody(Record):
    """What `PUT /articles` takes."""
