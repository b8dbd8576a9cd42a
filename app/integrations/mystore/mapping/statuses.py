"""What a shop's statuses mean. Every shop names its own; they are found by name, may be set by id, and are kept by id. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain import Problem
from app.integrations.mystore.rest.resources import Resource, attributes, resource_id, words
from app.integrations.mystore.settings import Means, MystoreSettings
from app.json_reading import objects, text


@dataclass(frozen=True)
class Status:
    id: str
    name: str

    def plain(self) -> dict[str, str]:
        return {"id": self.id, "name": self.name}


def statuses_of(resources: Iterable[Resource], settings: MystoreSettings) -> tuple[Status, ...]:
    """Those that the shop lists."""
    named = (
        (resource_id(each), words(attributes(each).get(settings.status_name_attribute), settings.language)) for each in resources
    )
    return tuple(Status(own, name) for own, name in named if own is not None)


def kept_statuses(facts: Mapping[str, Any]) -> tuple[Status, ...]:
    """As the last connection test found them."""
    return tuple(Status(text(each, "id"), text(each, "name")) for each in objects(facts, "statuses") if text(each, "id"))


def names_of(meaning: Means, settings: MystoreSettings) -> Sequence[str]:
    """The names that a meaning has, in order of preference."""
    return {
        "delivered": settings.delivered_status_names,
        "cancelled": settings.cancelled_status_names,
        "returned": settings.returned_status_names,
        "import": settings.import_status_names,
    }[meaning]


def means(status: Status, meaning: Means, settings: MystoreSettings) -> bool:
    """Whether a status means this: by its id where the connection names ids, else by its name. A returned order is never a
    delivered one."""
    ids = settings.status_ids.get(meaning)
    if ids:
        return status.id in ids
    if meaning == "delivered" and means(status, "returned", settings):
        return False
    return _same(status.name) in {_same(name) for name in names_of(meaning, settings)}


def imports(status: Status, settings: MystoreSettings) -> bool:
    """Whether orders of this status are sent to the warehouse."""
    if any(means(status, other, settings) for other in ("delivered", "cancelled", "returned")):
        return False
    narrowed = bool(settings.status_ids.get("import") or settings.import_status_names)
    return means(status, "import", settings) if narrowed else True


def one_that_means(meaning: Means, statuses: Sequence[Status], settings: MystoreSettings) -> Status | Problem:
    """The status that is written for a meaning, or why there is none: no match, or two statuses of one name."""
    ids = settings.status_ids.get(meaning)
    if ids:
        found = next((each for each in statuses if each.id == ids[0]), None)
        return found or _none(meaning, f"the shop has no status with id {ids[0]}", statuses)
    for name in names_of(meaning, settings):
        found_all = [each for each in statuses if _same(each.name) == _same(name) and means(each, meaning, settings)]
        if len(found_all) > 1:
            return _none(meaning, f"the shop has {len(found_all)} statuses named {name!r}", statuses)
        if found_all:
            return found_all[0]
    return _none(meaning, f"the shop has no status named {_listed(names_of(meaning, settings))}", statuses)


def _same(name: str) -> str:
    return " ".join(name.split()).casefold()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" or {names[-1]}" if len(names) > 1 else "".join(names) or "so"


def _none(meaning: Means, message: str, statuses: Sequence[Status]) -> Problem:
    shown = ", ".join(f"{each.id} ({each.name})" for each in statuses[:30]) or "none"
    fix = f"set status_ids.{meaning} to one of the shop's statuses: {shown}"
    return Problem("status-not-found", f"status_ids.{meaning}", message, fix)
