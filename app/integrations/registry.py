"""Every system the gateway can connect to, by name."""

from __future__ import annotations

from app.errors import BadInput
from app.integrations.mystore.integration import Mystore
from app.integrations.nettbutikk24.integration import Nettbutikk24
from app.integrations.protocol import Integration
from app.integrations.protocol.credentials import masked_fields, secret_fields
from app.integrations.sevenoffice24.integration import SevenOffice24
from app.integrations.woocommerce.integration import WooCommerce

INTEGRATIONS: dict[str, Integration] = {
    system.name: system for system in (WooCommerce(), Mystore(), Nettbutikk24(), SevenOffice24())
}

RESERVED_NAMES = frozenset(INTEGRATIONS)
"""Names that belong to one system. A connection to another system may not use them, because people would mistake it."""


def secret_names() -> frozenset[str]:
    """Names under which a system's secrets may turn up in what is logged."""
    found: set[str] = set()
    for system in INTEGRATIONS.values():
        found |= secret_fields(system.credentials_model) | masked_fields(system.credentials_model) | system.reference.secret_names
    return frozenset(found)


def deployment_variables() -> frozenset[str]:
    """The variables in the environment that set something for all connections to one system."""
    models = {system.name: system.deployment_model for system in INTEGRATIONS.values()}
    return frozenset(
        f"GATEWAY_{name.upper()}_{field.upper()}"
        for name, model in models.items()
        if model is not None
        for field in model.model_fields
    )


def integration(name: str) -> Integration:
    """The integration of that name. Raises BadInput naming those there are."""
    found = INTEGRATIONS.get(name)
    if found is None:
        known = ", ".join(sorted(INTEGRATIONS))
        raise BadInput(f"there is no integration {name!r}", field="integration", fix=f"use one of: {known}")
    return found
