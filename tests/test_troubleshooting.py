"""docs/troubleshooting.md has every kind of alert and of problem that the code knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.api.intake import refusals, wms_webhooks
from app.api.kit.problems import KINDS
from app.engine.upkeep.alerting.kinds import KINDS as ALERTS
from app.integrations.protocol import Refused, WhyRefused
from app.integrations.woocommerce.webhooks import incoming
from app.settings import known_variables
from app.web.said.kinds import WORDS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
ROWS = {word for line in PAGE.splitlines() if line.startswith("| `") for word in re.findall(r"`([a-z-]+)`", line.split("|")[1])}


def raised() -> Iterator[str]:
    """The kinds that stand as words in the calls that raise alerts."""
    for file in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not (called := ast.unparse(node.func).rpartition(".")[2]):
                continue
            place = {"raise_alert": 1, "name_once_a_day": 2, "Alert": 0}.get(called)
            kind = node.args[place] if place is not None and len(node.args) > place else None
            if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
                yield kind.value


def test_every_alert_that_is_raised_has_a_meaning() -> None:
    assert set(raised()) >= {"held", "brake", "webhooks", "future-record", "login-refused"}, "the calls were not found"
    assert set(raised()) - set(ALERTS) == set()


@pytest.mark.parametrize("kind", sorted(ALERTS))
def test_every_kind_of_alert_has_a_row(kind: str) -> None:
    assert kind in ROWS


def runbooks() -> dict[str, str]:
    """The sections of docs/runbooks.md, by their headings."""
    sections = re.split(r"^## ", (ROOT / "docs" / "runbooks.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {heading: " ".join(text.split()) for heading, _, text in (each.partition("\n") for each in sections)}


def test_every_kind_of_alert_has_words_on_the_console() -> None:
    assert WORDS.keys() == ALERTS.keys()


def test_every_kind_of_alert_has_a_runbook_and_every_runbook_a_kind() -> None:
    assert set(runbooks()) - {"How you are told"} == set(ALERTS)


@pytest.mark.parametrize("kind", sorted(ALERTS))
def test_a_runbook_says_what_to_look_at_what_to_do_and_what_closes_it(kind: str) -> None:
    text = runbooks()[kind]
    assert [each for each in ("**What it means.**", "**Look at**", "**Do.**") if each not in text] == []
    assert f"**Closes** {ALERTS[kind].closes}." in text


def problems() -> Iterator[str]:
    yield from (kind for kind, _ in KINDS.values())
    yield from (each.value for each in WhyRefused)
    for module in (refusals, wms_webhooks):
        yield from (each.result for each in vars(module).values() if isinstance(each, refusals.Refusal))
    yield from (each.code for each in vars(incoming).values() if isinstance(each, Refused) and each.code)
    for file in (ROOT / "app" / "api").rglob("*.py"):
        yield from re.findall(r"urn:gateway:problem:([a-z-]+)", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", sorted(set(problems())))
def test_every_kind_of_problem_has_a_row(kind: str) -> None:
    assert kind in ROWS


PAGES = ["README.md", *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_within_the_repository_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert ((ROOT / page).parent / target).exists(), target


@pytest.mark.parametrize("page", ["README.md", "docs/troubleshooting.md", "docs/running.md", "docs/deploy-fly.md"])
def test_every_setting_that_is_named_is_one(page: str) -> None:
    named = set(re.findall(r"GATEWAY_[A-Z_]+[A-Z]", (ROOT / page).read_text(encoding="utf-8")))
    assert named - known_variables() == set()
