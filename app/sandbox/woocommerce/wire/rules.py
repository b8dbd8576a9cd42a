"""The rules values are checked against, in the words and codes WordPress uses for them.

A shop ignores parameters and fields it does not know. With `strict` they are refused instead, and named, so that a client that
sends them is found out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from app.sandbox.woocommerce.wire import times
from app.sandbox.woocommerce.wire.errors import Invalid, invalid_params, missing_params
from app.sandbox.woocommerce.wire.php import number

_EMAIL = re.compile(r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$")
_WORDS = {"true": True, "1": True, "false": False, "0": False, "": False}


@dataclass(frozen=True)
class Rule:
    """What a value may be. `kind`: string, integer, number, boolean, array, object or mixed.

    A rule with `read_only` names a field that the API gives but never takes: it may be sent and is ignored, as in the real shop.
    """

    kind: str
    choices: Sequence[str] | None = None
    minimum: int | None = None
    maximum: int | None = None
    items: Rule | None = None
    fields: Mapping[str, Rule] | None = None
    format: str | None = None
    read_only: bool = False
    default: Any = None


Rules = Mapping[str, Rule]

STRING = Rule("string")
INTEGER = Rule("integer")
NUMBER = Rule("number")
BOOLEAN = Rule("boolean")
MIXED = Rule("mixed")
DATE = Rule("string", format="date-time")
READ_ONLY = Rule("mixed", read_only=True)
IDS = Rule("array", items=INTEGER)


def listed(choices: Sequence[str]) -> str:
    """`a, b, and c`, as WordPress puts a list in words."""
    if len(choices) < 3:
        return " and ".join(choices)
    return f"{', '.join(choices[:-1])}, and {choices[-1]}"


def check(rule: Rule, value: Any, name: str, strict: bool) -> Any:
    """The value, cast to what the rule says. Raises Invalid, whose message begins with `name`."""
    checked = _CASTS[rule.kind](rule, value, name, strict)
    if rule.choices is not None and checked not in rule.choices:
        raise Invalid("rest_not_in_enum", f"{name} is not one of {listed(rule.choices)}.")
    if rule.minimum is not None or rule.maximum is not None:
        _check_bounds(rule, checked, name)
    if rule.format == "date-time":
        times.parse(checked, UTC)
    if rule.format == "email" and checked and not _EMAIL.match(checked):
        raise Invalid("rest_invalid_email", "Invalid email address.")
    return checked


def _check_bounds(rule: Rule, value: int, name: str) -> None:
    low, high = rule.minimum, rule.maximum
    if low is not None and high is not None and not low <= value <= high:
        raise Invalid("rest_out_of_bounds", f"{name} must be between {low} (inclusive) and {high} (inclusive)")
    if low is not None and value < low:
        raise Invalid("rest_out_of_bounds", f"{name} must be greater than or equal to {low}")
    if high is not None and value > high:
        raise Invalid("rest_out_of_bounds", f"{name} must be less than or equal to {high}")


def _wrong_type(rule: Rule, name: str) -> Invalid:
    return Invalid("rest_invalid_type", f"{name} is not of type {rule.kind}.", {"param": name})


def _string(rule: Rule, value: Any, name: str, strict: bool) -> str:
    if not isinstance(value, str):
        raise _wrong_type(rule, name)
    return value


def _number(rule: Rule, value: Any, name: str, strict: bool) -> float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            raise _wrong_type(rule, name) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong_type(rule, name)
    return number(value)


def _integer(rule: Rule, value: Any, name: str, strict: bool) -> int:
    try:
        found = _number(rule, value, name, strict)
    except (Invalid, OverflowError):
        raise _wrong_type(rule, name) from None
    if not isinstance(found, int):
        raise _wrong_type(rule, name)
    return found


def _boolean(rule: Rule, value: Any, name: str, strict: bool) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _WORDS:
        return _WORDS[value.lower()]
    if value in (0, 1):
        return bool(value)
    raise _wrong_type(rule, name)


def _array(rule: Rule, value: Any, name: str, strict: bool) -> list[Any]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        raise _wrong_type(rule, name)
    assert rule.items is not None
    return [check(rule.items, part, f"{name}[{i}]", strict) for i, part in enumerate(value)]


def _object(rule: Rule, value: Any, name: str, strict: bool) -> dict[str, Any]:
    if value in ("", []):
        return {}
    if not isinstance(value, dict):
        raise _wrong_type(rule, name)
    assert rule.fields is not None
    checked = {}
    for key, part in value.items():
        field = rule.fields.get(key)
        if field is None:
            if strict:
                raise Invalid("rest_additional_properties_forbidden", f"{key} is not a valid property of {name}.")
        elif not field.read_only:
            checked[key] = check(field, part, f"{name}[{key}]", strict)
    return checked


def _mixed(rule: Rule, value: Any, name: str, strict: bool) -> Any:
    return value


_CASTS = {
    "string": _string, "number": _number, "integer": _integer, "boolean": _boolean, "array": _array, "object": _object,
    "mixed": _mixed,
}  # fmt: skip


def check_all(rules: Rules, given: Mapping[str, Any], strict: bool, required: Sequence[str] = ()) -> dict[str, Any]:
    """The parameters that were given, checked and cast, with the rules' defaults.

    Null is let through unchecked, as WordPress does. Raises RestError naming every parameter that is wrong or, with `strict`,
    not known.
    """
    missing = [name for name in required if given.get(name) in (None, "")]
    if missing:
        raise missing_params(missing)
    faults: dict[str, Invalid] = {}
    checked = {name: rule.default for name, rule in rules.items() if rule.default is not None}
    for name, value in given.items():
        rule = rules.get(name)
        if rule is None:
            if strict:
                faults[name] = Invalid("rest_additional_properties_forbidden", f"{name} is not a parameter of this route.")
        elif not rule.read_only:
            try:
                checked[name] = None if value is None else check(rule, value, name, strict)
            except Invalid as fault:
                faults[name] = fault
    if faults:
        raise invalid_params(faults)
    return checked


def check_names(rules: Rules, item: Any, name: str, strict: bool) -> dict[str, Any]:
    """The fields of one batch item, by name only: batches do not check types (observed). Raises RestError."""
    if not isinstance(item, dict):
        raise invalid_params({name: Invalid("rest_invalid_type", f"{name} is not of type object.", {"param": name})})
    unknown = [key for key in item if key not in rules and key != "id"]
    if unknown and strict:
        faults = {
            f"{name}[{key}]": Invalid("rest_additional_properties_forbidden", f"{name}[{key}] is not a parameter of this route.")
            for key in unknown
        }
        raise invalid_params(faults)
    return {key: value for key, value in item.items() if key == "id" or (key in rules and not rules[key].read_only)}
