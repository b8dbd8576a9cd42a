"""Query parameters as tables: which a call takes, of which type, and what each one keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.requests import Request

R = TypeVar("R")


class WrongQuery(Exception):
    """A parameter is unknown, given twice, missing, or has a wrong value."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


@dataclass(frozen=True)
class Parameter:
    """One query parameter. `parse` raises ValueError for a wrong value. `many`: it may be repeated."""

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
    """A whole number of 32 bits."""
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or not -(2**31) <= int(text) < 2**31:
        raise ValueError("must be a whole number")
    return int(text)


def size(text: str) -> int:
    """A count or the number of a page: at least 1."""
    number = integer(text)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def up_to(most: int) -> Callable[[str], int]:
    """A count of at least 1 and at most `most`."""

    def parse(text: str) -> int:
        number = size(text)
        if number > most:
            raise ValueError(f"must be at most {most}")
        return number

    return parse


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


def read_query(request: Request, allowed: Mapping[str, Parameter]) -> dict[str, Any]:
    """The parameters that were given, parsed. Raises WrongQuery for the first that is wrong."""
    given: dict[str, Any] = {}
    for name in dict.fromkeys(request.query_params.keys()):
        parameter = allowed.get(name)
        if parameter is None:
            raise WrongQuery(name, "unknown parameter")
        values = [_parsed(name, text, parameter) for text in request.query_params.getlist(name)]
        if not parameter.many and len(values) > 1:
            raise WrongQuery(name, "must be given once")
        given[name] = values if parameter.many else values[0]
    for name, parameter in allowed.items():
        if parameter.required and name not in given:
            raise WrongQuery(name, "is required")
    return given


def _parsed(name: str, text: str, parameter: Parameter) -> Any:
    try:
        return parameter.parse(text)
    except ValueError as error:
        raise WrongQuery(name, f"{error}, not '{text}'") from error


def kept(records: Iterable[R], given: Mapping[str, Any], filters: Mapping[str, Filter[R]]) -> list[R]:
    """The records that pass every filter that was given."""
    chosen = [(filters[name].keep, value) for name, value in given.items() if name in filters]
    return [record for record in records if all(keep(record, value) for keep, value in chosen)]


def parameters(filters: Mapping[str, Filter[R]]) -> dict[str, Parameter]:
    return {name: one.parameter for name, one in filters.items()}
