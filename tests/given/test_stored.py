"""Settings as an earlier version has saved them stay readable."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.integrations.registry import INTEGRATIONS
from app.integrations.stored_settings import Stored, stored_settings

SYSTEM = INTEGRATIONS["woocommerce"]
FORMER = {
    "login_refused_pattern": r"(?i)\b(log ?in|password|user ?name|credentials|authenticat|unauthori[sz]ed)",
    "started_pattern": r"(?i)(started|picked|picking|being handled|can(?:not|'t) be (?:changed|updated|edited|cancel))",
    "already_cancelled_pattern": r"(?i)already.*cancel",
}


def read(**saved: Any) -> Stored:
    return stored_settings(SYSTEM, saved)


def test_what_is_in_order_is_taken_as_it_is() -> None:
    found = read(poll_interval_minutes=7)
    assert (found.settings.poll_interval_minutes, found.adjusted) == (7, ())


def test_what_is_out_of_its_range_is_brought_to_its_end_and_told() -> None:
    found = read(poll_interval_minutes=1e12, deep_sweep_hours=1e-9, brake={"max_count": 2**70}, shipments={"watch_days": -5})
    settings = found.settings
    assert (settings.poll_interval_minutes, settings.deep_sweep_hours) == (10_080, 0.01)
    assert (settings.brake.max_count, settings.shipments.watch_days) == (1_000_000, 0.01)
    assert len(found.adjusted) == 4
    assert "settings.poll_interval_minutes: 1000000000000.0 was out of its range, and is 10080.0 now" in found.adjusted


def test_what_is_no_number_is_the_default() -> None:
    found = read(silent_hours=float("inf"), remember_seconds=float("nan"))
    assert (found.settings.silent_hours, found.settings.model_dump()["remember_seconds"]) == (None, 600)


def test_a_time_without_a_zone_is_taken_as_utc_and_one_far_off_stays_on_its_side() -> None:
    for saved, expected in (
        ("2026-12-01T00:00:00", "2026-12-01T00:00:00+00:00"),
        ("0001-01-01T00:00:00Z", "1990-01-01T00:00:00+00:00"),
        ("9999-12-31T23:59:59-23:00", "2200-01-01T00:00:00+00:00"),
    ):
        go_live = read(go_live=saved).settings.go_live
        assert go_live is not None
        assert go_live.isoformat() == expected


def test_regular_expressions_of_former_versions_become_phrases() -> None:
    usual = read(warehouse=FORMER)
    assert usual.adjusted == ()
    assert usual.settings.warehouse.already_cancelled_phrases == ["already*cancel"]
    own = read(warehouse={**FORMER, "started_pattern": "(?i)(påbegynt|under.*plukk)"})
    assert own.settings.warehouse.started_phrases == ["påbegynt", "under*plukk"]
    assert len(own.adjusted) == 1
    odd = read(warehouse={"started_pattern": "(a+)+$", "already_cancelled_pattern": 5})
    assert odd.settings.warehouse == usual.settings.warehouse
    assert len(odd.adjusted) == 2


def test_what_no_version_has_saved_is_still_refused() -> None:
    for saved in ({"poll_interval_minutes": "often"}, {"of_a_later_version": 1}, {"order_number_prefix": 5}):
        with pytest.raises(ValidationError):
            read(**saved)
