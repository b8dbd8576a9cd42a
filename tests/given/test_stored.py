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


USUAL = {
    "booked_from_status": 450,
    "shipped_from_status": 450,
    "collected_from_status": 500,
    "returned_status": 800,
    "cancelled_status": 1000,
}


def test_thresholds_of_former_versions_become_sets() -> None:
    usual = read(warehouse=USUAL)
    assert usual.adjusted == ()
    own = read(warehouse=USUAL | {"shipped_from_status": 425, "cancelled_status": 900, "returned_status": 475})
    there = own.settings.warehouse
    assert (there.shipped_statuses, there.partly_shipped_statuses) == ([425, 450, 500], [])
    assert (there.returned_statuses, there.cancelled_statuses, there.pickup_statuses) == ([475], [900], [451])
    assert own.adjusted == (
        "settings.warehouse.shipped_from_status has become settings.warehouse.shipped_statuses: 425, 450, 500. "
        "Look whether these are all",
        "settings.warehouse.returned_status has become settings.warehouse.returned_statuses: 475. Look whether these are all",
        "settings.warehouse.cancelled_status has become settings.warehouse.cancelled_statuses: 900. Look whether these are all",
    )


def test_a_threshold_that_never_was_reached_stays_readable() -> None:
    there = read(warehouse=USUAL | {"shipped_from_status": 1000}).settings.warehouse
    assert (there.shipped_statuses, there.cancelled_statuses) == ([450, 500], [1000])


def test_what_no_version_has_saved_is_still_refused() -> None:
    for saved in ({"poll_interval_minutes": "often"}, {"of_a_later_version": 1}, {"order_number_prefix": 5}):
        with pytest.raises(ValidationError):
            read(**saved)
