"""The simulator's tables of elements, side by side with the vendor's descriptions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.sandbox.sevenoffice24.wire import authenticate, company, invoice, product
from app.sandbox.sevenoffice24.wire.scalars import Scalar
from app.sandbox.sevenoffice24.wire.tables import Field, Kind, ListOf, Sequence
from tests.sandbox.sevenoffice24 import vendor

SERVICES = {
    "authenticate": authenticate.SERVICE,
    "product": product.SERVICE,
    "invoice": invoice.SERVICE,
    "company": company.SERVICE,
}

pytestmark = pytest.mark.skipif(not vendor.ARE_HERE, reason=vendor.WHY_NOT)


def inside(kind: Kind) -> Iterator[Kind]:
    yield kind
    if isinstance(kind, ListOf):
        yield from inside(kind.kind)
    elif isinstance(kind, Sequence):
        for one in kind.fields:
            yield from inside(one.kind)


def kinds(service: str) -> list[Kind]:
    return [one for each in SERVICES[service].operations for top in (each.request, each.result) for one in inside(top)]


def array(kind: ListOf) -> str:
    """The vendor calls a list after its elements: `ArrayOfInt` holds `int`."""
    return f"ArrayOf{kind.item[:1].upper()}{kind.item[1:]}"


def named(kind: Kind) -> str:
    if isinstance(kind, ListOf):
        return array(kind)
    return kind.xsd if isinstance(kind, Scalar) else kind.name


def member(one: Field) -> vendor.Member:
    text = str(one.default).lower() if isinstance(one.default, bool) else str(one.default)
    return one.name, named(one.kind), one.is_required, one.is_nillable, None if one.default is None else text


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_record_has_the_vendors_elements_in_the_vendors_order(service: str) -> None:
    wire = vendor.types(service)
    for one in kinds(service):
        if isinstance(one, Sequence):
            theirs = [each for each in wire[one.name] if each[0] != "Context"]  # anything at all: nothing is ever put there
            assert [member(each) for each in one.fields] == theirs, one.name


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_list_holds_what_the_vendors_holds(service: str) -> None:
    wire = vendor.types(service)
    for one in kinds(service):
        if isinstance(one, ListOf):
            assert [each[:2] for each in wire[array(one)]] == [(one.item, named(one.kind))]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_words_are_the_vendors(service: str) -> None:
    listed = vendor.words(service)
    for one in kinds(service):
        if isinstance(one, Scalar) and one.words and one.xsd != "CurrencyType":  # 181 currencies, of which a few will do
            assert list(one.words) == listed[one.xsd]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_the_answers_are_the_vendors(service: str) -> None:
    wire = vendor.types(service)
    for one in SERVICES[service].operations:
        assert [each[:2] for each in wire[f"{one.name}Response"]] == [(f"{one.name}Result", named(one.result))]
