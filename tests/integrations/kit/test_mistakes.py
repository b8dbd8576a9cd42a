"""What is wrong with a value, in people's words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.errors import BadInput
from app.integrations.kit.mistakes import said, section_of
from app.integrations.protocol import ConnectionSettings


def mistake(**settings: Any) -> BadInput:
    with pytest.raises(ValidationError) as raised:
        ConnectionSettings.model_validate(settings)
    return said(raised.value, ConnectionSettings, "settings")


@pytest.mark.parametrize(
    ("settings", "field", "fix"),
    [
        ({"order_number_prefx": "N-"}, "settings.order_number_prefx", "did you mean order_number_prefix?"),
        ({"stock": {"flor": 1}}, "settings.stock.flor", "did you mean floor?"),
        ({"stock": {"x": 1}}, "settings.stock.x", "known here: deduct_waiting_orders, figure, floor, full_sweep_hours"),
        (
            {"transporters": {"flat_rate": {"transporter": "B"}}},
            "settings.transporters.flat_rate.transporter_code",
            "add settings.transporters.flat_rate.transporter_code",
        ),
        ({"poll_interval_minutes": "soon"}, "settings.poll_interval_minutes", "give a number, like 2.5"),
        ({"customs_required": "perhaps"}, "settings.customs_required", "give true or false"),
        ({"go_live": "1. desember"}, "settings.go_live", "like 2026-12-01T00:00:00+01:00"),
        ({"shipments": {"complete_when": "sendt"}}, "settings.shipments.complete_when", "give one of 'booked'"),
        ({"default_country": "Norge"}, "settings.default_country", "give a value for settings.default_country that fits"),
    ],
)
def test_the_place_is_named_and_what_would_fit(settings: dict[str, Any], field: str, fix: str) -> None:
    found = mistake(**settings)
    assert found.field == field
    assert fix in (found.fix or "")
    assert found.message.startswith(f"{field}: ")


def test_a_part_with_fixed_names_is_told_from_a_table_with_peoples_own() -> None:
    stock = section_of(ConnectionSettings, "stock")
    assert stock is not None
    assert "floor" in stock.model_fields
    for name in ("transporters", "extra_order_fields", "go_live", "customs_home_countries", "nothing"):
        assert section_of(ConnectionSettings, name) is None
