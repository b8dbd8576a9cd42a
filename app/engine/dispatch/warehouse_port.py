"""What a flow calls the warehouse through. Calls are recorded, numbers are claimed, articles have one owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Article, JobState, Kind, OrderLine, Process, Supplier
from app.domain.record import kind_of
from app.engine.core import circuit
from app.engine.core.runtime import Gateway
from app.engine.dispatch import unsettled
from app.engine.dispatch.gate import Gate
from app.engine.dispatch.job_calls import JobCalls, about
from app.engine.dispatch.loading import ClaimedJob, NumberOwner
from app.engine.dispatch.mapping_updates import NumberClaim
from app.engine.jobs.mapper import payload_of
from app.flows.articles import GET_ARTICLES
from app.flows.outcomes import Transfer
from app.integrations.kit.side_reads import FINAL_NO
from app.integrations.protocol.source import DescribesLines
from app.logs import get_logger
from app.records import mappings
from app.records.connections import Connection
from app.records.jobs import opened
from app.records.mappings import Note
from app.records.purchases import suppliers
from app.storage.tables import jobs
from app.warehouse.reads.resources import WarehouseArticle
from app.warehouse.rest.client import OngoingClient, Written
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.problems import article_problems

log = get_logger(__name__)


def open_warehouse_port(gateway: Gateway, connection: Connection, claimed: ClaimedJob, gate: Gate[Any]) -> RecordedWarehouse:
    """Opens the port for one claimed job of a warehouse's lane."""
    return RecordedWarehouse(
        gateway=gateway,
        lease=claimed.lease,
        about=about(claimed),
        is_shop=False,
        connection=connection,
        claimed=claimed,
        gate=gate,
        system="Ongoing WMS",
        counted=circuit.of_warehouse(connection),
        call_timeout_seconds=connection.settings.warehouse.call_timeout_seconds,
        client=gateway.warehouse(connection),
    )


@dataclass
class RecordedWarehouse(JobCalls):
    """Implements `flows.outcomes.WarehousePort` for one claimed job."""

    client: OngoingClient = field(kw_only=True)
    kept: Supplier | None = None
    articles_read: dict[tuple[str, ...], dict[str, WarehouseArticle]] = field(default_factory=dict)

    @property
    def goods_owner_id(self) -> int:
        return self.connection.warehouse.goods_owner_id

    @property
    def settings(self) -> OngoingSettings:
        return self.connection.settings.warehouse

    async def claim(self, number: str) -> str | None:
        """The claim is stored with the next write's attempt, or at the job's end."""
        kind, job = kind_of(self.claimed.job.process), self.claimed.job
        owner = await self._owner_of(kind, number)
        if owner is None or owner.mapping_id == self.mapping_id:
            if owner is None:
                self.number = NumberClaim(self.mapping_id, self.connection.lane, number)
            self.gate.numbers[kind, number] = NumberOwner(self.mapping_id, self.connection.id, kind, job.source_id)
            return None
        if owner.connection_id == self.connection.id:
            return f"{owner.kind} {owner.source_id} of this connection"
        # The reason does not name the other connection: a key limited to this one may read it, and may not see the other.
        log.info("number_taken", number=number, by_connection=owner.connection_id, by_mapping=owner.mapping_id)
        return "another connection of the same goods owner"

    async def _owner_of(self, kind: Kind, number: str) -> NumberOwner | None:
        known = self.gate.numbers.get((kind, number))
        if known is not None:
            return known
        if number == self.claimed.job.number and self.connection.lane == self.claimed.job.lane:
            return self.claimed.owner
        async with self.gateway.database.read() as db:
            found = await mappings.owner_of(db, self.connection.lane, kind, number)
        return NumberOwner(found.id, found.connection_id, Kind(found.kind), found.source_id) if found is not None else None

    def keep(self, supplier: Supplier) -> None:
        self.kept = supplier

    async def known_supplier(self, supplier: Supplier) -> Supplier:
        """A supplier's number is its id in the system (requirement: suppliers)."""
        if supplier.name or supplier.number is None:
            return supplier
        async with self.gateway.database.read() as db:
            found = await suppliers.find(db, self.connection.id, [supplier.number])
        return found.get(supplier.number, supplier)

    async def may_have_sent(self, call: str) -> bool:
        async with self.gateway.database.read() as db:
            return await unsettled.may_have_sent(db, self.mapping_id, call)

    async def unknown_articles(self, numbers: Sequence[str]) -> list[str]:
        """Articles that another job is just making are waited for."""
        lane, kept = self.connection.lane, self.gateway.known_articles
        unknown = [number for number in numbers if kept.get((lane, number)) is None]
        if not unknown:
            return []
        missing = await self.gate.reserve_articles(unknown)
        async with self.gateway.database.read() as db:
            known = await mappings.known_articles(db, lane, missing) if missing else set()
        for number in known:
            kept.put((lane, number), True)
        self.gate.made |= known
        return [number for number in missing if number not in known]

    async def articles(self, numbers: Sequence[str]) -> dict[str, WarehouseArticle]:
        key = tuple(sorted(numbers))
        if key not in self.articles_read:
            self.articles_read[key] = await self.read(GET_ARTICLES, lambda: self.client.get_articles(numbers)) if key else {}
        return self.articles_read[key]

    async def waiting_article(self, number: str, *, taken: bool = False) -> Article | None:
        states = (JobState.WAITING, JobState.PARKED, *((JobState.RUNNING,) if taken else ()))
        query = select(jobs).where(
            jobs.c.lane == self.connection.lane,
            jobs.c.process == Process.ARTICLES,
            jobs.c.number == number,
            jobs.c.state.in_(states),
        )
        async with self.gateway.database.read() as db:
            row = (await db.execute(query.limit(1))).first()
            if row is None:
                return None
            job = opened(row)
            owner = await self.gateway.connection(job.connection_id)
            article = payload_of(owner, job)
            assert isinstance(article, Article)
            article = await suppliers.put_in(db, owner, article)
        # The WMS would refuse an article with a fault, and the order with it.
        sound = article.wanted and not article.problems and not article_problems(article, self.settings)
        return article if sound else None

    async def described(self, line: OrderLine) -> OrderLine:
        """A source that does not let it be read costs the article its full name, not the order its turn."""
        source, order = self.gateway.source(self.connection), self.claimed.job.source
        if not isinstance(source, DescribesLines) or order is None:
            return line
        try:
            return await source.line_article(order, line)
        except FINAL_NO as error:
            log.warning("line_not_described", order=self.claimed.job.source_id, call=error.call, status=error.status)
            return line

    async def article_exists(self, number: str, wms_id: int) -> None:
        self.gate.made.add(number)
        async with self.gateway.database.begin() as db:
            owner = await mappings.owner_of(db, self.connection.lane, Kind.ARTICLE, number)
            if owner is not None and owner.wms_id is None:
                await mappings.change(db, owner.id, self.gateway.clock(), wms_id=wms_id)
        if owner is not None:
            self.gateway.known_articles.put((self.connection.lane, number), True)

    async def article_created(self, line: OrderLine, written: Written, sent_hash: str) -> None:
        """No connection owns an article whose line has no product. The next order that needs it reads it again."""
        number = line.article_number
        if number is None:
            return
        self.gate.made.add(number)
        now = self.gateway.clock()
        async with self.gateway.database.begin() as db:
            owner = await mappings.owner_of(db, self.connection.lane, Kind.ARTICLE, number)
            if owner is None and line.product_code and self.connection.settings.processes.articles:
                owner = await self._own(db, number, line.product_code, now)
            if owner is None:
                return
            await mappings.change(
                db,
                owner.id,
                now,
                wms_id=written.id,
                transfer=Transfer.SENT,
                sent_hash=sent_hash,
                sent_at=now,
                reason=None,
                reason_code=None,
            )
            words = "Made for an order that needed it"
            await mappings.note(db, owner.id, now, Note("made-for-order", words, job_id=self.claimed.job.id))
        self.gateway.known_articles.put((self.connection.lane, number), True)

    async def _own(self, db: AsyncConnection, number: str, source_id: str, now: datetime) -> mappings.Mapping | None:
        known = await mappings.by_source(db, self.connection.id, Kind.ARTICLE, source_id)
        if known is None:
            known = await mappings.create(db, self.connection.id, Kind.ARTICLE, source_id, self.connection.lane, now)
        if known.number is None:
            await mappings.change(db, known.id, now, number=number)
            return known
        return known if known.number == number else None
