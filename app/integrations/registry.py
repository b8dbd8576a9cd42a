"""Every system the gateway can connect to, by name."""

from __future__ import annotations

from app.errors import BadInput
from app.integrations.protocol import Integration
from app.integrations.woocommerce.integration import WooCommerce

INTEGRATIONS: dict[str, Integration] = {system.name: system for system in (WooCommerce(),)}


def integration(name: str) -> Integration:
    """The integration of that name. Raises BadInput naming those there are."""
    found = INTEGRATIONS.get(name)
    if found is None:
        known = ", ".join(sorted(INTEGRATIONS))
        raise BadInput(f"there is no integration {name!r}", field="integration", fix=f"use one of: {known}")
    return found
