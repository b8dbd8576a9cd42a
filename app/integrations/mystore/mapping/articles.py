"""The field table of articles: products without variants, and variants. Read beside the requirement, mystore.

Pure and total: any JSON becomes an Article, and what is wrong with it becomes its problems.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.domain import Article, Problem, SourceRecord
from app.domain.countries import country_named
from app.integrations.kit.articles.options import with_options
from app.integrations.kit.number_rules import article_number
from app.integrations.kit.problems import FieldNames, complete_article
from app.integrations.mystore.mapping.options import combined_name, product_code
from app.integrations.mystore.rest.resources import (
    LANGUAGE,
    OPTIONS,
    PRODUCT,
    UNREAD,
    VARIANT,
    VARIANTS,
    amount_text,
    attributes,
    words,
)
from app.integrations.mystore.settings import MystoreSettings
from app.json_reading import Body, number, objects, plain_at, section, text, whole

UNIT_CODE = "st"
_KILOGRAMS = {
    "kg": Decimal(1),
    "kilogram": Decimal(1),
    "kilo": Decimal(1),
    "g": Decimal("0.001"),
    "gram": Decimal("0.001"),
    "gr": Decimal("0.001"),
}
_NAMES = FieldNames({"number": "sku", "weight_kg": "weight", "customer_price": "price"})


def map_article(record: SourceRecord, settings: MystoreSettings) -> Article:
    """A product or a variant as an article. A variant's product and options are expected beside it."""
    own = attributes(record.body)
    is_variant = record.source_id.startswith(VARIANT)
    product = section(record.body, PRODUCT) if is_variant else record.body
    general = attributes(product)
    options = objects(record.body, OPTIONS)
    cost = number(own.get("cost"))
    if cost is None:
        cost = number(general.get("cost"))
    sku = text(own, "sku")
    numbered = article_number(sku, record.source_id, settings.article_number_fallback, settings.article_number_replacements)
    status, wanted = _status(record.body, own, general)
    article = Article(
        source_id=record.source_id,
        modified_at=record.modified_at,
        number=numbered,
        name=combined_name(words(general.get("name"), _language(record.body, settings)), options),
        product_code=product_code(text(product, "id"), options),
        parent_id=text(product, "id") or None if is_variant else None,
        unit_code=UNIT_CODE,
        has_variations=status == HAS_VARIANTS,
        wanted=wanted or (settings.inactive_articles and status != HAS_VARIANTS),
        status=status,
        barcode=text(own, "ean").strip() or None,
        picture=text(own, "image").strip() or text(general, "image").strip() or None,
        weight_kg=_weight(own if number(own.get("weight")) is not None else general, settings),
        customer_price=number(general.get("price")),
        country_of_origin=_origin(own, general, settings),
        extra={
            **_extra({"purchasePrice": cost, "stockValuationPrice": cost}),
            **({"freeValues.freeDecimal2": record.source_id.removeprefix(VARIANT)} if is_variant else {}),
            **extra_of(record.body, settings.extra_article_fields),
        },
    )
    article = with_options(article, lambda path: _at(record.body, path), settings.articles)
    return complete_article(article, _problems(record, numbered), settings, _NAMES, given=sku)


def _origin(own: Body, product: Body, settings: MystoreSettings) -> str | None:
    """The variant's own, else its product's. What is no country is not sent: customs then ask for it, if they must."""
    if settings.country_of_origin_attribute is None:
        return None
    given = (text(holder, settings.country_of_origin_attribute).strip() for holder in (own, product))
    return next((country for each in given if each and (country := country_named(each))), None)


HAS_VARIANTS = "has variants"
"""The status of a product whose variants are articles: it is none itself."""


def _status(body: Body, own: Body, product: Body) -> tuple[str, bool]:
    if (whole(body, VARIANTS) or 0) > 0:
        return HAS_VARIANTS, False
    if _is_off(product.get("status"), 0):
        return "inactive", False
    if _is_off(own.get("disabled"), 1):
        return "disabled", False
    return "active", True


def _is_off(value: Any, off: int) -> bool:
    """The shop writes 0 and 1 as numbers, texts or truth values; what is missing is not off."""
    if isinstance(value, bool):
        return value is bool(off)
    return number(value) == off


def _weight(holder: Body, settings: MystoreSettings) -> Decimal | None:
    """In kilograms, without trailing zeros. A product that names its unit is read in that one."""
    found = number(holder.get("weight"))
    if found is None:
        return None
    named = (text(holder, "weight_unit") or text(holder, "weight_class")).strip().casefold()
    unit = _KILOGRAMS.get(named, _KILOGRAMS[settings.weight_unit])
    return Decimal(format((found * unit).normalize(), "f"))


def _language(body: Body, settings: MystoreSettings) -> str | None:
    return settings.language or text(body, LANGUAGE) or None


def _problems(record: SourceRecord, numbered: str | None) -> list[Problem]:
    found = []
    if numbered is None:
        fix = "give it a SKU of its own in the shop, or set article_number_fallback"
        found.append(Problem("article-without-number", "sku", "there is no SKU", fix))
    unread = text(section(record.body, UNREAD), "options")
    if unread:
        message = f"the options of the variant could not be read: {unread}"
        fix = "let the access token read product-attributes and product-options, then sync the articles"
        found.append(Problem("options-unreadable", "relationships.product-attributes", message, fix))
    return found


def _extra(values: dict[str, Decimal | None]) -> dict[str, Any]:
    return {path: amount_text(value) for path, value in values.items() if value is not None}


def extra_of(body: Body, mapped: dict[str, str]) -> dict[str, Any]:
    """Configured extra fields: paths begin at the resource's attributes, else at the resource."""
    found = {target: _at(body, path) for target, path in mapped.items()}
    return {target: value for target, value in found.items() if value not in (None, "")}


def _at(body: Body, path: str) -> Any:
    """What stands at the path in the resource's attributes, else in the resource, else in its product's attributes."""
    inside = plain_at(attributes(body), path)
    return inside if inside is not None else plain_at(body, path)
