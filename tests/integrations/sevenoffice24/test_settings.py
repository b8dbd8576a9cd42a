"""Settings of a 24SevenOffice connection: their defaults, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.integrations.sevenoffice24.settings import STATES, SevenOfficeAdapterSettings


def settings(**given: Any) -> SevenOfficeAdapterSettings:
    return SevenOfficeAdapterSettings.model_validate(given)


def test_the_requirements_defaults() -> None:
    made = settings()
    assert (made.poll_interval_minutes, made.time_zone, made.order_states) == (15, "UTC", ["Confirmed"])
    assert (made.sent_status, made.partial_status, made.imported_status) == ("OrderState_Sent", None, None)
    assert (made.skip_stock_on_status, made.stock.figure, made.article_number_fallback) == (False, "numberOfItems", None)
    assert made.shipments.complete_when == "sent"
    assert made.overlap_minutes >= 2


def test_the_figure_stays_what_is_on_the_shelf_when_another_setting_of_the_stock_is_given() -> None:
    assert settings(stock={"look_only": True}).stock.figure == "numberOfItems"
    assert settings(stock={"figure": "sellableNumberOfItems"}).stock.figure == "sellableNumberOfItems"


def test_the_imported_status_belongs_to_those_that_are_polled() -> None:
    assert settings().transferred_states == ("Confirmed",)
    assert settings(imported_status="Pack").transferred_states == ("Confirmed", "Pack")
    assert "Pack" not in settings(imported_status="Pack").leaving_states


def test_every_status_of_the_wire_has_one_meaning() -> None:
    made = settings(imported_status="Pack", partial_status="Rest")
    groups: list[set[str]] = [
        set(made.transferred_states),
        set(made.completed_states),
        set(made.leaving_states),
        {"Production", "CollectingOrder", "Rest"},
    ]
    assert sorted(state for group in groups for state in group) == sorted(STATES)
    assert len(STATES) == 24


@pytest.mark.parametrize(
    "given",
    [
        {"time_zone": "Mars/Olympus"},
        {"overlap_minutes": 1},
        {"order_states": []},
        {"order_states": ["Sent"]},
        {"order_states": ["OrderState_Sent"]},
        {"imported_status": "Packed"},
        {"imported_status": "OrderState_Sent"},
        {"sent_status": "Sent"},
        {"article_number_fallback": "24SO"},
        {"ids_per_call": 1001},
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**given)
