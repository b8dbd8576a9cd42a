"""Every number that anybody may give has a least and a largest value. A new field without them fails here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from app.integrations.registry import INTEGRATIONS
from app.warehouse.credentials import OngoingCredentials
from app.warehouse.settings import OngoingSettings

MODELS: dict[str, type[BaseModel]] = {
    "warehouse credentials": OngoingCredentials,
    "warehouse settings": OngoingSettings,
    **{f"{name} settings": each.settings_model for name, each in INTEGRATIONS.items()},
    **{f"{name} credentials": each.credentials_model for name, each in INTEGRATIONS.items()},
}
ABSURD = (1e12, 10**12, 2**63, 2**200, -1, -1e300, math.inf, -math.inf, math.nan)


@dataclass(frozen=True)
class Place:
    """One field, and the plain types that stand in its annotation."""

    model: type[BaseModel]
    name: str
    kinds: frozenset[type]

    def read(self, value: Any) -> Any:
        """The value as its model has it, whatever else is missing. Raises ValidationError for what the field does not take."""
        try:
            return getattr(self.model.model_validate({self.name: value}), self.name)
        except ValidationError as error:
            if any(each["loc"][:1] == (self.name,) for each in error.errors(include_url=False)):
                raise
            return value


def places(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, Place]]:
    for name, info in model.model_fields.items():
        kinds = frozenset(types_in(info.annotation))
        inner = [each for each in kinds if issubclass(each, BaseModel)]
        for each in inner:
            yield from places(each, f"{prefix}.{name}")
        if not inner:
            yield f"{prefix}.{name}", Place(model, name, kinds)


def types_in(annotation: Any) -> Iterator[type]:
    """Through unions, lists and tables."""
    for each in get_args(annotation):
        yield from types_in(each)
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation


FIELDS = dict(each for where, model in MODELS.items() for each in places(model, where))
NUMBERS = [name for name, place in FIELDS.items() if place.kinds & {int, float}]
SWITCHES = [name for name, place in FIELDS.items() if bool in place.kinds]
TIMES = [name for name, place in FIELDS.items() if datetime in place.kinds]


def test_there_is_something_to_look_at() -> None:
    assert {"warehouse credentials.goods_owner_id", "woocommerce settings.stock.floor"} <= set(NUMBERS)
    assert {"24nettbutikk settings.page_size", "mystore settings.warehouse.text_limits"} <= set(NUMBERS)
    assert len(NUMBERS) > 100
    assert len(SWITCHES) > 30
    assert len(TIMES) == len(INTEGRATIONS)


@pytest.mark.parametrize("name", NUMBERS)
def test_no_number_of_a_setting_is_without_bounds(name: str) -> None:
    for value in ABSURD:
        with pytest.raises(ValidationError):
            FIELDS[name].read({"articleName": value} if name.endswith(".text_limits") else value)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_is_true_or_false_and_nothing_that_looks_like_it(name: str) -> None:
    assert FIELDS[name].read(True) is True
    for value in (0, 1, "yes", "true", "0", 1.0):
        with pytest.raises(ValidationError):
            FIELDS[name].read(value)


@pytest.mark.parametrize("name", TIMES)
def test_a_time_has_its_zone_and_is_one_that_can_be_counted_with(name: str) -> None:
    assert FIELDS[name].read("2026-12-01T01:00:00+01:00").isoformat() == "2026-12-01T00:00:00+00:00"
    for value in (
        *("2026-12-01T00:00:00", "2026-12-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:00", "0.5", "1e12"),
        *(0.5, 1e12, 10**30, True, datetime(2026, 12, 1)),  # noqa: DTZ001 - TOML has local date-times
    ):
        with pytest.raises(ValidationError):
            FIELDS[name].read(value)
