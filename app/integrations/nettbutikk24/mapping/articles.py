"""The field table of articles. Read beside the requirement, 24Nettbutikk. Pure and total."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.domain import Article, Category, Problem, SourceRecord
from app.integrations.kit.articles.options import with_options
from app.integrations.kit.number_rules import article_number
from app.integrations.kit.problems import FieldNames, complete_article
from app.integrations.nettbutikk24.mapping.members import product_key
from app.integrations.nettbutikk24.rest.values import amount, flag, plain_number
from app.integrations.nettbutikk24.settings import NettbutikkAdapterSettings
from app.json_reading import Body, plain, plain_at, text

UNIT_CODE = "st"
LENGTHS = {"m": Decimal("0.01"), "cm": Decimal(1), "mm": Decimal(10)}
"""The warehouse's units in one of the shop's centimetres."""
VOLUMES = {"m3": Decimal("0.001"), "litre": Decimal(1)}
"""The same of litres."""
_NAMES = FieldNames({"number": "article_no", "weight_kg": "weight", "customer_price": "price"})


def map_article(record: SourceRecord, settings: NettbutikkAdapterSettings) -> Article:
    """One row of `flat` as an article."""
    row = record.body
    own = text(row, "article_no")
    numbered = article_number(own, record.source_id, settings.article_number_fallback, settings.article_number_replacements)
    is_active = flag(row, "active")
    article = Article(
        source_id=record.source_id,
        modified_at=record.modified_at,
        number=numbered,
        name=" ".join(part for part in (plain(row, "name"), plain(row, "variant")) if part),
        product_code=product_key(row) or record.source_id,
        unit_code=UNIT_CODE,
        status="active" if is_active else "inactive",
        barcode=text(row, "ean_code").strip() or None,
        picture=text(row, "image").strip() or None,
        weight_kg=amount(row.get("weight")),
        customer_price=amount(row.get("price")),
        categories=_classes(row, settings),
        extra={**_extra(row, settings, is_active=is_active), **extra_of(row, settings.extra_article_fields)},
    )
    article = with_options(article, lambda path: plain_at(row, path), settings.articles)
    return complete_article(article, _problems(numbered), settings, _NAMES, given=own)


def _extra(row: Body, settings: NettbutikkAdapterSettings, *, is_active: bool) -> dict[str, Any]:
    """Fields of the table that no other system has."""
    found: dict[str, Any] = {
        "description": plain(row, "description"),
        "purchasePrice": _number(row, "buying_price"),
        "length": _number(row, "length", LENGTHS[settings.length_unit]),
        "width": _number(row, "width", LENGTHS[settings.length_unit]),
        "volume": _number(row, "volume", VOLUMES[settings.volume_unit]),
        "isActive": is_active,
    }
    category, place = plain(row, "category"), {"category": "articleCategory", "group": "articleGroup"}
    if category and settings.category_field in place:
        under = place[settings.category_field]
        found |= {f"{under}.code": category, f"{under}.name": category}
    return {path: value for path, value in found.items() if value not in (None, "")}


def _number(row: Body, key: str, unit: Decimal = Decimal(1)) -> str | None:
    """In the warehouse's unit; None where the shop says nothing."""
    found = amount(row.get(key))
    return None if found is None else plain_number(found * unit)


def _classes(row: Body, settings: NettbutikkAdapterSettings) -> tuple[Category, ...]:
    category = plain(row, "category")
    return (Category(category, category),) if category and settings.category_field == "class" else ()


def _problems(numbered: str | None) -> list[Problem]:
    if numbered is not None:
        return []
    fix = "give it an article number of its own in the shop, or set article_number_fallback"
    return [Problem("article-without-number", "article_no", "there is no article number", fix)]


def extra_of(body: Body, mapped: dict[str, str]) -> dict[str, Any]:
    """Configured extra fields."""
    found = {target: plain_at(body, path) for target, path in mapped.items()}
    return {target: value for target, value in found.items() if value not in (None, "")}
