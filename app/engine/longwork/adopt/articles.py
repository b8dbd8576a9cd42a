"""The shop's articles, and which of them the WMS has already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Article, Process, SourceRecord
from app.domain import Kind as RecordKind
from app.engine.jobs.changes import Found, FoundBy, RecordChange
from app.engine.jobs.mapper import map_record
from app.engine.longwork.adopt.storing import DIFFERS, KNOWN, NOT_IN_WMS, NOT_OURS, TAKEN, Taken, owners, store_all
from app.engine.longwork.reconcile.findings import not_wanted
from app.engine.longwork.slices import Also, Slice, read_source
from app.flows.outcomes import explained
from app.records import mappings
from app.records.longwork.lines import Line
from app.records.purchases import suppliers
from app.warehouse.reads.resources import WarehouseArticle
from app.warehouse.writes.differences import compared_article
from app.warehouse.writes.fields import article_body
from app.warehouse.writes.problems import article_problems


async def take_over(run: Slice) -> bool:
    """Returns whether all were read within the slice."""
    return await read_source(run, Process.ARTICLES, None, lambda some: _take(run, some))


async def _take(run: Slice, some: Sequence[SourceRecord]) -> Also | None:
    changes = [RecordChange(each, map_record(run.connection, each), Found(FoundBy.OPERATOR)) for each in some]
    async with run.gateway.database.read() as db:
        known = await mappings.of_sources(db, run.connection.id, RecordKind.ARTICLE, [each.source_id for each in changes])
        full = {
            each.source_id: await suppliers.put_in(db, run.connection, each.mapped)
            for each in changes
            if isinstance(each.mapped, Article)
        }
    numbers = [each.number for each in full.values() if each.number and each.wanted]
    there = await run.gateway.warehouse(run.connection).get_articles(numbers) if numbers else {}
    async with run.gateway.database.read() as db:
        whose = await owners(db, run.connection, RecordKind.ARTICLE, [each.article_system_id for each in there.values()])
    taken: list[Taken] = []
    for change in changes:
        article, mapping = full[change.source_id], known.get(change.source_id)
        if mapping is not None and mapping.wms_id is not None:
            run.counts[KNOWN] += 1
            continue
        seen = there.get(article.number or "")
        is_taken = seen is not None and (
            seen.article_system_id in whose or any(one.values["number"] == seen.number for one in taken)
        )
        found, values = _taken_by_another(article) if is_taken else _finding(run, article, seen)
        run.counts[found.kind if isinstance(found, Line) else found] += 1
        if isinstance(found, Line):
            run.lines.append(found)
        if values:
            taken.append(Taken(change, values, f"Taken over: the WMS had the article {article.number} already"))
    if not run.work.options["apply"] or not taken:
        return None

    async def also(db: AsyncConnection) -> Counter[str]:
        return await store_all(db, run.connection, taken, run.gateway.clock())

    return also


def _finding(run: Slice, article: Article, there: WarehouseArticle | None) -> tuple[Line | str, dict[str, Any]]:
    """The line, or the word under which it is counted; and what its mapping holds, when it is taken over."""
    if not article.wanted:
        return not_wanted("not-wanted"), {}
    settings = run.connection.settings.warehouse
    problems = (*article.problems, *article_problems(article, settings, run.noun))
    if problems or article.number is None:
        code = problems[0].code if problems else "no-article-number"
        words = explained(problems[0]) if problems else "The record has no article number"
        return _line(article, NOT_OURS, code, words), {}
    if there is None:
        return _line(
            article, NOT_IN_WMS, "missing", "Not in the WMS under this number. It is made there once articles are synced"
        ), {}
    body = article_body(article, run.connection.warehouse.goods_owner_id, settings)
    values = {"number": article.number, "wms_id": there.article_system_id, "sent_hash": body.hash, "wanted": "present"}
    found = compared_article(body.json, there)
    if not found:
        return _line(article, TAKEN, None, "As the WMS has it"), values
    words = f"{len(found)} of its fields differ in the WMS. They stay so until the {run.noun} changes it, or a resync"
    fields = tuple({"field": each.field, "before": each.shown, "after": each.sent} for each in found)
    return _line(article, DIFFERS, "different", words, fields), values


def _taken_by_another(article: Article) -> tuple[Line | str, dict[str, Any]]:
    return _line(article, NOT_OURS, "article-number-taken", "Another record of this goods owner has the article already"), {}


def _line(article: Article, kind: str, code: str | None, words: str, fields: tuple[dict[str, Any], ...] = ()) -> Line:
    return Line(kind, Process.ARTICLES, article.number, article.source_id, words, code, fields=fields)
