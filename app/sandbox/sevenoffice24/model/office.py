"""The whole simulated service: who may call, how often, and the books of each company."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal

from app.sandbox.kit.faults import Faults
from app.sandbox.kit.journal import Journal
from app.sandbox.sevenoffice24.config import Clock, SevenOfficeConfig
from app.sandbox.sevenoffice24.model.access import Access, Session
from app.sandbox.sevenoffice24.model.limits import Limits
from app.sandbox.sevenoffice24.model.tenant import Tenant


@dataclass(frozen=True)
class Refusal:
    """A call, or one item of it, that was not taken.

    `kind`: `request` (not what the description says: no caller should ever see one), `login` (wrong user or password),
    `session` (none, or it has ended), `limit` (too many calls), `item` (an APIException), `fault` (anything else).
    """

    kind: Literal["request", "login", "session", "limit", "item", "fault"]
    operation: str
    reason: str


class Office:
    """`lock` guards everything in it."""

    def __init__(self, config: SevenOfficeConfig, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.lock = threading.RLock()
        self.journal = Journal()
        self.faults = Faults()
        self.access = Access(config, clock)
        self.limits = Limits(config, clock)
        self.refusals: list[Refusal] = []
        self._tenants: dict[str, Tenant] = {}

    def tenant(self, identity_id: str | None = None) -> Tenant:
        """The books of this identity's company; of the first one when none is named."""
        chosen = (identity_id or self.config.identities[0].id).lower()
        with self.lock:
            if chosen not in self._tenants:
                self._tenants[chosen] = Tenant(self.config, self.clock, self.lock)
            return self._tenants[chosen]

    def of_session(self, session: Session) -> Tenant:
        return self.tenant(session.identity.id)

    def change(self, **settings: Any) -> None:
        """It behaves so from now on. Raises KeyError for a setting that does not exist, ValueError for a wrong value."""
        with self.lock:
            self.config.change(**settings)

    def end_sessions(self) -> int:
        """Every session has ended; the next call gets the not-authenticated fault. Answers how many there were."""
        with self.lock:
            return self.access.end_all()

    def refused(self, kind: str | None = None) -> list[Refusal]:
        """What was not taken, oldest first; all kinds, or one."""
        with self.lock:
            return [one for one in self.refusals if kind in (None, one.kind)]

    @property
    def most_at_once(self) -> int:
        """The highest number of calls that one session had in progress together."""
        return max((one.most_at_once for one in self.access.opened), default=0)
