"""Every system the gateway can connect to, by name."""

from __future__ import annotations

from app.errors import BadInput
from app.integrations.protocol import Integration
from app.integrations.protocol.credentials import masked_fields, secret_fields
from app.integrations.woocommerce.integration import WooCommerce

INTEGRATIONS: dict[str, Integration] = {system.name: system for system in (WooCommerce(),)}

COMING = ("mystore", "24nettbutikk", "24sevenoffice")
RESERVED_NAMES = frozenset({*INTEGRATIONS, *COMING})
"""A connection to another system does not take these names: people would read it as what it is not."""


def secret_names() -> frozenset[str]:
    """Names under which a system's secrets may turn up in what is logged."""
    found: set[str] = set()
    for system in INTEGRATIONS.values():
        found |= secret_fields(system.credentials_model) | masked_fields(system.credentials_model) | system.reference.secret_names
    return frozenset(found)


def integration(name: str) -> Integration:
    """The integration of that name. Raises BadInput naming those there are."""
    found = INTEGRATIONS.get(name)
    if found is None:
        known = ", ".join(sorted(INTEGRATIONS))
        raise BadInput(f"there is no integration {name!r}", field="integration", fix=f"use one of: {known}")
    return found
