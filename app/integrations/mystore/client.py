"""The client of one mystore shop. It joins what the gateway reads there with what it writes."""

from __future__ import annotations

from collections.abc import Sequence

from app.integrations.mystore.check.connection_test import ConnectionTest
from app.integrations.mystore.mapping.statuses import Status, means, one_that_means
from app.integrations.mystore.reads.reading import RecordReader
from app.integrations.mystore.settings import Means
from app.integrations.mystore.webhooks.managed import Hooks
from app.integrations.mystore.writes.orders import Orders
from app.integrations.mystore.writes.stock import Stock
from app.integrations.protocol import Choice, TestReport

_KEPT_BY_ID: tuple[Means, ...] = ("cancelled", "returned")


class MystoreClient(RecordReader, Stock, Orders, Hooks):
    """Implements `Source`, `ReadsById`, `ReadsFamilies`, `DescribesLines`, `WritesStock`, `ReportsShipments`, `KeepsTracking`,
    `WritesNotes`, `ManagesWebhooks` and `OffersChoices`.

    Raises the RemoteErrors of `app.errors`, except from `test`.
    """

    async def test(self) -> TestReport:
        """Calls the shop with the token and says what is wrong in the user's words. Never raises RemoteError."""
        report = await ConnectionTest(self._calls, self._settings, self._credentials).report()
        self._facts |= report.facts
        return report

    async def choices(self) -> tuple[Choice, ...]:
        """What the shop's statuses mean, with what they mean by their names. They are kept by id."""
        statuses = await self._beside.statuses()
        listed = tuple((each.id, each.name) for each in statuses)
        sent = one_that_means("delivered", statuses, self._settings)
        return (
            Choice("status_ids.delivered", listed, meant=(sent.id,) if isinstance(sent, Status) else ()),
            *(Choice(f"status_ids.{each}", listed, True, self._meant(each, statuses)) for each in _KEPT_BY_ID),
            Choice("status_ids.import", listed, True),
        )

    def _meant(self, meaning: Means, statuses: Sequence[Status]) -> tuple[str, ...]:
        return tuple(each.id for each in statuses if means(each, meaning, self._settings))
