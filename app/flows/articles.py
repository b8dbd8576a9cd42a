"""Articles into the warehouse, the suppliers that go along with them, and the articles that an order needs before it is sent."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain import Article, OrderLine, Problem, Supplier, content_hash
from app.errors import Refused, RemoteError
from app.flows.outcomes import Known, Notice, Outcome, Renumbered, Result, Transfer, WarehousePort, explained, held
from app.logs import get_logger
from app.warehouse.reads.stock import StockLevel
from app.warehouse.writes.differences import differences_article
from app.warehouse.writes.fields import Body, article_body, thin_article_body
from app.warehouse.writes.problems import article_problems

PUT_ARTICLE = "PUT /articles"
GET_ARTICLES = "GET /articles"

log = get_logger(__name__)


async def transfer_article(article: Article, known: Known, port: WarehousePort) -> Result:
    """Writes the article when its content has changed. Raises RemoteError when a call failed in a way that is worth another try.

    A write whose outcome is not known is looked up first, whatever the article has become since. requirement: articles from the
    shop; Ongoing articles.
    """
    return await _with_notices(article, known, await _transferred(article, known, port), port)


async def _transferred(article: Article, known: Known, port: WarehousePort) -> Result:
    if known.transfer is not Transfer.UNKNOWN:
        return await _bring(article, known, port)
    shown = await _shown(article, known, port)
    result = await _bring(article, shown, port)
    if result.outcome is Outcome.UNCHANGED and result.code is None:  # the earlier call had arrived
        result = replace(result, outcome=_done(known))
    wms_id = result.wms_id if result.wms_id is not None else shown.wms_id
    return replace(result, settles=True, wms_id=wms_id, sent_hash=result.sent_hash or shown.sent_hash)


async def _shown(article: Article, known: Known, port: WarehousePort) -> Known:
    """What is known once the WMS has been read. What was sent counts as sent only if the WMS shows it."""
    number, write = known.number or article.number, port.unknown_write
    found = None
    if number is not None and not (write is not None and write.elsewhere):
        found = (await port.read(GET_ARTICLES, lambda: port.client.get_articles([number]))).get(number)
    sent = write.request if write is not None else None
    arrived = found is not None and sent and not differences_article(sent, found)
    wms_id = found.article_system_id if found is not None else known.wms_id
    transfer = Transfer.PENDING if wms_id is None else Transfer.SENT
    return replace(known, transfer=transfer, wms_id=wms_id, sent_hash=Body(sent, ()).hash if arrived and sent else None)


async def _bring(article: Article, known: Known, port: WarehousePort) -> Result:
    if not article.wanted:
        return _not_wanted(article, known, port.noun)
    problems = (*article.problems, *article_problems(article, port.settings, port.noun))
    if problems or article.number is None:
        return _skipped(problems)
    owner = await port.claim(article.number)
    if owner:
        return held(_taken(article.number, owner))
    body = article_body(article, port.goods_owner_id, port.settings)
    digest = body.hash
    if known.sent_hash == digest and not (port.asked_for and await _is_otherwise(article.number, body, port)):
        return Result(Outcome.UNCHANGED, Transfer.SENT, wanted="present")
    missing = await _missing_part(article, port)
    if missing is not None:
        return held(missing)
    try:
        written = await port.write(PUT_ARTICLE, body.json, lambda: port.client.put_article(body.json))
    except Refused as refusal:
        return await _after_refusal(refusal, article.number, body.json, digest, known, port)
    notes = (*body.cuts, *article.said, *((f"The WMS said: {written.message}",) if written.message else ()))
    return Result(_done(known), Transfer.SENT, wanted="present", wms_id=written.id, sent_hash=digest, notes=notes)


async def _is_otherwise(number: str, body: Body, port: WarehousePort) -> bool:
    """Whether the WMS has the article otherwise than it was sent, or has it no more."""
    found = (await port.read(GET_ARTICLES, lambda: port.client.get_articles([number]))).get(number)
    return found is None or bool(differences_article(body.json, found))


def _done(known: Known) -> Outcome:
    return Outcome.CREATED if known.wms_id is None else Outcome.UPDATED


def _not_wanted(article: Article, known: Known, noun: str) -> Result:
    if known.wms_id is None:
        reason = f"The {noun}'s status is {article.status!r}"
        return Result(Outcome.SKIPPED, Transfer.NONE, "not-wanted", reason, wanted="absent")
    reason = f"The {noun}'s status is {article.status!r}; the article stays in the warehouse, which may still have stock of it"
    return Result(Outcome.UNCHANGED, Transfer.SENT, "kept", reason, wanted="absent")


def _skipped(problems: Sequence[Problem]) -> Result:
    if not problems:
        return Result(Outcome.SKIPPED, Transfer.NONE, "no-article-number", "The record has no article number")
    first = problems[0]
    notes = tuple(problem.message for problem in problems[1:])
    return Result(Outcome.SKIPPED, Transfer.NONE, first.code, explained(first), notes=notes)


def _taken(number: str, owner: str) -> Problem:
    return Problem(
        "article-number-taken", "number", f"Article number {number} belongs to {owner}", "Give each article a number of its own"
    )


async def _after_refusal(
    refusal: Refused, number: str, body: dict[str, object], digest: str, known: Known, port: WarehousePort
) -> Result:
    found = (await port.read(GET_ARTICLES, lambda: port.client.get_articles([number]))).get(number)
    if found is not None and not differences_article(body, found):
        return Result(_done(known), Transfer.SENT, wanted="present", wms_id=found.article_system_id, sent_hash=digest)
    return Result(
        Outcome.FAILED, Transfer.REFUSED, "refused", f"The WMS refused the article: {refusal.message}", wanted="present"
    )


async def _missing_part(article: Article, port: WarehousePort) -> Problem | None:
    """Why the kit cannot be sent yet. Its parts go first: one that waits here is made now."""
    numbers = list(dict.fromkeys(part.number for part in article.parts))
    unknown = await port.unknown_articles(numbers) if numbers else []
    there = await port.read(GET_ARTICLES, lambda: port.client.get_articles(unknown)) if unknown else {}
    for number in unknown:
        if number in there:
            await port.article_exists(number, there[number].article_system_id)
            continue
        full = await port.waiting_article(number, taken=True)
        if full is None or full.parts:
            return Problem(
                "kit-part-missing",
                "parts",
                f"the kit {article.number} needs {number}, which the WMS does not have",
                f"give the part that number in the {port.noun}, or correct the kit's parts",
            )
        body = article_body(full, port.goods_owner_id, port.settings)
        written = await port.write(PUT_ARTICLE, body.json, functools.partial(port.client.put_article, body.json))
        line = OrderLine("", number, full.name, Decimal(1), None, None, "", product_code=full.source_id)
        await port.article_created(line, written, body.hash)
    return None


# --- what a person should know ----------------------------------------------------------------------------------------------


async def _with_notices(article: Article, known: Known, result: Result, port: WarehousePort) -> Result:
    """A changed number makes another article: its stock is the new one's from now on, and a person is told once."""
    notices = []
    if article.lacks_barcode and result.outcome in (Outcome.CREATED, Outcome.UPDATED):
        text = f"Article {article.number} ({article.name}) has no code that can be scanned"
        notices.append(Notice(text, WITHOUT_BARCODE))
    is_other = known.wms_id is not None and result.wms_id not in (None, known.wms_id)
    if not is_other or article.number is None:
        return replace(result, notices=tuple(notices))
    former = known.number if known.number != article.number else None
    levels = await _levels([number for number in (former, article.number) if number], port)
    text = _renamed(former, known.wms_id, article.number, levels.get(former or ""), port.noun)
    renumbered = Renumbered(article.number, levels.get(article.number))
    return replace(result, notes=(*result.notes, text), notices=(*notices, Notice(text)), renumbered=renumbered)


WITHOUT_BARCODE = "articles without bar code"


async def _levels(numbers: Sequence[str], port: WarehousePort) -> dict[str, StockLevel]:
    """What the WMS has of these. The article itself was written: a read that fails costs the figures only."""
    try:
        return await port.read(GET_ARTICLES, lambda: port.client.stock_of(numbers))
    except RemoteError as error:
        log.warning("stock_not_read", numbers=list(numbers), error=type(error).__name__)
        return {}


def _renamed(former: str | None, former_id: int | None, number: str, left: StockLevel | None, noun: str) -> str:
    was = former or f"with the WMS's id {former_id}"
    on_shelf = left.on_shelf if left is not None else None
    pieces = f" The warehouse has {on_shelf.normalize():f} of {was} on its shelf." if on_shelf is not None else ""
    return (
        f"The article {was} has the number {number} now, which is another article in the WMS.{pieces} The {noun} is shown what "
        f"may be sold of {number} only. Move the goods in the WMS, or give the product its former number back"
    )


async def ensure_articles(lines: Sequence[OrderLine], port: WarehousePort) -> None:
    """Makes the articles of an order that the WMS lacks: the full article when one waits, else one from the order line.

    An article is made only after a read shows that it is missing. A thin one would blank the fields of an article that is there.
    Raises Refused when the WMS does not take an article: then the order cannot be sent.
    """
    by_number = {line.article_number: line for line in lines if line.article_number}
    unknown = await port.unknown_articles(list(by_number))
    if not unknown:
        return
    there = await port.read(GET_ARTICLES, lambda: port.client.get_articles(unknown))
    for number in unknown:
        if number in there:
            await port.article_exists(number, there[number].article_system_id)
        else:
            await _make_article(by_number[number], number, port)


async def _make_article(line: OrderLine, number: str, port: WarehousePort) -> None:
    full = await port.waiting_article(number)
    if full is not None:
        await _missing_part(full, port)
        body = article_body(full, port.goods_owner_id, port.settings)
    else:
        body = thin_article_body(await port.described(line), port.goods_owner_id, port.settings)
    written = await port.write(PUT_ARTICLE, body.json, lambda: port.client.put_article(body.json))
    await port.article_created(line, written, body.hash)


async def keep_supplier(supplier: Supplier, known: Known, port: WarehousePort) -> Result:
    """Keeps the supplier. The WMS has none of its own: it gets the supplier with the articles that name it."""
    if supplier.problems or supplier.number is None:
        return _skipped(supplier.problems)
    owner = await port.claim(supplier.number)
    if owner:
        message = f"Supplier number {supplier.number} belongs to {owner}"
        fix = "Switch suppliers off for one of the two connections"
        return held(Problem("supplier-number-taken", "number", message, fix))
    digest = content_hash(supplier)
    if known.sent_hash == digest and known.transfer is Transfer.SENT:
        return Result(Outcome.UNCHANGED, Transfer.SENT, wanted="present")
    port.keep(supplier)
    outcome = Outcome.CREATED if known.sent_hash is None else Outcome.UPDATED
    return Result(outcome, Transfer.SENT, wanted="present", sent_hash=digest, notes=supplier.notes)
