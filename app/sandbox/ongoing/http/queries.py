"""Query parameters: which a call takes, of which type, and what each one keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.requests import Request

from app.sandbox.ongoing import assumed

R = TypeVar("R")


@dataclass(frozen=True)
class Parameter:
    """One query parameter. `many`: it may be repeated (a comma list is taken as one value, as observed)."""

    parse: Callable[[str], Any]
    many: bool = False
    required: bool = False


@dataclass(frozen=True)
class Filter(Generic[R]):
    """A query parameter that keeps the records for which `keep(record, value)` is true."""

    parse: Callable[[str], Any]
    keep: Callable[[R, Any], bool]
    many: bool = False

    @property
    def parameter(self) -> Parameter:
        return Parameter(self.parse, self.many)


def integer(text: str) -> int:
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or not -(2**31) <= int(text) < 2**31:
        raise ValueError("must be a whole number")
    return int(text)


def size(text: str) -> int:
    """How many to get; at least 1 (INF)."""
    number = integer(text)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return text.lower() == "true"


def choice(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return parse


GOODS_OWNER = {"goodsOwnerId": Parameter(integer, required=True)}


def read_query(request: Request, allowed: Mapping[str, Parameter]) -> dict[str, Any]:
    """The parameters that were given, parsed. Unknown, repeated, wrong and missing ones are refused by name."""
    given: dict[str, Any] = {}
    for name in dict.fromkeys(request.query_params.keys()):
        parameter = allowed.get(name)
        if parameter is None:
            raise assumed.query_refused(name, "unknown parameter")
        values = [_parsed(name, text, parameter) for text in request.query_params.getlist(name)]
        if not parameter.many and len(values) > 1:
            raise assumed.query_refused(name, "must be given once")
        given[name] = values if parameter.many else values[0]
    for name, parameter in allowed.items():
        if parameter.required and name not in given:
            raise assumed.query_refused(name, "is required")
    return given


def _parsed(name: str, text: str, parameter: Parameter) -> Any:
    try:
        return parameter.parse(text)
    except ValueError as error:
        raise assumed.query_refused(name, f"{error}, not '{text}'") from error


def kept(records: Iterable[R], given: Mapping[str, Any], filters: Mapping[str, Filter[R]]) -> list[R]:
    """The records that pass every filter that was given."""
    chosen = [(filters[name].keep, value) for name, value in given.items() if name in filters]
    return [record for record in records if all(keep(record, value) for keep, value in chosen)]


def parameters(filters: Mapping[str, Filter[R]]) -> dict[str, Parameter]:
    return {name: one.parameter for name, one in filters.items()}
