"""The WMS's published contract, where it lies beside the checkout. Every call of the gateway in a test is held against it.

Without that file nothing is checked here, and the simulated WMS refuses by itself what it does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema_rs

CONTRACT = Path(__file__).parents[3] / "shared/upstream/ongoing/rest-openapi.json"
PLACES = "/api/v1/"


class WmsContract:
    """The operations of the contract. `faults_of` is empty for a call that the contract allows.

    Members and parameters that the contract does not name are faults (upstream: nearly all of its models forbid them).
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        schemas = {name: _strict(each) for name, each in document["components"]["schemas"].items()}
        self._components = {"components": {"schemas": schemas}}
        self._bodies: dict[str, jsonschema_rs.Draft202012Validator] = {}
        self._operations = [
            (re.compile(re.sub(r"\\\{[^}]*\\\}", r"[^/]+", re.escape(path)) + "$"), path, operations)
            for path, operations in sorted(document["paths"].items(), key=lambda each: each[0].count("{"))
        ]

    def faults_of(self, method: str, url: str, body: Any) -> Iterator[str]:
        """`url` with its query, `body` as it was before it became JSON text; None for no body."""
        parts = urlsplit(url)
        place = PLACES + parts.path.partition(PLACES)[2]
        found = [(path, each) for pattern, path, each in self._operations if pattern.match(place)]
        name = f"{method} {place}"
        if not found or method.lower() not in found[0][1]:
            yield f"{name}: the contract has no such operation"
            return
        path, operation = found[0][0], found[0][1][method.lower()]
        yield from (f"{name}: {each}" for each in _query_faults(operation, parse_qsl(parts.query, keep_blank_values=True)))
        wanted = operation.get("requestBody")
        if (wanted is None) != (body is None):
            yield f"{name}: {'no body is allowed' if wanted is None else 'the body is missing'}"
        elif wanted is not None:
            validator = self._bodies.get(f"{method} {path}") or self._validator(f"{method} {path}", wanted)
            yield from (f"{name}: {_place(each)}{each.message}" for each in validator.iter_errors(body))

    def _validator(self, name: str, wanted: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        schema = _strict(next(iter(wanted["content"].values()))["schema"])
        self._bodies[name] = jsonschema_rs.Draft202012Validator({**schema, **self._components})
        return self._bodies[name]


def beside() -> WmsContract | None:
    """The contract, None where it does not lie beside the checkout."""
    return WmsContract(json.loads(CONTRACT.read_text())) if CONTRACT.exists() else None


def _place(error: jsonschema_rs.ValidationError) -> str:
    return "".join(f"{step}." for step in error.instance_path)


def _strict(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON schema: null where `nullable` allows it, and no members but those that are named."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    is_nullable = schema.get("nullable", False)
    made = {key: _strict(each) for key, each in schema.items() if key not in ("nullable", "format")}
    if "properties" in made:
        made["properties"] = {name: _strict(each) for name, each in schema["properties"].items()}
        made.setdefault("additionalProperties", False)
    if not is_nullable:
        return made
    return {**made, "type": [made["type"], "null"]} if "type" in made else {"anyOf": [made, {"type": "null"}]}


_TYPES = {
    "integer": re.compile(r"^-?\d+$"),
    "number": re.compile(r"^-?\d+(\.\d+)?$"),
    "boolean": re.compile(r"^(true|false)$"),
    "date-time": re.compile(r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$"),
}


def _query_faults(operation: Mapping[str, Any], given: list[tuple[str, str]]) -> Iterator[str]:
    known = {each["name"]: each for each in operation.get("parameters", ()) if each["in"] == "query"}
    names = [name for name, _ in given]
    yield from (f"the parameter {name} is missing" for name, each in known.items() if each.get("required") and name not in names)
    for name, value in given:
        if name not in known:
            yield f"there is no parameter {name}"
            continue
        schema = known[name]["schema"]
        if schema.get("type") != "array" and names.count(name) > 1:
            yield f"{name} is given {names.count(name)} times"
        kind = schema.get("items", schema)
        pattern = _TYPES.get(kind.get("format", ""), _TYPES.get(kind.get("type", "")))
        if pattern is not None and not pattern.match(value):
            yield f"{name}: {value!r} is no {kind.get('format') or kind['type']}"
        if "enum" in kind and value not in kind["enum"]:
            yield f"{name}: {value!r} is none of {kind['enum']}"
