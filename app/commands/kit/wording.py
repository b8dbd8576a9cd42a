"""The gateway's sentences as the command line says them: a REST path in a message becomes the command that does the same."""

from __future__ import annotations

import re

_ONE = r"(?P<one>[^\s/;,:()]+)"
_CONNECTION = rf"/connections/{_ONE}"

COMMANDS: tuple[tuple[str, str], ...] = (
    (r"GET /connections", "gateway connections list"),
    (rf"GET {_CONNECTION}/delivery-note", "gateway connections delivery-note {one}"),
    (rf"GET {_CONNECTION}/webhooks", "gateway connections webhooks {one}"),
    (rf"GET {_CONNECTION}/carriers", "gateway connections carriers {one}"),
    (rf"GET {_CONNECTION}", "gateway connections show {one}"),
    (rf"POST {_CONNECTION}/(?P<act>activate|pause|resume|test)", "gateway connections {act} {one}"),
    (rf"POST {_CONNECTION}/rotate-webhook-secret", "gateway connections rotate-secret {one}"),
    (rf"POST {_CONNECTION}/webhooks/check", "gateway connections webhooks {one} --check"),
    (rf"GET {_CONNECTION}/outgoing-webhooks", "gateway outgoing-webhooks address {one}"),
    (rf"POST {_CONNECTION}/outgoing-webhooks/(?P<act>secret|test)", "gateway outgoing-webhooks {act} {one}"),
    (rf"POST {_CONNECTION}/preview", "gateway connections preview {one}"),
    (rf"(?:PATCH|PUT) {_CONNECTION}", "gateway connections apply FILE"),
    (rf"DELETE {_CONNECTION}", "gateway connections delete {one}"),
    (r"POST /connections", "gateway connections apply FILE"),
    (r"GET /mappings\?number=…", "gateway mappings show NUMBER"),
    (rf"GET /mappings/{_ONE}", "gateway mappings show NUMBER"),
    (rf"GET /mappings/{_ONE}/files", "gateway files list NUMBER"),
    (r"GET /mappings", "gateway mappings list"),
    (rf"POST /mappings/{_ONE}/(?P<act>resync|release|resolve|close-short)", "gateway {act} NUMBER"),
    (rf"GET /purchase-orders/{_ONE}/(?P<number>[^\s;,:()]+)", "gateway purchase-orders show {one} {number}"),
    (rf"PUT /purchase-orders/{_ONE}/(?P<number>[^\s;,:()]+)", "gateway purchase-orders put {one} {number} FILE"),
    (rf"DELETE /purchase-orders/{_ONE}/(?P<number>[^\s;,:()]+)", "gateway purchase-orders take-back {one} {number}"),
    (r"GET /purchase-orders", "gateway purchase-orders list"),
    (r"GET /dead-letters", "gateway dead-letters list"),
    (rf"POST /dead-letters/{_ONE}/replay", "gateway replay {one}"),
    (rf"GET /events/{_ONE}", "gateway events show {one}"),
    (r"GET /events", "gateway events"),
    (r"GET /jobs", "gateway jobs"),
    (rf"POST /lanes/{_ONE}/(?P<act>pause|resume)", "gateway lanes {act} {one}"),
    (r"GET /lanes", "gateway lanes"),
    (rf"POST /runs/{_ONE}/confirm", "gateway runs confirm {one}"),
    (rf"GET /runs/{_ONE}", "gateway runs show {one}"),
    (r"GET /runs", "gateway runs list"),
    (rf"POST /sync/{_ONE}", "gateway sync {one}"),
    (r"GET /returns/causes", "gateway returns causes NAME"),
    (rf"GET /returns/{_ONE}/(?P<two>[^\s/;,:()]+)", "gateway returns show {one} {two}"),
    (r"GET /returns", "gateway returns list"),
    (rf"PUT /returns/{_ONE}/(?P<two>[^\s/;,:()]+)", "gateway returns put {one} {two}"),
    (rf"DELETE /returns/{_ONE}/(?P<two>[^\s/;,:()]+)", "gateway returns withdraw {one} {two}"),
    (rf"POST /returns/{_ONE}/(?P<two>[^\s/;,:()]+)/settle", "gateway returns settle {one} {two}"),
    (r"GET /stock/summary", "gateway stock list"),
    (r"GET /stock/adjustments", "gateway stock adjustments"),
    (r"GET /stock/article", "gateway stock article CONNECTION NUMBER"),
    (r"GET /stock", "gateway stock list"),
    (rf"GET /receipts/{_ONE}", "gateway receipts show {one}"),
    (r"GET /receipts", "gateway receipts list"),
    (r"POST /outgoing-webhooks/replay", "gateway outgoing-webhooks replay --all"),
    (rf"POST /outgoing-webhooks/{_ONE}/replay", "gateway outgoing-webhooks replay {one}"),
    (rf"GET /outgoing-webhooks/{_ONE}", "gateway outgoing-webhooks show {one}"),
    (r"GET /outgoing-webhooks", "gateway outgoing-webhooks list"),
    (r"GET /alerts/mutes", "gateway alerts mutes"),
    (rf"DELETE /alerts/mutes/{_ONE}", "gateway alerts unmute"),
    (r"GET /alerts", "gateway alerts"),
    (rf"GET /(?P<work>reconcile|backfill)/{_ONE}", "gateway {work}s show {one}"),
    (r"GET /(?P<work>reconcile|backfill)", "gateway {work}s list"),
    (rf"GET /adopt/{_ONE}", "gateway adoptions show {one}"),
    (r"GET /adopt", "gateway adoptions list"),
    (r"GET /keys", "gateway keys list"),
    (r"POST /keys", "gateway keys create NAME"),
    (rf"DELETE /keys/{_ONE}", "gateway keys revoke {one}"),
    (rf"POST /events/{_ONE}/replay", "gateway replay event-{one}"),
    (r"GET /integrations", "gateway integrations"),
    (r"POST /erase", "gateway erase TEXT"),
)
"""Operations of the REST API as they stand in messages, the longer ones first, and the commands that do the same."""

PLACEHOLDERS = {
    "connection": "NAME",
    "id": "ID",
    "mapping_id": "NUMBER",
    "number": "NUMBER",
    "lane_id": "ID",
    "return_number": "NUMBER",
    "run_id": "ID",
    "event_id": "ID",
    "mute_id": "ID",
    "work_id": "ID",
    "outgoing_id": "ID",
    "receipt_id": "ID",
}
"""What a path's `{connection}` is called where a command asks for it."""

_MENTION = re.compile(r"\b(?:GET|POST|PATCH|PUT|DELETE) /[a-z][^\s;,:()]*[^\s;,:().]")
_KNOWN = tuple((re.compile(path), command) for path, command in COMMANDS)


def command_for(operation: str) -> str | None:
    """The command that does what `POST /runs/7/confirm` does: `gateway runs confirm 7`. None when there is none."""
    for path, command in _KNOWN:
        if found := path.fullmatch(operation):
            given = {name: PLACEHOLDERS.get(text.strip("{}"), text) for name, text in found.groupdict().items()}
            return command.format(**given)
    return None


def in_commands(text: str) -> str:
    """A sentence of the gateway with commands in place of REST paths. One that no command stands for stays as it is."""
    return _MENTION.sub(lambda found: command_for(found[0]) or found[0], text)
