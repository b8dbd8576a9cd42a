"""A call that has been read, and what is answered to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.sandbox.sevenoffice24.config import SevenOfficeConfig
from app.sandbox.sevenoffice24.model.access import Session
from app.sandbox.sevenoffice24.model.office import Office
from app.sandbox.sevenoffice24.model.tenant import Tenant
from app.sandbox.sevenoffice24.wire import tables
from app.sandbox.sevenoffice24.wire.envelopes import unprocessable
from app.sandbox.sevenoffice24.wire.tables import Kind, Values
from app.sandbox.sevenoffice24.wire.xml import WrongRequest


@dataclass(frozen=True)
class Call:
    """`values` are what the message holds. `session` is the one that the cookie names, if it is open."""

    office: Office
    values: Values
    session_id: str | None
    session: Session | None

    @property
    def config(self) -> SevenOfficeConfig:
        return self.office.config

    @property
    def tenant(self) -> Tenant:
        """The books that the session is open on. Raises Fault without one."""
        return self.office.of_session(self.need_session())

    def need_session(self) -> Session:
        """Raises Fault."""
        return self.office.access.need(self.session_id)


@dataclass(frozen=True)
class Result:
    """None answers no result. `kind` is what it is written as, when it is not the operation's own."""

    value: Any
    kind: Kind | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Result]


def searched(call: Call) -> Values:
    """What is searched for. Raises Fault for a list that is too long."""
    wanted: Values = call.values.get("searchParams", {})
    for name, value in wanted.items():
        if isinstance(value, list) and len(value) > call.config.most_ids:
            raise unprocessable(f"{name} may hold {call.config.most_ids} at most")
    return wanted


def chosen(names: Sequence[str] | None, table: tables.Sequence, config: SevenOfficeConfig) -> frozenset[str]:
    """The properties that are asked for. Raises WrongRequest in strict mode for one that the table lacks."""
    asked = frozenset(names or ())
    if config.strict and (unknown := sorted(asked - set(table.by_name))):
        raise WrongRequest(f"{table.name} has no property {unknown[0]}")
    return asked
