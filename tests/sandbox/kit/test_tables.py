"""The kit's tables: what fields take, where answers come from, which parameters are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from app.sandbox.kit.answers import answer, each, echoed, nulls, one, via
from app.sandbox.kit.fields import (
    Fields,
    Record,
    Wrong,
    WrongBody,
    checked,
    choice,
    fields,
    flag,
    int32,
    number,
    read_body,
    read_object,
    record,
    records,
    required,
    shape,
    text,
)
from app.sandbox.kit.paging import page_of
from app.sandbox.kit.queries import Parameter, WrongQuery, integer, read_query, up_to
from app.sandbox.kit.queries import choice as word
from app.sandbox.kit.queries import flag as on_or_off


def reason(content: Fields, value: object) -> str:
    """Why a value of the field `it` is refused."""
    with pytest.raises(WrongBody) as caught:
        read_object(shape("Body", content), {"it": value})
    (fault,) = caught.value.faults
    return fault.reason


class TestFields:
    @pytest.mark.parametrize(
        ("content", "value", "words"),
        [
            (text("it", most=3), "abcd", "String should have at most 3 characters"),
            (text("it"), 1, "Input should be a valid string"),
            (int32("it"), 2**31, "Input should be less than or equal to 2147483647"),
            (int32("it"), 1.5, "Input should be a valid integer"),
            (int32("it"), True, "Input should be a valid integer"),
            (number("it", least=0), -0.5, "Input should be greater than or equal to 0"),
            (number("it"), "1", "Input should be a valid number"),
            (number("it"), float("inf"), "Input should be a finite number"),
            (flag("it"), "true", "Input should be a valid boolean"),
            (choice("it", "Structure", "Production"), "Kit", "Input should be 'Structure' or 'Production'"),
            (required(text("it")), None, "Input should be a valid string"),
            (flag("it", default=False), None, "Input should be a valid boolean"),
        ],
    )
    def test_what_is_refused_and_why(self, content: Fields, value: object, words: str) -> None:
        assert reason(content, value) == words

    def test_a_check_gives_its_own_words_and_keeps_what_was_sent(self) -> None:
        assert reason(checked(date.fromisoformat, "it"), "2027-02-30").startswith("Value error, ")
        assert read_object(shape("Body", checked(date.fromisoformat, "it")), {"it": "2027-02-01"}).it == "2027-02-01"

    def test_every_fault_is_named_with_its_place(self) -> None:
        kind = shape("Body", required(text("name")), records("rows", record("item", required(text("sku")))))
        with pytest.raises(WrongBody) as caught:
            read_body(kind, b'{"rows": [{}, {"item": {}}], "colour": 1}')
        assert caught.value.faults == [
            Wrong(("name",), "Field required"),
            Wrong(("rows", 1, "item", "sku"), "Field required"),
            Wrong(("colour",), "unknown field"),
        ]
        assert [fault.place for fault in caught.value.faults] == ["name", "rows[1].item.sku", "colour"]

    @pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null"])
    def test_what_is_no_object_is_wrong_as_a_whole(self, raw: bytes) -> None:
        with pytest.raises(WrongBody) as caught:
            read_body(shape("Body"), raw)
        assert [fault.place for fault in caught.value.faults] == ["body"]

    def test_members_are_read_by_python_names_and_go_out_by_the_wires(self) -> None:
        kind = shape("Body", text("numberOfItems", "notifyBySMS", "post-code", "freeText1", "json"))
        found = read_object(kind, {"numberOfItems": "2", "post-code": "0155"})
        assert (found.number_of_items, found.notify_by_sms, found.post_code, found.free_text1) == ("2", None, "0155", None)
        assert found.as_sent() == {
            "numberOfItems": "2",
            "notifyBySMS": None,
            "post-code": "0155",
            "freeText1": None,
            "json": None,
        }
        assert found.model_fields_set == {"number_of_items", "post_code"}

    def test_a_class_keeps_its_name_and_what_it_says(self) -> None:
        @fields(text("name"))
        class Customer(Record):
            """Who buys."""

        assert (Customer.__name__, Customer.__doc__) == ("Customer", "Who buys.")
        assert read_object(shape("Order", record("customer", Customer)), {"customer": {"name": "Kari"}}).customer.name == "Kari"


@dataclass
class Line:
    quantity: float
    body: Any = None


@dataclass
class Order:
    id: int
    lines: list[Line] = field(default_factory=list)
    body: Any = None


class TestAnswers:
    def test_members_come_from_where_the_table_says(self) -> None:
        body = shape("Body", text("remark"), record("customer", text("name", "city")))
        shown = answer(
            {
                "orderId": "id",
                **echoed("body", "remark", "customer"),
                "address": {"city": "body.customer.city"},
                "buyer": one("body.customer", {"name": "name"}),
                "rows": each("lines", {"pieces": "quantity", "shop": lambda line, shop: shop}),
                "count": via("lines", len),
                **nulls("location"),
            }
        )
        order = Order(7, [Line(2.0)], read_object(body, {"customer": {"name": "Kari", "city": "Oslo"}}))
        assert shown(order, "north") == {
            "orderId": 7,
            "remark": None,
            "customer": {"name": "Kari", "city": "Oslo"},
            "address": {"city": "Oslo"},
            "buyer": {"name": "Kari"},
            "rows": [{"pieces": 2.0, "shop": "north"}],
            "count": 1,
            "location": None,
        }

    def test_nothing_on_the_way_is_null_and_an_empty_list_is_as_the_table_says(self) -> None:
        shown = answer(
            {
                "city": "body.customer.city",
                "buyer": one("body.customer", {"name": "name"}),
                "rows": each("lines", {}),
                "allRows": each("lines", {}, or_null=False),
            }
        )
        assert shown(Order(7)) == {"city": None, "buyer": None, "rows": None, "allRows": []}

    def test_an_attribute_that_is_not_there_is_an_error_of_the_table(self) -> None:
        with pytest.raises(AttributeError):
            answer({"city": "town"})(SimpleNamespace(city="Oslo"))


ALLOWED = {
    "id": Parameter(integer, required=True),
    "open": Parameter(on_or_off),
    "kind": Parameter(word("a", "b")),
    "limit": Parameter(up_to(100)),
    "sku": Parameter(str, many=True),
}


class TestQueries:
    def given(self, query: str) -> dict[str, Any]:
        return read_query(Request({"type": "http", "query_string": query.encode(), "headers": []}), ALLOWED)

    def test_what_is_given_is_parsed(self) -> None:
        assert self.given("id=7&open=TRUE&sku=A&sku=B,C&limit=100") == {
            "id": 7,
            "open": True,
            "sku": ["A", "B,C"],
            "limit": 100,
        }

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("", "id: is required"),
            ("id=1&page=2", "page: unknown parameter"),
            ("id=1&id=2", "id: must be given once"),
            ("id=1.5", "id: must be a whole number, not '1.5'"),
            ("id=2147483648", "id: must be a whole number, not '2147483648'"),
            ("id=1&open=1", "open: must be true or false, not '1'"),
            ("id=1&kind=c", "kind: must be one of a, b, not 'c'"),
            ("id=1&limit=0", "limit: must be at least 1, not '0'"),
            ("id=1&limit=101", "limit: must be at most 100, not '101'"),
        ],
    )
    def test_what_is_wrong_is_refused_by_name(self, query: str, words: str) -> None:
        with pytest.raises(WrongQuery) as caught:
            self.given(query)
        assert str(caught.value) == words


@pytest.mark.parametrize(
    ("number", "items", "following"), [(1, ["a", "b"], 2), (2, ["c", "d"], 3), (3, ["e"], None), (4, [], None)]
)
def test_a_page_knows_its_items_and_the_next(number: int, items: list[str], following: int | None) -> None:
    page = page_of(list("abcde"), number, 2)
    assert (page.items, page.next, page.pages, page.total) == (items, following, 3, 5)


def test_an_empty_list_has_no_pages() -> None:
    assert (page_of([], 1, 10).pages, page_of([], 1, 10).next) == (0, None)
