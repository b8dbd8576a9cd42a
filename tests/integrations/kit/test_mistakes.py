"""What is wrong with a value, in people's words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.errors import BadInput
from app.integrations.kit.mistakes import said, section_of
from app.integrations.protocol import ConnectionSettings
from app.integrations.sevenoffice24.settings import SevenOfficeAdapterSettings


def mistake(**settings: Any) -> BadInput:
    with pytest.raises(ValidationError) as raised:
        ConnectionSettings.model_validate(settings)
    return said(raised.value, ConnectionSettings, "settings")


@pytest.mark.parametrize(
    ("settings", "field", "fix"),
    [
        ({"order_number_prefx": "N-"}, "settings.order_number_prefx", "did you mean order_number_prefix?"),
        ({"stock": {"flor": 1}}, "settings.stock.flor", "did you mean floor?"),
        ({"stock": {"x": 1}}, "settings.stock.x", "known here: adjustments, deduct_waiting_orders, figure, floor"),
        (
            {"transporters": {"flat_rate": {"transporter": "B"}}},
            "settings.transporters.flat_rate.transporter_code",
            "add settings.transporters.flat_rate.transporter_code",
        ),
        ({"poll_interval_minutes": "soon"}, "settings.poll_interval_minutes", "give a number, like 2.5"),
        ({"customs_required": "perhaps"}, "settings.customs_required", "give true or false"),
        ({"go_live": "1. desember"}, "settings.go_live", "like 2026-12-01T00:00:00+01:00"),
        ({"shipments": {"complete_when": "sendt"}}, "settings.shipments.complete_when", "give one of 'booked'"),
        ({"default_country": "Norge"}, "settings.default_country", "is: Country (ISO 3166-1 alpha-2)"),
    ],
)
def test_the_place_is_named_and_what_would_fit(settings: dict[str, Any], field: str, fix: str) -> None:
    found = mistake(**settings)
    assert found.field == field
    assert fix in (found.fix or "")
    assert found.message.startswith(f"{field}: ")


def test_what_a_system_says_of_its_own_stands_as_it_is() -> None:
    with pytest.raises(ValidationError) as raised:
        SevenOfficeAdapterSettings.model_validate({"processes": {"import_status": True}})
    found = said(raised.value, SevenOfficeAdapterSettings, "settings")
    assert found.message == "settings: import_status is switched on: name the status in imported_status, like Pack"


def test_a_part_with_fixed_names_is_told_from_a_table_with_peoples_own() -> None:
    stock = section_of(ConnectionSettings, "stock")
    assert stock is not None
    assert "floor" in stock.model_fields
    for name in ("transporters", "extra_order_fields", "go_live", "customs_home_countries", "nothing"):
        assert section_of(ConnectionSettings, name) is None
