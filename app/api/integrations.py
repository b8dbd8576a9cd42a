"""The systems that can be connected: what each can do, what it asks for, what can be set."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

from app.api.kit.auth import Reader
from app.api.kit.examples import SYSTEM
from app.api.kit.pages import Page
from app.api.kit.responses import problems
from app.integrations.catalogue import entry_of, every_system

router = APIRouter(prefix="/integrations", tags=["integrations"])

_ENTRY: dict[str, Any] = to_jsonable_python(entry_of(SYSTEM))
_EXAMPLE = {**_ENTRY, "credentials": _ENTRY["credentials"][:3], "settings": _ENTRY["settings"][:3]}


class FieldView(BaseModel):
    """One credential or setting."""

    name: str = Field(description="Dots name parts of parts: `processes.orders` is `orders` in `processes`.")
    kind: str = Field(description="Its type in a reader's words, like `list of text`.")
    description: str
    is_required: bool
    is_secret: bool = Field(description="Whether its value is kept sealed and never shown again.")
    default: Any = Field(None, description="The default. Null when the field is required or there is none.")
    unit: str | None = Field(None, description="seconds, minutes, hours, days or bytes.")
    limits: list[str] = Field([], description="Limits of the value, like `at least 1`.")
    choices: list[Any] = Field([], description="The allowed values, when there is a fixed list.")
    example: Any = None


class IntegrationView(BaseModel):
    """One system that can be connected."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    name: str = Field(description="What a connection gives as `integration`.")
    title: str = Field(description="The name as its makers write it.")
    noun: str = Field(description="What people call one: shop or ERP.")
    capabilities: list[str] = Field(description="What it can do, like `write-stock` or `send-webhooks`.")
    processes: list[str] = Field(description="The processes that it can do; any other cannot be switched on.")
    docs: str = Field(description="The page about connecting it, in the gateway's repository.")
    credentials: list[FieldView] = Field(description="What a connection gives as `source`.")
    settings: list[FieldView] = Field(description="What a connection may give as `settings`.")
    example: dict[str, Any] = Field(description="`source` and `settings` of a connection, to begin with.")


@router.get("", summary="List the systems that can be connected", responses=problems())
async def list_integrations(caller: Reader) -> Page[IntegrationView]:
    """By name, all on one page. The same for every gateway of this version, and for every key."""
    found = [IntegrationView.model_validate(each, from_attributes=True) for each in every_system()]
    return Page(items=found, next_cursor=None)
