"""A shop's resources as records."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.domain import Process, SourceRecord
from app.integrations.mystore.rest.resources import SETTLED, VARIANT, Resource, attributes, moment, resource_id

_OVER = timedelta(seconds=5)
"""So long after a record's time it is certain that the second is over, by the shop's clock as far as it tells."""


def record_of(process: Process, resource: Resource, zone: str, now: datetime) -> SourceRecord | None:
    """An order or a product; None when it has no id. `now`: the shop's own time when it was read."""
    own = resource_id(resource)
    if own is None:
        return None
    modified = moment(attributes(resource).get("updated_at"), zone)
    is_over = modified is None or now - modified > _OVER
    return SourceRecord(process, own, modified, {**resource, SETTLED: is_over})


def variant_record(resource: Resource) -> SourceRecord | None:
    """A variant, without what belongs beside it. It has no time of its own."""
    own = resource_id(resource)
    return None if own is None else SourceRecord(Process.ARTICLES, f"{VARIANT}{own}", None, dict(resource))
