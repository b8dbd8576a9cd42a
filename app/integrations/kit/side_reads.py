"""Reads beside a record: a customer, a parent, a product, the list of its variations. One that fails costs its own field or its
own record, never the others."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import LoginRefused, Malformed, RateLimited, Refused, RemoteError, Resting, Unavailable

FINAL_NO = (Refused, LoginRefused, Malformed)
"""Another try would be answered the same: gone, hidden from our key, no such route, a page instead of an answer. The record goes
on without that field. What may pass (PASSING) is raised: that record waits."""
PASSING = (RateLimited, Unavailable)
"""Another try may go well: too many calls, a fault of the system, no answer in time, a connection that broke."""
MOST_IN_ROW = 3
"""So many reads in a row that fail are no single record's fault any more."""


@dataclass
class FailuresInRow:
    """Tells a read beside one record that fails from a system that is away, or refuses all such reads."""

    count: int = 0

    def went_well(self) -> None:
        self.count = 0

    def is_its_own(self, error: RemoteError) -> bool:
        """Counts a failure. Whether it is that record's own: it waits or is left out, and the others go on.

        False after MOST_IN_ROW failures in a row, and when nothing was asked because the account rests.
        """
        self.count += 1
        return self.count < MOST_IN_ROW and not isinstance(error, Resting)
