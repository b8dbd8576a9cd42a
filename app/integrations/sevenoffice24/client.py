"""The client of one company in 24SevenOffice."""

from __future__ import annotations

from app.integrations.protocol import TestReport
from app.integrations.sevenoffice24.check.connection_test import ConnectionTest
from app.integrations.sevenoffice24.reads.reading import RecordReader


class SevenOfficeClient(RecordReader):
    """Implements `Source`, `ReadsById`, `ListsByIds` and `KnowsWhatLacks`.

    Raises the RemoteErrors of `app.errors`, except from `test`.
    """

    async def test(self) -> TestReport:
        """Calls 24SevenOffice and says what is wrong in the user's words. Never raises RemoteError."""
        report = await ConnectionTest(self._calls, self._credentials, self._settings, self._clock).report()
        self._facts |= report.facts
        return report
