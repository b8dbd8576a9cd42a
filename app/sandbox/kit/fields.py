"""The records of a wire format as tables of fields, read strictly.

    @fields(
        required(text("number", least=1, most=50)),
        text("remark", "reference", most=500),
        records("lines", required(text("sku", least=1), number("quantity", least=0))),
    )
    class OrderBody(Record):
        \"\"\"What `PUT /orders` takes.\"\"\"

`read_body(OrderBody, raw)` gives a record whose members are read by their Python names (`body.remark`, `body.lines[0].sku`), or
raises `WrongBody` with each place that is wrong. Unknown fields, wrong types, and null for a required field are wrong. A field
that is not required may be null, and is None when it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, create_model
from pydantic import Field as Limits

INT32 = Annotated[int, Limits(ge=-(2**31), le=2**31 - 1)]
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Record(BaseModel):
    """What somebody sent, as one table of fields describes it. `model_fields_set` names what was given."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...  # the members stand in the table, which mypy cannot read

    def as_sent(self) -> dict[str, Any]:
        """Its members under the wire's names, with null for what was left out."""
        return self.model_dump(by_alias=True)


@dataclass(frozen=True)
class Field:
    """One member: its name on the wire, what it holds, and what it is when it is left out."""

    name: str
    kind: Any
    required: bool = False
    default: Any = None

    @property
    def definition(self) -> tuple[Any, Any]:
        """As pydantic takes it."""
        if self.required:
            return self.kind, Limits(alias=self.name)
        return self.kind if self.default is not None else self.kind | None, Limits(default=self.default, alias=self.name)


Fields = tuple[Field, ...]
R = TypeVar("R", bound=Record)


def fields(*groups: Fields) -> Callable[[type[R]], type[R]]:
    """Gives the class the members that the groups describe, in this order."""

    def build(bare: type[R]) -> type[R]:
        members: dict[str, Any] = {python_name(field.name): field.definition for group in groups for field in group}
        return create_model(bare.__name__, __base__=bare, __module__=bare.__module__, __doc__=bare.__doc__, **members)

    return build


def shape(name: str, *content: type[Record] | Fields) -> type[Record]:
    """The given class, or a class made of the given fields, for a record that nobody has to name."""
    groups = [one for one in content if isinstance(one, tuple)]
    classes = [one for one in content if not isinstance(one, tuple)]
    return classes[0] if classes else fields(*groups)(type(name, (Record,), {"__module__": __name__}))


def python_name(name: str) -> str:
    """`numberOfItems` is read as `number_of_items`, `notifyBySMS` as `notify_by_sms`, `post-code` as `post_code`."""
    plain = _WORD_STARTS.sub("_", name).replace("-", "_").lower()
    return f"{plain}_" if hasattr(BaseModel, plain) else plain


# ---- the kinds of fields; each function describes one field or several of the same kind


def required(*groups: Fields) -> Fields:
    return tuple(replace(field, required=True) for group in groups for field in group)


def text(*names: str, least: int | None = None, most: int | None = None) -> Fields:
    """A text of at least and at most so many characters."""
    return of(Annotated[str, Limits(min_length=least, max_length=most)], *names)


def checked(check: Callable[[str], object], *names: str) -> Fields:
    """A text that `check` takes without a ValueError; kept as it was sent."""

    def kept(value: str) -> str:
        check(value)
        return value

    return of(Annotated[str, AfterValidator(kept)], *names)


def choice(name: str, *words: str) -> Fields:
    literal: Any = Literal
    return of(literal[words], name)


def int32(*names: str) -> Fields:
    return of(INT32, *names)


def number(*names: str, least: float | None = None) -> Fields:
    """A decimal; whole numbers are taken too, numbers in a text are not."""
    return of(Annotated[float, Limits(allow_inf_nan=False, ge=least)], *names)


def flag(*names: str, default: bool | None = None) -> Fields:
    """With a default, null is not taken."""
    return of(bool, *names, default=default)


def record(name: str, *content: type[Record] | Fields) -> Fields:
    """An object: one of the given class, or with the given fields."""
    return of(shape(name, *content), name)


def records(name: str, *content: type[Record] | Fields) -> Fields:
    """A list of such objects."""
    return of(GenericAlias(list, (shape(name, *content),)), name)


def of(kind: Any, *names: str, default: Any = None) -> Fields:
    """Fields of any type that pydantic reads."""
    return tuple(Field(name, kind, default=default) for name in names)


# ---- reading


class Wrong(NamedTuple):
    """One thing that is wrong: where, and why."""

    path: tuple[int | str, ...]
    reason: str

    @property
    def place(self) -> str:
        """`orderLines[0].rowNumber`, as a caller writes it; `body` for the whole."""
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return steps.lstrip(".") or "body"


class WrongBody(Exception):
    """The body is not what the table describes."""

    def __init__(self, faults: list[Wrong]) -> None:
        super().__init__("; ".join(f"{one.place}: {one.reason}" for one in faults))
        self.faults = faults


def read_body(kind: type[R], raw: bytes | str) -> R:
    """A JSON body as a record. Raises WrongBody."""
    return _read(lambda: kind.model_validate_json(raw))


def read_object(kind: type[R], given: object) -> R:
    """The same for what was decoded already: a form, a query, an XML element made into a dict. Raises WrongBody."""
    return _read(lambda: kind.model_validate(given))


def _read(validate: Callable[[], R]) -> R:
    try:
        return validate()
    except ValidationError as error:
        raise WrongBody([Wrong(one["loc"], _reason(one["type"], one["msg"])) for one in error.errors()]) from error


def _reason(kind: str, message: str) -> str:
    return "unknown field" if kind == "extra_forbidden" else message
