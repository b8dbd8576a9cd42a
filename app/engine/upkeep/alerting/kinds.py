"""The kinds of alerts: what each means, and what closes it. docs/runbooks.md has a section for each."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine.upkeep.alerting import over
from app.engine.upkeep.alerting.over import Rule, quiet_for
from app.records.alerts import REST_MISSING


@dataclass(frozen=True)
class AlertKind:
    """`closes`: when the gateway closes it by itself, in words."""

    meaning: str
    closes: str
    rule: Rule


A_DAY = "when it has not come again for a day"
TWO_DAYS = "when it has not come again for two days"

KINDS: dict[str, AlertKind] = {
    "held": AlertKind("Records that wait for a person", "when the record is held no more", over.held),
    "dead-letter": AlertKind(
        "Records that could not be transferred", "when the record or the event is a dead letter no more", over.dead_letter
    ),
    "login-refused": AlertKind(
        "Credentials that are no longer accepted",
        "when a poll, a write or a connection test has logged in again",
        over.login_refused,
    ),
    "consent-ended": AlertKind(
        "Connections that a person must allow again", "when somebody has allowed it again", over.consent_ended
    ),
    "other-shop": AlertKind("Another shop sends with this connection's secret", A_DAY, quiet_for(1)),
    "not-json": AlertKind("Webhooks whose body is not JSON", A_DAY, quiet_for(1)),
    "no-record": AlertKind("Webhooks that name no record", A_DAY, quiet_for(1)),
    "brake": AlertKind(
        "A run that waits to be confirmed", "when the run is confirmed, or nothing of it is held any more", over.brake
    ),
    "warning": AlertKind(
        "Something in the shop that should be looked at", "when it has not come again for 14 days", quiet_for(14)
    ),
    "articles": AlertKind("Articles that the warehouse should know of", "when it has not come again for 14 days", quiet_for(14)),
    "transporter-gone": AlertKind(
        "A carrier that the warehouse does not list any more",
        "when the daily look finds the carrier, or the setting is gone for three days",
        quiet_for(3),
    ),
    "silent": AlertKind("No orders where there should be", "when an order comes again", over.silent),
    "failing": AlertKind(
        "A connection that cannot be read",
        "when what failed works again; what is said of the stock of variations, when it has not come again for two days",
        over.failing,
    ),
    "webhooks": AlertKind(
        "Webhooks that had to be put right",
        "when a later check finds them in order, or when they have rung; `no-right`, when it has not come again for a day",
        over.webhooks,
    ),
    "outgoing-webhooks": AlertKind(
        "Events that an address does not take",
        "when the address takes events again; `dead`, when no event of the connection is dead any more",
        over.outgoing_webhooks,
    ),
    "signatures": AlertKind("More wrong signatures than usual", A_DAY, quiet_for(1)),
    "wrong-keys": AlertKind("Somebody tries API keys", A_DAY, quiet_for(1)),
    "wrong-secrets": AlertKind("Somebody tries the secret of the WMS's webhook", A_DAY, quiet_for(1)),
    "not-stored": AlertKind(
        "Records that the gateway could not keep",
        "when the record is stored, or when it has not come again for seven days",
        over.not_stored,
    ),
    "future-record": AlertKind("Records with a time that is still to come", TWO_DAYS, quiet_for(2)),
    "clock-went-back": AlertKind("A shop whose clock went back", TWO_DAYS, quiet_for(2)),
    REST_MISSING: AlertKind(
        "Partly sent orders whose rest does not come",
        "when the rest is sent, or the order is closed or cancelled",
        over.rest_missing,
    ),
    "odd-answers": AlertKind("A shop whose answers are odd", TWO_DAYS, quiet_for(2)),
    "stock": AlertKind(
        "Quantities that a shop did not take", "when no article of the connection has this problem any more", over.stock
    ),
    "task-timed-out": AlertKind("Work that took far too long", A_DAY, quiet_for(1)),
}
"""Every kind that is stored. `quiet_for` is for trouble that has no end of its own."""

TEST = "test"
"""The kind of a test message, which is not stored."""
RULES = {kind: each.rule for kind, each in KINDS.items()}


def meaning(kind: str) -> str:
    return "A test of the way to you" if kind == TEST else KINDS[kind].meaning if kind in KINDS else kind
