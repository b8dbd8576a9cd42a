"""What `gateway doctor` finds out about a gateway that runs elsewhere: only what its REST API tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.commands.kit.findings import Finding, fail, ok, warn
from app.commands.kit.remote import Problem, Remote, segment
from app.commands.kit.terminal import NotAllowed, Unreachable
from app.errors import GatewayError

_STATES = {"active": ok, "paused": warn, "draft": warn}


def examine(remote: Remote) -> Iterator[Finding]:
    """Never raises for a fault that it finds."""
    try:
        said = remote.get("/")
    except (Unreachable, Problem) as error:
        yield fail("gateway", str(error), "check --url or GATEWAY_URL, and that it runs")
        return
    if not isinstance(said, dict) or said.get("name") != "gateway":
        yield fail("gateway", f"{remote.url} is another program", "check --url or GATEWAY_URL")
        return
    yield ok("gateway", f"version {said.get('version')} answers at {remote.url}")
    yield _ready(remote)
    yield from _connections(remote)


def _ready(remote: Remote) -> Finding:
    try:
        said = remote.get("/readyz")
    except GatewayError as error:
        return fail("ready", str(error), "run `gateway doctor` on its own machine")
    if said["status"] != "ready":
        return warn("ready", "; ".join(said["reasons"]), "run `gateway doctor` on its own machine")
    return ok("ready", f"the database is at revision {said['revision']}, and the queue answers")


def _connections(remote: Remote) -> Iterator[Finding]:
    try:
        found = remote.items("/connections", 1000)
    except NotAllowed as error:
        yield fail("API key", str(error), "give a key with --api-key or GATEWAY_API_KEY; make one there: gateway keys create")
        return
    yield ok("API key", "it is accepted")
    if not found:
        yield warn("connections", "there are none yet", "add one: gateway connections apply FILE")
    for each in found:
        yield from _connection(remote, each)


def _connection(remote: Remote, connection: Mapping[str, Any]) -> Iterator[Finding]:
    name, status = str(connection["name"]), str(connection["status"])
    if status == "active":
        yield ok(name, "it is active")
    else:
        words = "nothing is read or sent" if status == "paused" else "nothing runs before it is activated"
        command = "resume" if status == "paused" else "activate"
        yield warn(name, f"it is {status}: {words}", f"gateway connections {command} {name}")
    test = connection.get("test") or {}
    for check in test.get("checks", ()):
        if not check["ok"]:
            yield fail(f"{name}: {check['system']} {check['name']}", f"{check['message']} (last test)", check["fix"])
    if connection["webhook_url"] is None:  # its system sends none
        return
    webhooks = remote.get(f"/connections/{segment(name)}/webhooks")
    if status == "active" and webhooks["state"] == "failed":
        look = f"gateway connections webhooks {name} --check"
        yield fail(f"{name}: webhooks", f"they could not be looked after: {webhooks['last_error']}", look)
    for lacks in webhooks["missing"] if status == "active" else ():
        yield warn(f"{name}: webhooks", f"{lacks['text']}; what changes is found by polls only", lacks["fix"])
