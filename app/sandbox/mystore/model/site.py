"""What all tables of a shop share: its clock, its stock, and how it shows and announces a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from app.sandbox.mystore.config import Clock, MystoreConfig, Status
from app.sandbox.mystore.model.stock import Stock
from app.sandbox.mystore.model.tables import Tables
from app.sandbox.mystore.model.webhooks import Webhooks
from app.sandbox.mystore.wire import times
from app.sandbox.mystore.wire.documents import View
from app.sandbox.mystore.wire.kinds import EXTRAS, kinds_of
from app.sandbox.mystore.wire.resource import Resource

Name = str | dict[str, str]


class Site:
    """The common ground of one shop's parts."""

    def __init__(self, name: str, config: MystoreConfig, clock: Clock) -> None:
        self.name = name
        self.config = config
        self._clock = clock
        self.tables = Tables(config)
        self.stock = Stock(config, self.tables)
        self.webhooks = Webhooks(name, config, clock, self.tables["webhooks"])
        self.load_statuses()

    def now(self) -> str:
        """The shop's local time, as it stands on records."""
        return times.stamp(self._clock(), self.config.timezone)

    def local(self, name: Name) -> dict[str, str]:
        """A name by language, as it is or in the shop's own."""
        return name if isinstance(name, dict) else {self.config.default_language: name}

    def check_names(self, kind: str, names: Iterable[str]) -> None:
        """What a person enters has a field for it. Raises TypeError."""
        known = {one.key for one in kinds_of(self.config)[kind].attributes.values()} | set(EXTRAS.get(kind, ()))
        if unknown := sorted(set(names) - known):
            raise TypeError(f"{kind} have no {unknown[0]}")

    def view(self, kind: str, hidden: Collection[str] = (), fields: Collection[str] | None = None) -> View:
        return View(kinds_of(self.config)[kind], self.config.entities, hidden, fields)

    def show(self, resource: Resource) -> dict[str, Any]:
        """The record as nobody is kept from seeing it."""
        return self.view(resource.kind).shown(resource)

    def announce(self, event: str, resource: Resource) -> None:
        """Webhooks of `orders/update` and the like."""
        is_short = event == "delete" and self.config.webhook_delete_body == "id"
        document = {"type": resource.kind, "id": str(resource.id)} if is_short else self.show(resource)
        self.webhooks.fire(f"{resource.kind}/{event}", resource.id, {"data": document})

    def touched(self, resource: Resource) -> None:
        """A record was changed: it gets its time, and is announced."""
        resource.attributes["updated_at"] = self.now()
        self.announce("update", resource)

    # Statuses

    def load_statuses(self) -> None:
        """The table of statuses as the settings have them now."""
        table, is_text = self.tables["order-status"], self.config.status_name == "text"
        for one in list(table):
            table.remove(one)
        for status in self.config.statuses:
            table.add({"name": status.name if is_text else self.local(status.name)}, record_id=status.id)

    def status(self, wanted: int | str | None = None, role: str | None = None) -> Status:
        """The status with this id, name or role. Raises KeyError."""
        for one in self.config.statuses:
            if (role is not None and one.role == role) or (role is None and wanted in (one.id, one.name)):
                return one
        raise KeyError(f"the shop has no status {wanted or role}")

    def role_of(self, status_id: int | None) -> str | None:
        return next((one.role for one in self.config.statuses if one.id == status_id), None)
