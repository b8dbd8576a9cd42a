"""The client of one WooCommerce shop. It joins what the gateway reads there with what it writes."""

from __future__ import annotations

from app.integrations.protocol import TestReport
from app.integrations.woocommerce.check.connection_test import ConnectionTest
from app.integrations.woocommerce.reads.reading import RecordReader
from app.integrations.woocommerce.webhooks.managed import Hooks
from app.integrations.woocommerce.writes.refunds import Refunds
from app.integrations.woocommerce.writes.stock import Stock
from app.integrations.woocommerce.writes.tracking import TrackingNumbers


class WooCommerceClient(RecordReader, Stock, TrackingNumbers, Refunds, Hooks):
    """Implements `Source`, `WritesStock`, `ReportsShipments`, `MakesRefunds` and `ManagesWebhooks`.

    Raises the RemoteErrors of `app.errors`, except from `test`.
    """

    async def test(self) -> TestReport:
        """Calls the shop with the keys and says what is wrong in the user's words. Never raises RemoteError.

        The client goes on with what was found: the version of the API, and the plugin that tracking goes to.
        """
        report = await ConnectionTest(self._calls, self._settings, self._credentials).report()
        self._facts |= report.facts
        return report
