"""Settings of traces (OpenTelemetry). Part of `Settings`."""

from __future__ import annotations

import re

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings


class Traces(BaseSettings):
    """`Settings` has these fields among its own."""

    traces_to: str | None = Field(
        None,
        description=(
            "Address of an OpenTelemetry receiver (OTLP over HTTP), like http://collector:4318. Missing: no traces are sent. "
            "What the receiver asks for to let one in goes into OTEL_EXPORTER_OTLP_HEADERS."
        ),
    )
    traces_share: float = Field(
        1.0, ge=0, le=1, description="Share of the traces that are sent, from 0 to 1. A trace is sent whole or not at all."
    )
    traces_from_callers: bool = Field(
        False,
        description=(
            "Go on with the trace that a caller names (traceparent). Set it only if nobody but your own systems can call the "
            "gateway: a caller chooses the ids then, and whether its trace is sent."
        ),
    )

    @field_validator("traces_to")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^/?#\s@]+(/[^?#\s]*)?", value):
            raise ValueError("give an address like http://collector:4318, without a password in it")
        return value
