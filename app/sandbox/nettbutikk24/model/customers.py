"""The customers of a simulated shop."""

from __future__ import annotations

from typing import Any

from app.sandbox.nettbutikk24.model.site import Site, entered
from app.sandbox.nettbutikk24.wire.kinds import CUSTOMER
from app.sandbox.nettbutikk24.wire.records import Record

KARI = {
    "customer_type": "private", "first_name": "Kari", "last_name": "Nordmann", "phone": "90000000", "e_mail": "kari@example.no",
    "address_1": "Storgata 1", "postcode": "0155", "city": "Oslo", "country": "Norge", "use_delivery_address": "0", "active": "1",
}  # fmt: skip


class Customers:
    """By id. A change of a customer changes none of the orders."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.all: dict[int, Record] = {}

    def add(self, **fields: Any) -> Record:
        """Kari Nordmann in Oslo, but for what is given."""
        values = entered({**KARI, "registration_date": self._site.today(), **fields}, CUSTOMER, without=("id",))
        record = Record(self._site.next_id("customers"), values, self._site.now())
        self.all[record.key] = record
        return record

    def change(self, customer_id: int, **fields: Any) -> Record:
        """Raises KeyError, TypeError or ValueError."""
        record = self.all[customer_id]
        record.values.update(entered(fields, CUSTOMER, without=("id",)))
        record.modified = self._site.now()
        return record
