"""Connections as the API takes them: whole, as declared, or changed in parts."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, PrivateAttr, model_validator

from app.api.connections.views import SETTINGS_EXAMPLE, WAREHOUSE_EXAMPLE
from app.api.kit.examples import SYSTEM
from app.errors import BadInput

FIRST_NAME = "shop"
"""What `source` was called when there were only shops; still taken as the same."""

_GIVEN: dict[str, Any] = {
    "name": "nettbutikk",
    "integration": SYSTEM.name,
    "source": dict(SYSTEM.reference.credentials),
    "warehouse": {**WAREHOUSE_EXAMPLE, "password": "…"},
    "settings": SETTINGS_EXAMPLE,
}


class GivesSource(BaseModel):
    """A body with a connection's outside credentials, under `source` or its first name."""

    model_config = ConfigDict(extra="forbid")

    _said: str = PrivateAttr("source")

    @model_validator(mode="wrap")
    @classmethod
    def _under_either_name(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(given, dict) or FIRST_NAME not in given:
            return handler(given)
        if "source" in given:
            raise BadInput(
                f"source and {FIRST_NAME} are the same thing, and both are given", field=FIRST_NAME, fix="leave out shop"
            )
        made = handler({"source" if name == FIRST_NAME else name: value for name, value in given.items()})
        made._said = FIRST_NAME
        return made

    @contextlib.contextmanager
    def errors_as_said(self) -> Iterator[None]:
        """Reports what is wrong with the credentials under the name that the caller gave them."""
        try:
            yield
        except BadInput as error:
            if self._said == "source" or not (error.field or "").startswith("source"):
                raise
            message, field, fix = (
                re.sub(r"\bsource\b", self._said, each or "") for each in (error.message, error.field, error.fix)
            )
            raise type(error)(message, field=field, fix=fix or None) from error


class NewConnection(GivesSource):
    """A connection as a person gives it. `source` and `settings` are what the integration asks for; see docs."""

    model_config = ConfigDict(json_schema_extra={"example": _GIVEN})

    name: str
    integration: str
    source: dict[str, Any]
    warehouse: dict[str, Any]
    settings: dict[str, Any] = {}


class DeclaredConnection(GivesSource):
    """The connection that is wanted. Secrets and the go-live date stay as they are when they are left out."""

    model_config = ConfigDict(json_schema_extra={"example": {key: value for key, value in _GIVEN.items() if key != "name"}})

    integration: str
    source: dict[str, Any]
    warehouse: dict[str, Any]
    settings: dict[str, Any] = {}


class ConnectionChange(GivesSource):
    """The changes. What is left out stays. Parts with fixed names (`settings.stock`) are merged. A list, and a table with keys of
    your own (`settings.transporters`, `settings.extra_order_fields`), is replaced as a whole: `{}` empties it. Null takes a value
    back to its default; null for all of `settings` leaves `go_live` as it is."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"settings": {"order_number_prefix": "N-", "processes": {"articles": False}}}},
    )

    name: str | None = None
    source: dict[str, Any] | None = None
    warehouse: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None
