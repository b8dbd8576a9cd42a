"""Which further fields a connection may map, by their path in `PUT /orders`, its lines, and `PUT /articles`; what they take.

Requirement: rule 11 for every connection (extra field mappings). Upstream: only known keys are to be sent. Identities and
quantities are not here, because nothing but the field table may set them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from enum import Enum
from typing import Any

from app.characters import visible
from app.domain import Problem
from app.json_reading import moment, number


class ValueKind(Enum):
    TEXT = "a text"
    DECIMAL = "a number"
    WHOLE = "a whole number"
    FLAG = "yes or no"
    TIME = "a date or time"


def _paths(kind: ValueKind, names: str) -> dict[str, ValueKind]:
    return dict.fromkeys(names.split(), kind)


def _under(prefix: str, paths: Mapping[str, ValueKind]) -> dict[str, ValueKind]:
    return {f"{prefix}.{path}": kind for path, kind in paths.items()}


_CODE_AND_NAME = _paths(ValueKind.TEXT, "code name")
_CARRIER = _paths(ValueKind.TEXT, "transporterCode transporterServiceCode")
_NOTIFICATION = {"value": ValueKind.TEXT, "toBeNotified": ValueKind.FLAG}
_NOTIFICATIONS = {
    **_under("emailNotification", _NOTIFICATION),
    **_under("smsNotification", _NOTIFICATION),
    **_under("telephoneNotification", _NOTIFICATION),
}
_ADDRESS = {
    **_paths(ValueKind.TEXT, "name address1 address2 address3 postCode city countryCode countryStateCode"),
    **_under("advanced", _NOTIFICATIONS),
}

ORDER_EXTRAS: dict[str, ValueKind] = {
    **_paths(
        ValueKind.TEXT, "referenceNumber salesCode orderRemark deliveryInstruction warehouseInstruction consigneeOrderNumber"
    ),
    **_paths(ValueKind.TEXT, "servicePointCode freeText1 freeText2 freeText3 productionCode invoiceUrl languageCode"),
    **_paths(ValueKind.TEXT, "preparedTransportDocumentId transporterBulkId"),
    **_paths(ValueKind.TEXT, "marketPlace.marketPlace marketPlace.marketPlaceOrderNumber customsInfo.customsValueCurrencyCode"),
    **_paths(ValueKind.TIME, "deliveryDate orderFreeDateTime1"),
    **_paths(ValueKind.DECIMAL, "freightPrice customerPrice"),
    **_paths(ValueKind.WHOLE, "warehouseId pickingPriority"),
    **_under("orderType", _CODE_AND_NAME),
    **_under("wayOfDelivery", _CODE_AND_NAME),
    **_under("termsOfDeliveryType", _CODE_AND_NAME),
    **_under("transporter", _CARRIER),
    **_under("returnTransporter", _CARRIER),
    **_NOTIFICATIONS,
    **_under("consignee", _ADDRESS),
    **_under("consignee", _paths(ValueKind.TEXT, "customerNumber remark doorCode organisationNumber vatNumber")),
    **_under("consignee", _paths(ValueKind.TEXT, "customerGroup.code customerGroup.name advanced.externalCustomerCode")),
    **_under("consignee.invoiceAddress", _ADDRESS),
    **_under("advanced", _paths(ValueKind.TEXT, "invoiceNumber communication transporterOrderNumber wayOfDeliveryString")),
    **_under("advanced", _paths(ValueKind.TEXT, "termsOfDeliveryString termsOfPaymentString")),
    **_under("advanced", _paths(ValueKind.TIME, "arrivalDate arrivalDateFrom")),
}

LINE_EXTRAS: dict[str, ValueKind] = {
    **_paths(ValueKind.TEXT, "comment warehouseInstruction customerArticleNumber externalId batchNumber serialNumber vat.code"),
    **_under("lineType", _CODE_AND_NAME),
    **_under("articleItemStatus", _CODE_AND_NAME),
    **_paths(ValueKind.TEXT, "lineFreeValues.freeText1"),
    **_paths(ValueKind.DECIMAL, "lineTotalCustomsValue prices.linePrice prices.customerLinePrice prices.discountPercentage"),
    **_paths(ValueKind.DECIMAL, "prices.totalVat vat.percent weight minWeight maxWeight lineFreeValues.freeDecimal1"),
    **_paths(ValueKind.WHOLE, "minDaysToExpiryDate maxDaysToExpiryDate"),
    **_paths(ValueKind.FLAG, "shouldBePicked"),
    **_paths(ValueKind.TIME, "deliveryDate"),
}

ARTICLE_EXTRAS: dict[str, ValueKind] = {
    **_paths(
        ValueKind.TEXT, "articleName productCode unitCode description purcaseCurrencyCode countryOfOriginCode statisticsNumber"
    ),
    **_paths(ValueKind.TEXT, "additionalStatisticsNumber customsDescription customsExportConditions linkToPicture"),
    **_paths(ValueKind.TEXT, "articleInboundHandlingComment articlePickingHandlingComment"),
    **_paths(ValueKind.TEXT, "articlePackingHandlingComment articleReturnHandlingComment"),
    **_paths(ValueKind.FLAG, "isStockArticle isActive"),
    **_paths(ValueKind.DECIMAL, "weight netWeight length width height volume subQuantityPerItem minimumReorderQuantity"),
    **_paths(ValueKind.DECIMAL, "purchasePrice stockValuationPrice customerPrice"),
    **_paths(ValueKind.WHOLE, "quantityPerPackage quantityPerPallet quantityPerLayerOnPallet stockLimit"),
    **_paths(ValueKind.WHOLE, "minDaysToExpiryDateAllowedOnDelivery"),
    **_under("barCodeInfo", _paths(ValueKind.TEXT, "barCode barCodePackage barCodePallet")),
    **_under("articleGroup", _CODE_AND_NAME),
    **_under("articleCategory", _CODE_AND_NAME),
    **_under("articleColor", _CODE_AND_NAME),
    **_under("articleSize", _CODE_AND_NAME),
    **_paths(ValueKind.TEXT, "storageClass.name"),
    **_under("storageProperties", _paths(ValueKind.FLAG, "isObsolete isSerialNumberArticle isBatchArticle isExpiryDateArticle")),
    **_under("supplierInfo", _paths(ValueKind.TEXT, "supplierNumber supplierName supplierArticleNumber")),
    **_paths(ValueKind.TEXT, "supplierInfo.advanced.manufacturersIdentificationCode"),
    **_under(
        "freeValues", _paths(ValueKind.TEXT, "freeText1 freeText2 freeText3 freeText4 freeText5 freeText6 freeText7 freeText8")
    ),
    **_under("freeValues", _paths(ValueKind.DECIMAL, "freeDecimal1 freeDecimal2 freeDecimal3")),
    **_under("freeValues", _paths(ValueKind.FLAG, "freeBoolean1 freeBoolean2 freeBoolean3")),
    **_under("freeValues", _paths(ValueKind.TIME, "freeDateTime1")),
}

PURCHASE_EXTRAS: dict[str, ValueKind] = {
    **_paths(ValueKind.TEXT, "purchaseOrderType.name supplierInfo.remark customsInfo.termsOfDeliveryTypeLocation"),
    **_under("customsInfo.termsOfDeliveryType", _CODE_AND_NAME),
    **_under("sellerInfo", _paths(ValueKind.TEXT, "sellerNumber sellerName")),
    **_under("supplierInfo.supplierAddress", _paths(ValueKind.TEXT, "name address2 address3 telePhone email mobilePhone")),
    **_under("freeValues", _paths(ValueKind.TEXT, "freeText1 freeText2 freeText3 freeText4 freeText5")),
    **_under("freeValues", _paths(ValueKind.DECIMAL, "freeDecimal1 freeDecimal2")),
    **_under("freeValues", _paths(ValueKind.FLAG, "freeBoolean1 freeBoolean2")),
}

_YES = frozenset({"true", "yes", "ja", "on", "1"})
_NO = frozenset({"false", "no", "nei", "off", "0"})


class NotOfThisKind(ValueError):
    """The value cannot be brought to what the field takes."""


def extra_value(value: Any, kind: ValueKind) -> Any:
    """The value as the WMS takes it (text, number as Decimal, bool, time as text in UTC); None when there is nothing to send.

    Raises NotOfThisKind.
    """
    if isinstance(value, str):
        value = visible(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    converted = _CONVERT[kind](value)
    if converted is None:
        raise NotOfThisKind
    return converted


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, str | int | float | Decimal) else None


def _decimal(value: Any) -> Decimal | None:
    """ "12,5" is how a Norwegian writes it."""
    return number(value.strip().replace(",", ".") if isinstance(value, str) else value)


def _whole(value: Any) -> Decimal | None:
    number = _decimal(value)
    return number if number is not None and number == number.to_integral_value() else None


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    return True if word in _YES else False if word in _NO else None


def _time(value: Any) -> str | None:
    found = moment(value)
    return None if found is None else found.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_CONVERT = {
    ValueKind.TEXT: _text,
    ValueKind.DECIMAL: _decimal,
    ValueKind.WHOLE: _whole,
    ValueKind.FLAG: _flag,
    ValueKind.TIME: _time,
}


def extra_path_problems(paths: Mapping[str, Any], writable: Mapping[str, ValueKind], field: str) -> tuple[Problem, ...]:
    """Paths that the WMS does not have, or that only the field table may set. `field` is where they were configured."""
    return tuple(
        Problem(
            "extra-field-unknown",
            f"{field}.{path}",
            f"{path!r} is not a field that can be written in the WMS",
            "write the field's whole path, like freeText1 on an order or freeValues.freeText1 on an article",
        )
        for path in paths
        if path not in writable
    )


def extra_value_problems(
    extra: Mapping[str, Any], writable: Mapping[str, ValueKind], field: str = "extra"
) -> tuple[Problem, ...]:
    """Unknown paths, and values that are not of their field's kind. `field`: where the record has them."""
    found = list(extra_path_problems(extra, writable, field))
    for path, value in extra.items():
        kind = writable.get(path)
        if kind is None:
            continue
        try:
            extra_value(value, kind)
        except NotOfThisKind:
            found.append(
                Problem(
                    "extra-field-unreadable",
                    f"{field}.{path}",
                    f"{path} takes {kind.value}, and {value!r} is none",
                    "correct the value in the shop, or map another field",
                )
            )
    return tuple(found)
