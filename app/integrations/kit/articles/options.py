"""Bar codes, pictures, classes and kits of an article, as the connection's settings ask for them: the same for every system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from app.domain import Article, BarCode, Category, Part, Problem
from app.integrations.protocol.choices.articles import ArticleSettings, ScannedCode, counted, entries_in, parts_in

At = Callable[[str], Any]
"""What stands at a path in the system's own record: text, number or truth value; None when nothing does."""


def with_options(article: Article, at: At, settings: ArticleSettings) -> Article:
    """The article with what the settings ask for. `article.barcode` and `.picture` are those of the system's own fields.

    A list of parts that cannot be read is a problem: a kit with half of its parts would be picked so.
    """
    picture, notes = _picture(article, at, settings)
    parts, problems = _parts(article, at, settings)
    coded = replace(
        _with_codes(article, at, settings),
        picture=picture,
        parts=parts,
        categories=(*article.categories, *_classes(article, at, settings)),
        said=(*article.said, *notes),
        problems=(*article.problems, *problems),
    )
    lacks = settings.warn_without_bar_code and coded.is_stock and not coded.barcode and not coded.parts
    return replace(coded, lacks_barcode=lacks)


def _text_at(at: At, path: str | None) -> str:
    found = at(path) if path else None
    return "" if found is None or isinstance(found, bool) else str(found).strip()


# --- bar codes --------------------------------------------------------------------------------------------------------------


def _with_codes(article: Article, at: At, settings: ArticleSettings) -> Article:
    own = _text_at(at, settings.bar_code_field) or article.barcode or ""
    scanned = {
        ScannedCode.BAR_CODE: own,
        ScannedCode.ARTICLE_NUMBER: article.number or "",
        ScannedCode.PRODUCT_CODE: article.product_code,
    }[settings.scanned_code]
    found = [BarCode(own)] if own else []
    found += [_bar_code(entry) for path in settings.more_bar_codes_fields for entry in entries_in(_text_at(at, path))]
    more = {each.code: each for each in reversed(found) if each.code != scanned}
    return replace(
        article,
        barcode=scanned or None,
        package_barcode=_text_at(at, settings.package_bar_code_field) or None,
        more_barcodes=tuple(reversed(more.values())),
    )


def _bar_code(entry: str) -> BarCode:
    code, count = counted(entry)
    return BarCode(code, count) if count else BarCode(entry)


# --- picture and classes ----------------------------------------------------------------------------------------------------


def _picture(article: Article, at: At, settings: ArticleSettings) -> tuple[str | None, list[str]]:
    """Its address, and why there is none though the product has a picture."""
    given = _text_at(at, settings.picture_field) or article.picture or ""
    if not settings.send_pictures or not given:
        return None, []
    whole = urljoin(settings.picture_base_url, given) if settings.picture_base_url else given
    try:
        is_whole = urlsplit(whole).scheme in ("http", "https")
    except ValueError:
        is_whole = False
    if is_whole:
        return whole, []
    return None, [f"The picture {given!r} is no whole address: set articles.picture_base_url"]


def _classes(article: Article, at: At, settings: ArticleSettings) -> Iterator[Category]:
    found = (entry for path in settings.class_fields for entry in entries_in(_text_at(at, path)))
    known = {category.code for category in article.categories}
    yield from (Category(entry, entry) for entry in dict.fromkeys(found) if entry not in known)


# --- kits -------------------------------------------------------------------------------------------------------------------


def _parts(article: Article, at: At, settings: ArticleSettings) -> tuple[tuple[Part, ...], list[Problem]]:
    kit = settings.kits.get(article.number or "")
    try:
        found = parts_in(kit or _text_at(at, settings.parts_field))
        if article.number in found:
            raise ValueError("the kit is a part of itself")
    except ValueError as error:
        fix = "write the kit's parts like TEE-M*2, CAP-1 in the shop"
        return (), [Problem("kit-parts-unreadable", settings.parts_field or "articles.kits", str(error), fix)]
    return tuple(Part(part, count) for part, count in found.items()) or article.parts, []
