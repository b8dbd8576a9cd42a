"""A connection's settings as a form made from its system's model, and what was typed into it, checked as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

import orjson
from pydantic import ValidationError

from app.engine.operations.connection_changes import merged_into
from app.errors import BadInput, Conflict
from app.integrations.kit.mistakes import all_said
from app.integrations.protocol import Choice, ConnectionSettings, Integration
from app.integrations.protocol.capabilities import impossible_switches, without_impossible
from app.records.connections import Connection
from app.web.forms import Form
from app.web.model_form import ModelForm, fields_of_form, with_choices
from app.web.model_form.form import Typed

MATTER = (
    "processes",
    "order_number_prefix",
    "default_country",
    "shipments.complete_when",
    "shipments.partial_deliveries",
)
"""The settings that every new connection is asked for, beside those of its system's own example."""


def form_of(connection: Connection, zone: tzinfo, choices: Sequence[Choice] = ()) -> ModelForm:
    """`zone`: the reader's."""
    system = connection.system
    model = system.settings_model
    fields = fields_of_form(model, system.reference.settings, without=impossible_switches(system.capabilities))
    return ModelForm("settings", model, with_choices(fields, model, choices), zone)


def those_that_matter(form: ModelForm, system: Integration, choices: Sequence[Choice]) -> ModelForm:
    """What a new connection is asked for: what all have, what the system's example sets, what it offers to choose from."""
    own = [name for name in system.reference.settings if name not in MATTER]
    return form.only(*MATTER, *own, *(choice.setting for choice in choices), *sorted(ConnectionSettings.for_people))


def values_of(connection: Connection) -> dict[str, Any]:
    return connection.settings.model_dump(mode="json")


def seen_of(connection: Connection) -> str:
    """Tells these settings from any others: whoever changes them has seen them."""
    return hashlib.sha256(orjson.dumps(values_of(connection), option=orjson.OPT_SORT_KEYS)).hexdigest()[:20]


@dataclass
class Sent:
    """What was typed, the change that it is, and what is wrong: `faults` by field, `others` beside none of them."""

    typed: dict[str, Typed]
    change: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, BadInput] = field(default_factory=dict)
    others: list[BadInput] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not self.faults and not self.others

    def add(self, form: ModelForm, error: BadInput) -> None:
        name = form.field_of(error)
        if name is None:
            self.others.append(error)
        else:
            self.faults.setdefault(name, error)


def read(form: ModelForm, connection: Connection, given: Form) -> Sent:
    """Everything that is wrong at once. Whether it fits what others have is only known when it is saved. The form carries `seen`,
    as `seen_of` has given it."""
    values = values_of(connection)
    sent = Sent(form.typed(given))
    if given["seen"] != seen_of(connection):
        words = f"the settings of {connection.name} were changed by somebody else meanwhile"
        sent.others.append(Conflict(words, fix="load the page again: it then shows what holds now"))
    try:
        sent.change = form.change(values, sent.typed)
        merged = merged_into(connection, {"settings": sent.change})["settings"]
    except BadInput as error:
        sent.add(form, error)
        return sent
    for fault in mistakes_in(connection.system, merged):
        sent.add(form, fault)
    return sent


def mistakes_in(system: Integration, settings: Mapping[str, Any]) -> list[BadInput]:
    try:
        system.settings_model.model_validate(without_impossible(settings, system.capabilities))
    except ValidationError as error:
        return all_said(error, system.settings_model, "settings")
    return []
