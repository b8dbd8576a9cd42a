"""Settings of what comes in: whom to believe, how much at a time, how long it may take. Part of `Settings`.

All of them hold before anybody has shown a key. They are kept by each process for itself.
"""

from __future__ import annotations

import ipaddress
from functools import cached_property
from typing import Annotated, TypeAlias

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MIB = 1024 * 1024


class Limits(BaseSettings):
    """`Settings` has these fields among its own."""

    # --- who calls --------------------------------------------------------------------------------------------------
    trusted_proxies: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description=(
            "Addresses of your own proxies before the gateway, as addresses or ranges (10.0.0.0/8), separated by commas. Only "
            "what they say in X-Forwarded-For counts as a caller's address."
        ),
    )
    wrong_tries: int = Field(
        10,
        ge=1,
        le=1000,
        description=(
            "Number of wrong API keys or secrets from one address within a minute after which it is slowed down: it is answered "
            "429 with Retry-After, and an alert is raised."
        ),
    )
    wrong_tries_pause_seconds: float = Field(
        60,
        ge=1,
        le=60,
        description="Longest time that such an address waits, in seconds. The first pause is 5 seconds; it doubles each time.",
    )

    console_session_hours: float = Field(
        12, gt=0, le=24 * 31, description="How long a login to the console lasts, in hours. After it the key is asked for again."
    )

    # --- connections and heads -------------------------------------------------------------------------------------
    max_connections: int = Field(
        1000,
        ge=10,
        le=100_000,
        description=(
            "Number of connections to the API at a time. Above it, those that wait for a request give way to new ones. If all "
            "are busy, the answer is 503. Each needs a file descriptor."
        ),
    )
    keep_alive_seconds: float = Field(
        20, ge=1, le=600, description="Time for which a connection may wait for its next request, in seconds."
    )
    max_head_bytes: int = Field(
        64 * 1024,
        ge=8 * 1024,
        le=MIB,
        description="Largest head of a request (its first line and headers), in bytes. Above it the answer is 431.",
    )
    head_timeout_seconds: float = Field(
        10, ge=1, le=120, description="Longest time a request's head may take to arrive, in seconds. After it the answer is 408."
    )

    # --- intake -----------------------------------------------------------------------------------------------------
    max_body_bytes: int = Field(
        5 * MIB,
        ge=1024,
        description=("Largest webhook body, in bytes. Keep it generous: a shop switches its webhook off after some refusals."),
    )
    body_timeout_seconds: float = Field(20, gt=0, description="Longest time a request's body may take to arrive, in seconds.")
    max_receiving_bytes: int = Field(
        64 * MIB,
        ge=1024,
        description=(
            "Limit for all bodies over 64 KiB that are being received at the same time, in bytes. Above it the answer is 503. "
            "Smaller bodies are always taken."
        ),
    )
    max_receiving_bytes_of_address: int = Field(
        16 * MIB, ge=1024, description="The same limit for what comes from one address, in bytes."
    )
    max_waiting_bytes: int = Field(
        64 * MIB,
        ge=1024,
        description=("Limit for all bodies that wait for their commit at the same time, in bytes. Above it the answer is 503."),
    )
    commit_timeout_seconds: float = Field(
        15,
        gt=0,
        description=(
            "Longest wait for a webhook's commit, in seconds. After it the answer is 503. A shop waits 60 s, for a ping 5 s."
        ),
    )
    ring_interval_seconds: float = Field(
        0.02,
        ge=0,
        description="The least time between two wake-ups for one connection, in seconds. Leave it as it is.",
    )

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_proxies(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: list[str]) -> list[str]:
        for each in value:
            try:
                ipaddress.ip_network(each, strict=False)
            except ValueError as error:
                raise ValueError(f"{each!r} is no address and no range of addresses like 10.0.0.0/8") from error
        return value

    @cached_property
    def trusted_networks(self) -> tuple[Network, ...]:
        """GATEWAY_TRUSTED_PROXIES, to compare addresses with."""
        return tuple(ipaddress.ip_network(each, strict=False) for each in self.trusted_proxies)
