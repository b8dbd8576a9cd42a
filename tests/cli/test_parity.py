"""Everything that REST can, a command can: each operation with its command, or the reason why it has none."""

from __future__ import annotations

import ast
import functools
import json
import re
from pathlib import Path

import pytest
import typer

from app.cli import app
from tests.cli.fake_gateway import FakeGateway, fake_gateway  # noqa: F401

ROOT = Path(__file__).parents[2]

COMMANDS = {
    "GET /": "doctor",
    "GET /readyz": "doctor",
    "GET /alerts": "alerts list",
    "GET /alerts/mutes": "alerts mutes",
    "POST /alerts/mutes": "alerts mute",
    "DELETE /alerts/mutes/{mute_id}": "alerts unmute",
    "POST /alerts/test": "alerts test",
    "GET /alerts/{alert_id}": "alerts show",
    "POST /alerts/{alert_id}/close": "alerts close",
    "POST /alerts/{alert_id}/mute": "alerts mute",
    "POST /alerts/{alert_id}/unmute": "alerts unmute",
    "GET /audit": "audit",
    "GET /connections": "connections list",
    "POST /connections": "connections add",
    "GET /connections/{connection}": "connections show",
    "GET /connections/{connection}/carriers": "connections carriers",
    "PUT /connections/{connection}": "connections apply",
    "PATCH /connections/{connection}": "connections set",
    "DELETE /connections/{connection}": "connections delete",
    "POST /connections/{connection}/activate": "connections activate",
    "POST /connections/{connection}/pause": "connections pause",
    "POST /connections/{connection}/preview": "connections preview",
    "POST /connections/{connection}/resume": "connections resume",
    "POST /connections/{connection}/rotate-webhook-secret": "connections rotate-secret",
    "POST /connections/{connection}/test": "connections test",
    "GET /connections/{connection}/delivery-note": "connections delivery-note",
    "GET /connections/{connection}/webhooks": "connections webhooks",
    "POST /connections/{connection}/webhooks/check": "connections webhooks",
    "GET /dead-letters": "dead-letters list",
    "POST /dead-letters/replay": "replay",
    "POST /erase": "erase",
    "GET /events": "events",
    "GET /events/{event_id}": "events show",
    "POST /events/{event_id}/replay": "events replay",
    "GET /integrations": "integrations",
    "POST /integrations/{integration}/links": "connections link",
    "GET /jobs": "jobs",
    "GET /jobs/{job_id}": "jobs show",
    "GET /keys": "keys list",
    "POST /keys": "keys create",
    "DELETE /keys/{key_id}": "keys revoke",
    "GET /lanes": "lanes",
    "POST /lanes/{lane_id}/pause": "lanes pause",
    "POST /lanes/{lane_id}/resume": "lanes resume",
    "GET /mappings": "mappings list",
    "GET /mappings/{mapping_id}": "mappings show",
    "GET /mappings/{mapping_id}/history": "mappings history",
    "GET /mappings/{mapping_id}/files": "files list",
    "PUT /mappings/{mapping_id}/files": "files attach",
    "GET /mappings/{mapping_id}/files/{file_id}": "files get",
    "POST /mappings/{mapping_id}/close-short": "close-short",
    "POST /mappings/{mapping_id}/release": "release",
    "POST /mappings/{mapping_id}/resolve": "resolve",
    "POST /mappings/{mapping_id}/resync": "resync",
    "GET /purchase-orders": "purchase-orders list",
    "GET /purchase-orders/{connection}/{number}": "purchase-orders show",
    "PUT /purchase-orders/{connection}/{number}": "purchase-orders put",
    "DELETE /purchase-orders/{connection}/{number}": "purchase-orders take-back",
    "GET /receipts": "receipts list",
    "GET /receipts/{receipt_id}": "receipts show",
    "GET /outgoing-webhooks": "outgoing-webhooks list",
    "GET /outgoing-webhooks/{outgoing_id}": "outgoing-webhooks show",
    "POST /outgoing-webhooks/{outgoing_id}/replay": "outgoing-webhooks replay",
    "POST /outgoing-webhooks/replay": "outgoing-webhooks replay",
    "GET /connections/{connection}/outgoing-webhooks": "outgoing-webhooks address",
    "POST /connections/{connection}/outgoing-webhooks/secret": "outgoing-webhooks secret",
    "POST /connections/{connection}/outgoing-webhooks/test": "outgoing-webhooks test",
    "GET /returns": "returns list",
    "GET /returns/causes": "returns causes",
    "GET /returns/{connection}/{return_number}": "returns show",
    "PUT /returns/{connection}/{return_number}": "returns put",
    "DELETE /returns/{connection}/{return_number}": "returns withdraw",
    "POST /returns/{connection}/{return_number}/settle": "returns settle",
    "GET /runs": "runs list",
    "GET /runs/{run_id}": "runs show",
    "POST /runs/{run_id}/confirm": "runs confirm",
    "GET /stock": "stock list",
    "GET /stock/summary": "stock list",
    "GET /stock/adjustments": "stock adjustments",
    "GET /stock/article": "stock article",
    "POST /sync/{integration}": "sync",
    "POST /reconcile": "reconcile",
    "GET /reconcile": "reconciles list",
    "GET /reconcile/{work_id}": "reconciles show",
    "GET /reconcile/{work_id}/lines": "reconciles show",
    "GET /reconcile/{work_id}/lines.csv": "reconcile",
    "POST /reconcile/{work_id}/stop": "reconciles stop",
    "POST /backfill": "backfill",
    "GET /backfill": "backfills list",
    "GET /backfill/{work_id}": "backfills show",
    "GET /backfill/{work_id}/lines": "backfills show",
    "POST /backfill/{work_id}/pause": "backfills pause",
    "POST /backfill/{work_id}/resume": "backfills resume",
    "POST /backfill/{work_id}/stop": "backfills stop",
    "POST /adopt": "adopt",
    "GET /adopt": "adoptions list",
    "GET /adopt/{work_id}": "adoptions show",
    "GET /adopt/{work_id}/lines": "adoptions show",
    "GET /adopt/{work_id}/lines.csv": "adopt",
    "POST /adopt/{work_id}/stop": "adoptions stop",
}
WITHOUT = {
    "GET /livez": "for platforms; `doctor` asks /readyz, which says more",
    "POST /dead-letters/{letter_id}/replay": "`replay ID` sends the id to /dead-letters/replay, one or many",
    "POST /webhooks/{webhook_id}": "for shops",
    "POST /webhooks/ongoing/{webhook_id}": "for the WMS",
}
"""Operations that have no command, and why."""


def operations() -> set[str]:
    document = json.loads((ROOT / "openapi" / "gateway.json").read_text(encoding="utf-8"))
    methods = ("get", "post", "put", "patch", "delete")
    return {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item if method in methods}


def commands(group: object = None, before: tuple[str, ...] = ()) -> dict[str, object]:
    known = group or typer.main.get_command(app)
    found: dict[str, object] = {}
    for name, command in getattr(known, "commands", {}).items():
        found[" ".join((*before, name))] = command
        found |= commands(command, (*before, name)) if getattr(command, "commands", None) else {}
    return found


@functools.cache
def asked() -> set[str]:
    """The paths that the commands' sources name, with `{}` for what is filled in."""
    found: set[str] = set()
    for file in (ROOT / "app" / "commands").rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        known = {
            node.targets[0].id: str(node.value.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            found.add("".join(_filled(part, known) for part in parts))
    return found


def _filled(part: ast.expr | ast.AST, known: dict[str, str]) -> str:
    """A piece of a text. A constant of the module stands for its value."""
    if isinstance(part, ast.Constant):
        return str(part.value)
    value = part.value if isinstance(part, ast.FormattedValue) else None
    return known.get(value.id, "{}") if isinstance(value, ast.Name) else "{}"


def test_every_operation_has_a_command_or_a_reason_for_having_none() -> None:
    assert {*COMMANDS, *WITHOUT} == operations()


@pytest.mark.parametrize(("operation", "command"), sorted(COMMANDS.items()))
def test_the_command_is_there_and_the_commands_ask_for_that_address(operation: str, command: str) -> None:
    assert command in commands()
    path = re.sub(r"{\w+}", "{}", operation.partition(" ")[2])
    start, _, last = path.rpartition("/")
    # Where several commands share a function, the start of the address or its last word is filled in.
    shared = {f"{start}/{{}}", f"{{}}/{{}}/{last}", f"{{}}/{last}"}
    assert path in asked() or shared & asked()


class TestKeysOverRest:
    def test_a_key_is_made_listed_and_revoked_there_and_not_in_this_folder(self, fake: FakeGateway) -> None:
        fake.answers["POST /keys"] = {"id": "key_1", "name": "ci", "key": "gw_new"}
        fake.answers["GET /keys"] = []
        fake.answers["DELETE /keys/key_1"] = 204

        made = fake.run("keys", "create", "ci", "--right", "sync", "--connection", "shop")

        assert made.stdout.strip() == "gw_new"
        assert fake.run("keys", "list").exit_code == 0
        assert fake.run("keys", "revoke", "key_1").exit_code == 0
        wanted = {"name": "ci", "rights": ["sync"], "connections": ["shop"], "expires_at": None, "addresses": None}
        assert fake.asked[0] == ("POST /keys", wanted)
        assert fake.operations == ["POST /keys", "GET /keys", "DELETE /keys/key_1"]


def test_an_event_is_judged_again(fake: FakeGateway) -> None:
    fake.answers["POST /events/7/replay"] = {"id": 7}
    assert "Event 7 is judged again" in fake.run("events", "replay", "7").stdout


def test_some_settings_are_changed_and_one_without_a_value_is_taken_back(fake: FakeGateway) -> None:
    fake.answers["PATCH /connections/shop"] = {"name": "shop"}
    done = fake.run("connections", "set", "shop", "--setting", "silent_hours=6", "--setting", "stock.full_sweep_hours=")
    assert done.exit_code == 0, done.stderr
    assert fake.asked == [("PATCH /connections/shop", {"settings": {"silent_hours": "6", "stock": {"full_sweep_hours": None}}})]


def test_a_kind_of_alerts_is_muted_and_heard_again(fake: FakeGateway) -> None:
    fake.answers["POST /alerts/mutes"] = {"id": 3, "kind": "held", "connection": "shop", "until": "2026-12-01T08:00:00Z"}
    fake.answers["GET /alerts/mutes"] = [{"id": 3, "kind": "held", "connection": "shop"}]
    fake.answers["DELETE /alerts/mutes/3"] = 204
    muted = fake.run("alerts", "mute", "--kind", "held", "--connection", "shop", "--hours", "8")
    assert "nobody is told of held of shop until 2026-12-01 08:00:00 UTC" in muted.stdout
    assert fake.run("alerts", "unmute", "--kind", "held", "--connection", "shop").exit_code == 0
    assert fake.run("alerts", "mute").exit_code == 2
    assert fake.operations == ["POST /alerts/mutes", "GET /alerts/mutes", "DELETE /alerts/mutes/3"]
