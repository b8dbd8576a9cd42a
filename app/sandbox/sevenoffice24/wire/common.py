"""What several of the services have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.sandbox.sevenoffice24.wire.scalars import INT, STRING
from app.sandbox.sevenoffice24.wire.tables import Kind, ListOf, Sequence, sequence


@dataclass(frozen=True)
class Operation:
    """`request` is the message's element; the answer holds one element, `<name>Result`, unless there is nothing to say."""

    name: str
    request: Sequence
    result: Kind


@dataclass(frozen=True)
class Service:
    """`path` is where it is called."""

    path: str
    operations: tuple[Operation, ...]


def operation(name: str, result: Kind, words: str = "", kinds: dict[str, Kind] | None = None) -> Operation:
    return Operation(name, sequence(name, words, kinds), result)


INTS = ListOf("int", INT)
STRINGS = ListOf("string", STRING)
API_EXCEPTION = sequence("APIException", "Type:string Message:string StackTrace:string")
ADDRESS = sequence(
    "Address", "Street:string State:string PostalCode:string PostalArea:string Name:string City:string Country:string"
)
ADDRESSES = replace(
    sequence("Addresses", "Post:Address Delivery:Address Visit:Address Invoice:Address", {"Address": ADDRESS}),
    has_nil_members=True,
)
