"""Whether a process is on has one answer, also for those that have no switch."""

from __future__ import annotations

import pytest

from app.domain import Process
from app.integrations.protocol import ProcessSettings

SWITCHES = [Process.ARTICLES, Process.ORDERS, Process.STOCK, Process.SHIPMENTS, Process.RETURNS]


@pytest.mark.parametrize("process", SWITCHES)
def test_a_process_is_on_as_its_switch_says(process: Process) -> None:
    assert ProcessSettings.model_validate({process.value: True}).is_on(process) is True
    assert ProcessSettings.model_validate({process.value: False}).is_on(process) is False


@pytest.mark.parametrize("process", [Process.ACKNOWLEDGEMENTS, Process.NOTES])
def test_a_process_without_a_switch_is_on(process: Process) -> None:
    all_off = ProcessSettings(**{each.value: False for each in SWITCHES})
    assert all_off.is_on(process) is True
