"""What a line of a record's history says, by its code, where that is no reason."""

from __future__ import annotations

from app.web.texts import Text

HISTORY: dict[str, Text] = {
    "created": Text("Made in the warehouse."),
    "updated": Text("Updated in the warehouse."),
    "unchanged": Text("Nothing has changed."),
    "skipped": Text("It is not to be in the warehouse."),
    "held": Text("It is held."),
    "failed": Text("It failed."),
    "another-try": Text("Another try is made later."),
    "closed-short": Text("It is closed with what was sent."),
    "cancel-rest": Text("The rest is to be cancelled in the warehouse."),
    "released": Text("Somebody has released it."),
    "resolved": Text("Somebody has resolved it."),
    "replayed": Text("Somebody has asked for another try."),
    "made-for-order": Text("Made because an order needs it."),
    "found-by-webhook": Text("Announced by a webhook."),
    "found-by-poll": Text("Found by a poll."),
    "found-by-sweep": Text("Found by the deep sweep."),
    "found-by-operator": Text("Read because somebody asked for it."),
    "found-by-again": Text("Looked at again."),
    "found-by-caller": Text("Put over the REST API."),
}
