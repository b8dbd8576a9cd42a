"""Alerts: what an operator should hear of, once for each trouble and counted. They are open until the trouble is over."""

from app.records.alerts.listing import (
    ABOUT_A_RECORD,
    REST_MISSING,
    About,
    Alert,
    AlertState,
    find,
    no_alert,
    open_ones,
    records_of,
    search,
)
from app.records.alerts.raising import DAY, DailyAlerts, is_raised_since, raise_alert, raise_daily, raised
from app.records.alerts.silence import Heard, heard

__all__ = [
    "ABOUT_A_RECORD",
    "DAY",
    "REST_MISSING",
    "About",
    "Alert",
    "AlertState",
    "DailyAlerts",
    "Heard",
    "find",
    "heard",
    "is_raised_since",
    "no_alert",
    "open_ones",
    "raise_alert",
    "raise_daily",
    "raised",
    "records_of",
    "search",
]
