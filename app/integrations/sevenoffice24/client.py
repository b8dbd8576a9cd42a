"""The client of one company in 24SevenOffice."""

from __future__ import annotations

from app.integrations.protocol import Choice, TestReport
from app.integrations.sevenoffice24.check.connection_test import ConnectionTest
from app.integrations.sevenoffice24.writes.statuses import Statuses
from app.integrations.sevenoffice24.writes.stock import Stock


class SevenOfficeClient(Stock, Statuses):
    """Implements `Source`, `ReadsById`, `ListsByIds`, `DoubtsGone`, `KnowsWhatLacks` and `OffersChoices`.

    Raises the RemoteErrors of `app.errors`, except from `test`.
    """

    async def test(self) -> TestReport:
        """Calls 24SevenOffice and says what is wrong in the user's words. Never raises RemoteError."""
        report = await ConnectionTest(self._calls, self._credentials, self._settings, self._clock).report()
        self._facts |= report.facts
        return report

    async def choices(self) -> tuple[Choice, ...]:
        """The delivery methods whose orders are picked up, by the names that the ERP has for them."""
        methods = await self._soap.get_delivery_methods()
        listed = tuple((str(each["Id"]), str(each.get("Description") or each["Id"])) for each in methods if each.get("Id"))
        return (Choice("pick_up_methods", listed, many=True),)
