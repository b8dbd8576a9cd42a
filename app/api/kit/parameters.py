"""What parameters are, where an operation says nothing of its own: by their names, which mean the same everywhere."""

from __future__ import annotations

from typing import Any

from app.api.kit.examples import SYSTEM

IN_PATH: dict[str, tuple[str, Any]] = {
    "alert_id": ("Id of an alert, as GET /alerts lists it.", 12),
    "connection": ("Name or id of a connection, as GET /connections lists it.", "nettbutikk"),
    "file_id": ("Id of a file in the WMS, as GET /mappings/{mapping_id}/files lists it.", 31),
    "event_id": ("Id of an event, as GET /events lists it.", 812),
    "integration": ("Name of a system, for all its connections, or name or id of one connection.", SYSTEM.name),
    "job_id": ("Id of a job, as GET /jobs lists it.", 17),
    "key_id": ("Id of an API key, as GET /keys lists it.", "key_Jq2mX8bTz0aK4cVd"),
    "lane_id": ("Id of a lane, as GET /lanes lists it.", "lane_5c1f0a9be2d4"),
    "letter_id": ("Id of a dead letter, as GET /dead-letters lists it.", "job-17"),
    "mapping_id": ("Id of a record, as GET /mappings lists it. GET /mappings?number=… finds it by any of its numbers.", 412),
    "mute_id": ("Id of a mute, as GET /alerts/mutes lists it.", 3),
    "outgoing_id": ("Id of an outgoing webhook, as GET /outgoing-webhooks lists it.", 31),
    "receipt_id": ("Id of a receipt, as GET /receipts lists it.", 17),
    "webhook_id": ("The last part of the address, as the connection shows it.", "kY0cR2vQ9sT4"),
    "number": ("Number of a purchase order, as it was put.", "PO-310"),
    "work_id": ("Id of a reconcile, a backfill or an adoption, as GET /reconcile, GET /backfill and GET /adopt list it.", 12),
    "return_number": ("Number of a return, as it was announced or as the warehouse has it.", "R-10045-1"),
    "run_id": ("Id of a run, as GET /runs lists it.", "run_6vJ2kQx1TzYa8WbC"),
}
"""Description and example of each parameter in an address."""

IN_QUERY: dict[str, str] = {
    "connection": "Only this connection's (name or id).",
    "integration": "Only connections of this system.",
    "kind": "Only records of this kind.",
    "process": "Only this process.",
    "reason_code": "Only what has this reason, like street-missing.",
    "state": "Only what is in this state.",
    "status": "Only connections of this status.",
    "transfer": "Only records whose transfer to the WMS is in this state.",
    "wanted": "Only records that are wanted in the WMS (present), or there no more (cancelled).",
}


def describe(parameter: dict[str, Any]) -> None:
    """Fills in what the operation has left out."""
    name = parameter["name"]
    if parameter["in"] == "query" and name in IN_QUERY:
        parameter.setdefault("description", IN_QUERY[name])
    if parameter["in"] == "path" and name in IN_PATH:
        description, example = IN_PATH[name]
        parameter.setdefault("description", description)
        parameter.setdefault("example", example)
