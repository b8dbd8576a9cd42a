"""The shop's articles, and what the warehouse has of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.domain import Article, Process, SourceRecord
from app.domain import Kind as RecordKind
from app.engine.jobs.mapper import map_record
from app.engine.longwork.reconcile.findings import ON_ITS_WAY, SAME, Action, Kind, not_wanted, on_the_way, read_again
from app.engine.longwork.reconcile.orders import late
from app.engine.longwork.slices import Slice, read_source
from app.records import jobs, mappings
from app.records.jobs import JobFacts
from app.records.longwork.lines import Line
from app.records.mappings import Mapping
from app.records.purchases import suppliers
from app.warehouse.reads.resources import WarehouseArticle
from app.warehouse.writes.differences import compared_article
from app.warehouse.writes.fields import article_body
from app.warehouse.writes.problems import article_problems


async def compare(run: Slice) -> bool:
    """Returns whether all were read within the slice."""
    return await read_source(run, Process.ARTICLES, None, lambda some: _compare(run, some))


async def _compare(run: Slice, some: Sequence[SourceRecord]) -> None:
    mapped = [map_record(run.connection, record) for record in some]
    articles = [each for each in mapped if isinstance(each, Article)]
    async with run.gateway.database.read() as db:
        known = await mappings.of_sources(db, run.connection.id, RecordKind.ARTICLE, [each.source_id for each in articles])
        theirs = await jobs.of_mappings(db, [each.id for each in known.values()])
        articles = [await suppliers.put_in(db, run.connection, each) for each in articles]
    numbers = [each.number for each in articles if each.number and each.wanted]
    there = await run.gateway.warehouse(run.connection).get_articles(numbers) if numbers else {}
    for article in articles:
        mapping = known.get(article.source_id)
        job = next((each for each in theirs.get(mapping.id, []) if each.process is Process.ARTICLES), None) if mapping else None
        found = _finding(run, article, mapping, job, there.get(article.number or ""))
        run.counts[found.kind if isinstance(found, Line) else found] += 1
        if isinstance(found, Line):
            run.lines.append(found)


def _finding(
    run: Slice, article: Article, mapping: Mapping | None, job: JobFacts | None, there: WarehouseArticle | None
) -> Line | str:
    if not article.wanted:
        return not_wanted("not-wanted")
    settings = run.connection.settings.warehouse
    problems = (*article.problems, *article_problems(article, settings, run.noun))
    if problems or article.number is None:
        return not_wanted(problems[0].code if problems else "no-article-number")
    now = run.gateway.clock()
    waiting = on_the_way(job, run.connection, now, late(run))
    if waiting is not None:
        return waiting
    action = read_again(run.connection, Action.SYNC_ARTICLES) if mapping is not None else Action.SYNC_ARTICLES
    mapping_id = mapping.id if mapping is not None else None
    if there is None:
        if mapping is None and _is_young(run, article, now):
            return ON_ITS_WAY
        words = f"The {run.noun} has it, and the warehouse does not"
        return Line(Kind.MISSING, Process.ARTICLES, article.number, article.source_id, words, "missing", mapping_id, action)
    found = compared_article(article_body(article, run.connection.warehouse.goods_owner_id, settings).json, there)
    if not found:
        return SAME
    if _is_young(run, article, now):
        return ON_ITS_WAY
    fields = tuple({"field": each.field, "before": each.shown, "after": each.sent} for each in found)
    words = f"{len(found)} of its fields differ in the warehouse"
    return Line(
        Kind.DIFFERENT, Process.ARTICLES, article.number, article.source_id, words, "different", mapping_id, action, fields
    )


def _is_young(run: Slice, article: Article, now: datetime) -> bool:
    return article.modified_at is not None and now - article.modified_at < late(run)
