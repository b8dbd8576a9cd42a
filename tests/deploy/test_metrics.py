"""Dashboards and alert rules ask for metrics and labels that exist; each rule has its runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.engine.upkeep.alerting.kinds import KINDS
from app.reference.metrics import families
from tests.deploy.promql import asked

ROOT = Path(__file__).parents[2]
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
RULES = ROOT / "deploy/prometheus/rules.yml"
OF_PROMETHEUS = {"job", "instance"}
"""Labels that every metric gets where it is read."""
OTHERS = {"up": set[str](), "process_resident_memory_bytes": set[str](), "process_cpu_seconds_total": set[str]()}
KNOWN = {name: set(labels) for each in families() for name, labels in each.names.items()} | OTHERS


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for file in DASHBOARDS:
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{file.name}: {panel['title']}", target["expr"]


def faults(expression: str) -> list[str]:
    found = asked(expression)
    wrong = [name for name in found.metrics if name not in KNOWN]
    for name, labels in found.metrics.items():
        allowed = KNOWN.get(name, set()) | OF_PROMETHEUS
        wrong += [f"{name}: {label}" for label in sorted((labels | found.grouped) - allowed)]
    return wrong


def test_every_metric_and_label_exists() -> None:
    assert {where: wrong for where, expression in expressions() if (wrong := faults(expression))} == {}


def test_every_metric_is_shown_or_watched() -> None:
    used = {name for _, expression in expressions() for name in asked(expression).metrics}
    unused = [each.name for each in families() if not used & set(each.names)]
    assert unused == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(gateway_intake_total[5m])", []),
        ("rate(gateway_intakes_total[5m])", ["gateway_intakes_total"]),
        ('sum by (result) (gateway_intake_total{connections="a"})', ["gateway_intake_total: connections"]),
        ("sum by (kind) (gateway_held)", ["gateway_held: kind"]),
        ("gateway_intake_seconds", ["gateway_intake_seconds"]),  # a histogram has no value of its own
        ('gateway_held{connection="by (kind)"} > 0', []),
    ],
)
def test_a_wrong_one_would_be_found(expression: str, expected: list[str]) -> None:
    assert faults(expression) == expected


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_a_rule_says_what_it_is_and_leads_to_a_runbook(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    kinds = KINDS if "$labels.kind" in anchor else [anchor]
    text = (ROOT / page).read_text()
    headings = [line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("#")]
    assert set(kinds) <= {re.sub(r"[^a-z0-9 -]", "", each).replace(" ", "-") for each in headings}


def test_names_in_summaries_are_labels_of_the_expression() -> None:
    for rule in rules():
        named = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        found = asked(rule["expr"])
        has = found.grouped | (OF_PROMETHEUS if not found.grouped else set())
        assert named <= has, rule["alert"]


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.name)
def test_a_dashboard_is_one_that_grafana_takes(file: Path) -> None:
    board = json.loads(file.read_text())
    (source,) = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert {each["datasource"]["uid"] for each in panel["targets"]} == {source["uid"]}
        variables = set(re.findall(r"\$(\w+)", " ".join(each["expr"] for each in panel["targets"])))
        assert variables <= {each["name"] for each in board["templating"]["list"]}
