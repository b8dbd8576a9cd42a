"""The client of one 24Nettbutikk shop. It joins what the gateway reads there with what it writes."""

from __future__ import annotations

from app.integrations.nettbutikk24.check.connection_test import ConnectionTest
from app.integrations.nettbutikk24.reads.reading import RecordReader
from app.integrations.nettbutikk24.writes.shipments import Shipments
from app.integrations.nettbutikk24.writes.stock import Stock
from app.integrations.protocol import TestReport


class NettbutikkClient(RecordReader, Shipments, Stock):
    """Implements `Source`, `ReadsById`, `ListsByIds`, `DoubtsGone`, `KnowsWhatLacks`, `ReportsShipments`,
    `TakesDeliveries`, `WritesStock` and `LimitsStock`.

    Raises the RemoteErrors of `app.errors`, except from `test`.
    """

    async def test(self) -> TestReport:
        """Calls the shop with the token and says what is wrong in the user's words. Never raises RemoteError."""
        report = await ConnectionTest(self._calls, self._lists, self._settings).report()
        self._facts |= report.facts
        return report
