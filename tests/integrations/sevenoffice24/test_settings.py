"""Settings of a 24SevenOffice connection: their defaults, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.integrations.protocol.account import Pace
from app.integrations.sevenoffice24.credentials import Deployment, SevenOfficeCredentials, deployment
from app.integrations.sevenoffice24.integration import SevenOffice24
from app.integrations.sevenoffice24.settings import STATES, SevenOfficeAdapterSettings
from app.integrations.stored_settings import stored_settings


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


class TestThePace:
    """24SevenOffice counts by the address that calls it: what is allowed is the deployment's, and no connection's."""

    def test_two_calls_a_second_where_nothing_is_set(self) -> None:
        assert Deployment.model_fields["calls_per_hour"].default == 7200

    def test_no_connection_sets_it_for_the_others(self) -> None:
        with pytest.raises(ValidationError, match="calls_per_hour"):
            SevenOfficeAdapterSettings.model_validate({"calls_per_hour": 60})

    def test_companies_at_one_host_share_one_row_at_one_pace(self) -> None:
        first, second = (paced(username) for username in ("a@example.no", "b@example.no"))
        assert first == second
        assert first.row == "24sevenoffice|api.24sevenoffice.com"
        assert (first.calls, first.one_at_a_time) == (deployment().calls_per_hour // 60, True)

    def test_one_that_was_saved_before_counts_for_nothing(self) -> None:
        found = stored_settings(SevenOffice24(), {"calls_per_hour": 60, "time_zone": "Europe/Oslo"})
        assert isinstance(found.settings, SevenOfficeAdapterSettings)
        assert found.settings.time_zone == "Europe/Oslo"
        assert found.adjusted == (
            "settings.calls_per_hour is not a setting any more: set GATEWAY_24SEVENOFFICE_CALLS_PER_HOUR instead",
        )


def paced(username: str) -> Pace:
    given = {"application_id": "11111111-2222-3333-4444-555555555555", "username": username, "password": "x"}
    found = SevenOffice24().pace(SevenOfficeCredentials.model_validate(given), SevenOfficeAdapterSettings())
    assert found is not None
    return found
