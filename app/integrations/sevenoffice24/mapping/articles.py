"""The field table of articles. Read beside the requirement, 24SevenOffice. Pure and total."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from app.domain import Article, Problem, SourceRecord
from app.integrations.kit.articles.options import with_options
from app.integrations.kit.number_rules import article_number
from app.integrations.kit.problems import FieldNames, complete_article
from app.integrations.sevenoffice24.mapping.members import SHARED, amount, extra_of, words
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings
from app.json_reading import Body, as_list, as_text, identity, plain_at, text

WEIGHTS = {"kg": Decimal(1), "g": Decimal("0.001")}
"""Kilograms in one of the ERP's units."""
STATUSES = {"1": "active", "0": "expired"}
_NAMES = FieldNames({"number": "No", "weight_kg": "Weight"})
_OTHER_NUMBER = "give each product a number of its own in the ERP"


def map_article(record: SourceRecord, settings: SevenOfficeAdapterSettings) -> Article:
    """A product as an article. One whose number another product has too gets none: nobody could tell them apart."""
    body = record.body
    own = text(body, "No")
    numbered = article_number(own, record.source_id, settings.article_number_fallback, settings.article_number_replacements)
    problems = _problems(body, numbered, own)
    description = words(body, "Description")
    article = Article(
        source_id=record.source_id,
        modified_at=record.modified_at,
        number=None if problems else numbered,
        name=words(body, "Name"),
        product_code=record.source_id,
        unit_code="",
        status=STATUSES.get(text(body, "StatusId"), ""),
        barcode=words(body, "EAN1") or None,
        weight_kg=_weight(body, settings),
        supplier_id=identity(body.get("SupplierId")),
        extra={**({"description": description} if description else {}), **extra_of(body, settings.extra_article_fields)},
    )
    article = with_options(article, lambda path: plain_at(body, path), settings.articles)
    return complete_article(article, problems, settings, _NAMES, "ERP", own)


def sharing(ids: Sequence[str]) -> str:
    """Products in words: `products 1042, 1050 and 1055`."""
    return f"products {', '.join(ids[:-1])} and {ids[-1]}" if len(ids) > 1 else f"product {''.join(ids)}"


def _weight(body: Body, settings: SevenOfficeAdapterSettings) -> Decimal | None:
    """In kilograms. A product that nobody has weighed has 0: that would take away what the warehouse has measured."""
    found = amount(body, "Weight")
    return found * WEIGHTS[settings.weight_unit] if found else None


def _problems(body: Body, numbered: str | None, own: str) -> list[Problem]:
    ids = [as_text(each) for each in as_list(body.get(SHARED)) or ()]
    if len(ids) > 1:
        message = f"the number {own.strip()} belongs to {sharing(ids)}"
        return [Problem("article-number-taken", "No", message, _OTHER_NUMBER)]
    if numbered is None:
        fix = "give the product a number in the ERP, or set article_number_fallback"
        return [Problem("article-without-number", "No", "there is no product number", fix)]
    return []
