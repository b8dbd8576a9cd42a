"""What a flow calls the warehouse through. Calls are recorded, numbers are claimed, articles have one owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import Article, JobState, Kind, OrderLine, Process
from app.domain.record import kind_of
from app.engine.core import circuit
from app.engine.core.runtime import Gateway
from app.engine.dispatch.job_calls import JobCalls, about
from app.engine.jobs.claim import ClaimedJob
from app.engine.jobs.mapper import payload_of
from app.flows.outcomes import Transfer, UnknownWrite
from app.logs import get_logger
from app.records import mappings
from app.records.connections import Connection
from app.records.jobs import opened
from app.records.mappings import Note
from app.storage.tables import jobs
from app.warehouse.rest.client import OngoingClient, Written
from app.warehouse.settings import OngoingSettings
from app.warehouse.writes.problems import article_problems

log = get_logger(__name__)


def open_warehouse_port(
    gateway: Gateway, connection: Connection, claimed: ClaimedJob, mapping_id: int, unknown_write: UnknownWrite | None
) -> RecordedWarehouse:
    """Opens the port for one claimed job of a warehouse's lane."""
    return RecordedWarehouse(
        gateway=gateway,
        lease=claimed.lease,
        about=about(claimed, mapping_id),
        connection=connection,
        claimed=claimed,
        mapping_id=mapping_id,
        system="Ongoing WMS",
        counted=circuit.of_warehouse(connection),
        call_timeout_seconds=connection.settings.warehouse.call_timeout_seconds,
        unknown_write=unknown_write,
        released=claimed.job.override == "release",
        client=gateway.warehouse(connection),
    )


@dataclass
class RecordedWarehouse(JobCalls):
    """Implements `flows.outcomes.WarehousePort` for one claimed job."""

    client: OngoingClient = field(kw_only=True)

    @property
    def goods_owner_id(self) -> int:
        return self.connection.warehouse.goods_owner_id

    @property
    def settings(self) -> OngoingSettings:
        return self.connection.settings.warehouse

    async def claim(self, number: str) -> str | None:
        kind = kind_of(self.claimed.job.process)
        try:
            async with self.gateway.database.begin() as db:
                owner = await mappings.owner_of(db, self.connection.lane, kind, number)
                if owner is None:
                    await mappings.change(db, self.mapping_id, self.gateway.clock(), number=number, lane=self.connection.lane)
                    return None
        except IntegrityError:
            return "another record that claimed it at the same moment"
        if owner.id == self.mapping_id:
            return None
        if owner.connection_id == self.connection.id:
            return f"{owner.kind} {owner.source_id} of this connection"
        # The reason does not name the other connection: a key limited to this one may read it, and may not see the other.
        log.info("number_taken", number=number, by_connection=owner.connection_id, by_mapping=owner.id)
        return "another connection of the same goods owner"

    async def unknown_articles(self, numbers: Sequence[str]) -> list[str]:
        async with self.gateway.database.read() as db:
            known = await mappings.known_articles(db, self.connection.lane, numbers)
        return [number for number in numbers if number not in known]

    async def waiting_article(self, number: str) -> Article | None:
        query = select(jobs).where(
            jobs.c.lane == self.connection.lane,
            jobs.c.process == Process.ARTICLES,
            jobs.c.number == number,
            jobs.c.state.in_((JobState.WAITING, JobState.PARKED)),
        )
        async with self.gateway.database.read() as db:
            row = (await db.execute(query.limit(1))).first()
        if row is None:
            return None
        job = opened(row)
        article = payload_of(await self.gateway.connection(job.connection_id), job)
        assert isinstance(article, Article)
        # The WMS would refuse an article with a fault, and the order with it.
        sound = article.wanted and not article.problems and not article_problems(article, self.settings)
        return article if sound else None

    async def article_exists(self, number: str, wms_id: int) -> None:
        async with self.gateway.database.begin() as db:
            owner = await mappings.owner_of(db, self.connection.lane, Kind.ARTICLE, number)
            if owner is not None and owner.wms_id is None:
                await mappings.change(db, owner.id, self.gateway.clock(), wms_id=wms_id)

    async def article_created(self, line: OrderLine, written: Written, sent_hash: str) -> None:
        """No connection owns an article whose line has no product. The next order that needs it reads it again."""
        number = line.article_number
        if number is None:
            return
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

    async def _own(self, db: AsyncConnection, number: str, source_id: str, now: datetime) -> mappings.Mapping | None:
        known = await mappings.by_source(db, self.connection.id, Kind.ARTICLE, source_id)
        if known is None:
            known = await mappings.create(db, self.connection.id, Kind.ARTICLE, source_id, self.connection.lane, now)
        if known.number is None:
            await mappings.change(db, known.id, now, number=number)
            return known
        return known if known.number == number else None
