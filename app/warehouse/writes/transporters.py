"""Whether the carriers a connection asks for exist in the WMS (requirement: Orders, transporter and service)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.domain import Problem
from app.warehouse.reads.resources import TransporterContract


class ChosenTransporter(Protocol):
    """A carrier's service in the WMS's codes."""

    @property
    def transporter_code(self) -> str: ...

    @property
    def transporter_service_code(self) -> str: ...


def transporter_problems(
    choices: Mapping[str, ChosenTransporter], contracts: Sequence[TransporterContract]
) -> tuple[Problem, ...]:
    """One problem for each setting (the key) whose carrier the WMS does not list. Codes match exactly."""
    services: dict[str, set[str]] = {}
    for contract in contracts:
        services.setdefault(contract.code, set()).update(contract.service_codes)
    return tuple(problem for setting, choice in choices.items() if (problem := _problem(setting, choice, services)) is not None)


def _problem(setting: str, choice: ChosenTransporter, services: Mapping[str, set[str]]) -> Problem | None:
    code, service = choice.transporter_code, choice.transporter_service_code
    if code not in services:
        return Problem(
            "transporter-unknown",
            setting,
            f"the warehouse lists no transporter {code!r}",
            f"use one of {_listed(services)}, or leave the method out: it then goes as way of delivery only",
        )
    if service not in services[code]:
        return Problem(
            "transporter-service-unknown",
            setting,
            f"the warehouse lists no service {service!r} of transporter {code!r}",
            f"use one of {_listed(services[code])}",
        )
    return None


def _listed(codes: Mapping[str, set[str]] | set[str]) -> str:
    return ", ".join(sorted(codes)) or "none (the warehouse lists no codes at all)"
