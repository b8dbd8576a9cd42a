"""The customers and suppliers of one tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.sandbox.sevenoffice24.model.site import Site
from app.sandbox.sevenoffice24.wire.company import COMPANY
from app.sandbox.sevenoffice24.wire.tables import Values

ADDRESS = {"Street": "Kaia 7", "PostalCode": "0150", "PostalArea": "OSLO", "Country": "NO"}
POST = {"Street": "Postboks 1", "PostalCode": "0101", "PostalArea": "OSLO", "Country": "NO"}
_DEFAULTS: Mapping[str, Any] = {
    "Type": "Business",
    "OrganizationNumber": "999888777",
    "Addresses": {"Post": POST, "Delivery": ADDRESS, "Invoice": POST},
    "PhoneNumbers": {"Mobile": {"Value": "+4791111111"}, "Work": {"Description": "Sentralbord", "Value": "+4755555555"}},
    "EmailAddresses": {"Invoice": {"Value": "faktura@fjordsport.example"}, "Primary": {"Value": "post@fjordsport.example"}},
}
_LISTS = {"CompanyPhone": "PhoneNumbers", "CompanyEmail": "EmailAddresses"}
_EXACT = {"ExternalId": "ExternalId", "CompanyId": "Id", "CompanyName": "Name", "OrganizationNumber": "OrganizationNumber"}
"""What a search compares as it is, and with which member."""


class Companies:
    """By id. Those that were taken away are in `deleted`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.all: dict[int, Values] = {}
        self.deleted: dict[int, Values] = {}

    def add(self, name: str = "Fjord Sport AS", **fields: Any) -> Values:
        """Raises TypeError for a field that there is not, ValueError for a wrong value."""
        now = self._site.now()
        values = self._site.kept(COMPANY, {**_DEFAULTS, "Name": name, "DateCreated": now, "DateChanged": now, **fields})
        values.setdefault("Id", self._site.next_id("companies"))
        self.all[values["Id"]] = values
        return values

    def change(self, company_id: int, **fields: Any) -> Values:
        """None takes a value away. Raises KeyError, TypeError or ValueError."""
        values = self.all[company_id]
        self._site.update(COMPANY, values, fields)
        values["DateChanged"] = self._site.now()
        return values

    def delete(self, company_id: int) -> None:
        self.deleted[company_id] = {**self.all.pop(company_id), "DateChanged": self._site.now()}

    def search(self, wanted: Mapping[str, Any]) -> list[Values]:
        """Those that fit all that is given, by id."""
        exact = {_EXACT[name]: value for name, value in wanted.items() if name in _EXACT}
        ids, moment = wanted.get("CompanyIds"), wanted.get("ChangedAfter")
        if "Id" in exact:
            ids = [exact["Id"]]
        found = list(self.all.values()) if not ids else [self.all[one] for one in dict.fromkeys(ids) if one in self.all]
        if moment is not None:
            found = [one for one in found if self._site.is_after(one["DateChanged"], moment)]
        found = [one for one in found if all(one.get(name) == value for name, value in exact.items())]
        for name, member in _LISTS.items():
            if name in wanted:
                found = [one for one in found if wanted[name] in _values_of(one.get(member, {}))]
        return sorted(found, key=lambda one: int(one["Id"]))

    def sync_list(self, wanted: Mapping[str, Any]) -> list[Values]:
        """`SyncCompany` of all, deleted ones too; `Active` narrows it down."""
        rows = [_sync_row(one, is_active=True) for one in self.all.values()]
        rows += [_sync_row(one, is_active=False) for one in self.deleted.values()]
        found = [
            row
            for row in rows
            if wanted.get("Active") in (None, row["Active"])
            and self._site.is_after(row["DateChanged"], wanted.get("ChangedAfter"))
            and self._site.is_after(row["DateRegistered"], wanted.get("RegisteredAfter"))
        ]
        return sorted(found, key=lambda row: int(row["CompanyId"]))


def _values_of(members: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [one["Value"] for one in members.values() if "Value" in one]


def _sync_row(company: Values, *, is_active: bool) -> Values:
    row = {"CompanyId": company["Id"], "ExternalId": company.get("ExternalId"), "DateChanged": company["DateChanged"]}
    return {**row, "DateRegistered": company["DateCreated"], "Active": is_active}
