"""The system that the OpenAPI document's examples show: the first of the registry."""

from __future__ import annotations

from app.integrations.registry import INTEGRATIONS

SYSTEM = next(iter(INTEGRATIONS.values()))
HEADERS = {
    "content-type": "application/json",
    **{each.name.lower(): each.example for each in SYSTEM.reference.webhook_headers[:1]},
}
"""Of one of its webhooks, as they are kept."""
