"""The checker of arguments. It says what is wrong with WordPress's words and codes.

A shop ignores parameters and fields it does not know. With `strict` they are refused instead, and named, so that a client that
sends them is found out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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
    """What a value may be. `kind`: string, integer, number, boolean, array, object or mixed. A `read_only` one is ignored."""

    kind: str
    choices: Sequence[str] | None = None
    minimum: int | None = None
    maximum: int | None = None
    items: Rule | None = None
    fields: Mapping[str, Rule] | None = None
    format: str | None = None
    read_only: bool = False
    default: Any = None
    required: bool = False


Rules = Mapping[str, Rule]


def listed(choices: Sequence[str]) -> str:
    """`a, b, and c`, as WordPress puts a list in words."""
    if len(choices) < 3:
        return " and ".join(choices)
    return f"{', '.join(choices[:-1])}, and {choices[-1]}"


def check(rule: Rule, value: Any, name: str, strict: bool) -> Any:
    """The value, cast to what the rule says. Raises Invalid, whose message begins with `name`."""
    try:
        checked = _CASTS[rule.kind](value)
    except (ValueError, OverflowError):
        raise Invalid("rest_invalid_type", f"{name} is not of type {rule.kind}.", {"param": name}) from None
    if rule.items is not None:
        return [check(rule.items, part, f"{name}[{place}]", strict) for place, part in enumerate(checked)]
    if rule.fields is not None:
        return _check_fields(rule.fields, checked, name, strict)
    if rule.choices is not None and checked not in rule.choices:
        raise Invalid("rest_not_in_enum", f"{name} is not one of {listed(rule.choices)}.")
    _check_bounds(rule.minimum, rule.maximum, checked, name)
    if rule.format == "date-time":
        times.parse(checked, UTC)
    if rule.format == "email" and checked and not _EMAIL.match(checked):
        raise Invalid("rest_invalid_email", "Invalid email address.")
    return checked


def _check_fields(fields: Rules, given: Mapping[str, Any], name: str, strict: bool) -> dict[str, Any]:
    checked = {}
    for key, part in given.items():
        if key not in fields:
            if strict:
                raise Invalid("rest_additional_properties_forbidden", f"{key} is not a valid property of {name}.")
        elif not fields[key].read_only:
            checked[key] = check(fields[key], part, f"{name}[{key}]", strict)
    return checked


def _check_bounds(low: int | None, high: int | None, value: Any, name: str) -> None:
    if (low is None or value >= low) and (high is None or value <= high):
        return
    if low is not None and high is not None:
        bounds = f"between {low} (inclusive) and {high} (inclusive)"
    else:
        bounds = f"greater than or equal to {low}" if high is None else f"less than or equal to {high}"
    raise Invalid("rest_out_of_bounds", f"{name} must be {bounds}")


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError
    return number(float(value) if isinstance(value, str) else value)


def _integer(value: Any) -> int:
    found = _number(value)
    if not isinstance(found, int):
        raise ValueError
    return found


def _boolean(value: Any) -> bool:
    if isinstance(value, str):
        value = _WORDS.get(value.lower())
    if value not in (0, 1):
        raise ValueError
    return bool(value)


def _array(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, dict):
        return list(value.values())
    if not isinstance(value, list):
        raise ValueError
    return value


def _object(value: Any) -> dict[str, Any]:
    if value in ("", []):
        return {}
    if not isinstance(value, dict):
        raise ValueError
    return value


_CASTS: Mapping[str, Callable[[Any], Any]] = {
    "string": _string, "number": _number, "integer": _integer, "boolean": _boolean, "array": _array, "object": _object,
    "mixed": lambda value: value,
}  # fmt: skip


def check_all(rules: Rules, given: Mapping[str, Any], strict: bool) -> dict[str, Any]:
    """The parameters that were given, checked and cast, with the rules' defaults.

    Null is let through unchecked, as WordPress does. Raises RestError naming every parameter that is wrong or, with `strict`,
    not known.
    """
    missing = [name for name, rule in rules.items() if rule.required and given.get(name) in (None, "")]
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
