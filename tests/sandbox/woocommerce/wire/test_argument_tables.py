"""How a table of arguments is read, and that the tables hold what WordPress's words are made of."""

from __future__ import annotations

import pytest

from app.sandbox.woocommerce.wire.arguments import BODIES, QUERIES
from app.sandbox.woocommerce.wire.errors import RestError
from app.sandbox.woocommerce.wire.rules import Rule, check_all
from app.sandbox.woocommerce.wire.tables import read

TABLES = """
paged
    page: integer 1.. = 1, per_page: integer 1..100 = 10, strict: boolean = false
person
    email: email !, born: date
order: paged
    status: new|done = new, ids: [integer],
    buyer: person, lines: [person], id total: shown
"""


def test_a_table_names_arguments_and_what_they_may_be() -> None:
    person = {"email": Rule("string", format="email", required=True), "born": Rule("string", format="date-time")}

    assert read(TABLES)["order"] == {
        "page": Rule("integer", minimum=1, default=1),
        "per_page": Rule("integer", minimum=1, maximum=100, default=10),
        "strict": Rule("boolean", default=False),
        "status": Rule("string", choices=("new", "done"), default="new"),
        "ids": Rule("array", items=Rule("integer")),
        "buyer": Rule("object", fields=person),
        "lines": Rule("array", items=Rule("object", fields=person)),
        "id": Rule("mixed", read_only=True),
        "total": Rule("mixed", read_only=True),
    }


def test_a_table_may_refer_to_one_of_another_text() -> None:
    found = read("pet\n    owner: person", {"person": {"name": Rule("string")}})

    assert found["pet"] == {"owner": Rule("object", fields={"name": Rule("string")})}


def test_a_default_stands_where_nothing_was_asked() -> None:
    assert check_all(QUERIES["notes"], {}, strict=True) == {"type": "any"}


@pytest.mark.parametrize("left_out", [{}, {"email": ""}, {"email": None}])
def test_what_must_be_given_is_named_when_it_is_left_out(left_out: dict[str, str | None]) -> None:
    with pytest.raises(RestError) as refused:
        check_all(BODIES["customer"], left_out, strict=True)

    assert refused.value.body() == {
        "code": "rest_missing_callback_param",
        "message": "Missing parameter(s): email",
        "data": {"status": 400, "params": ["email"]},
    }


def test_the_wrong_type_comes_before_an_unknown_field_that_stands_behind_it() -> None:
    with pytest.raises(RestError) as refused:
        check_all(BODIES["order"], {"billing": {"city": 1, "town": "Bergen"}}, strict=True)

    assert refused.value.data["params"] == {"billing": "billing[city] is not of type string."}
