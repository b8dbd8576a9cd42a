"""The identities of a user: each is one company, which people know by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.integrations.protocol import Check

CHOOSE = "give the id of the company as identity_id"


@dataclass(frozen=True)
class Identities:
    """As 24SevenOffice lists them."""

    listed: Sequence[Mapping[str, Any]]

    def plain(self) -> list[dict[str, Any]]:
        """For the connection's facts: id and name, and whether the user can work there."""
        found = [each for each in self.listed if each.get("Id")]
        return [{"id": str(each["Id"]), "name": _name(each), "usable": not each.get("IsDisabled")} for each in found]

    def choices(self, without: str | None = None) -> str:
        """`Ullvare Engros AS (9999…)`, those that can be chosen."""
        usable = [each for each in self.plain() if each["usable"] and each["id"].lower() != without]
        return ", ".join(f"{each['name']} ({each['id']})" for each in usable)

    def check(self, wanted: str | None) -> Check:
        """Whether the session works in the company that was asked for, and which others there are."""
        current = next((each for each in self.listed if each.get("IsCurrent")), None)
        chosen = next((each for each in self.listed if str(each.get("Id", "")).lower() == wanted), None)
        if wanted is not None and chosen is None:
            message = f"the user has no identity {wanted}"
            return Check("identity", False, message, f"{CHOOSE}: {self.choices() or 'the user has none'}")
        used = chosen or current
        if used is None:
            return Check("identity", False, "24SevenOffice opens no identity (company)", f"{CHOOSE}: {self.choices()}")
        if used.get("IsDisabled"):
            message = f"the identity {_name(used)} is disabled in 24SevenOffice"
            return Check("identity", False, message, f"{CHOOSE}: {self.choices(without=wanted)}")
        if current is not None and current is not used:
            message = f"24SevenOffice opened the identity {_name(current)} instead of {_name(used)}"
            return Check("identity", False, message, "ask 24SevenOffice whether the user may work in it")
        message = f"the gateway works in the identity {_name(used)}"
        others = self.choices(without=str(used.get("Id", "")).lower())
        if wanted is None and others:
            return Check("identity", True, f"{message}, the user's default", f"for another, {CHOOSE}: {others}")
        return Check("identity", True, message)


def _name(identity: Mapping[str, Any]) -> str:
    client = identity.get("Client")
    name = client.get("Name") if isinstance(client, Mapping) else None
    return str(name or identity.get("Id") or "without name")
