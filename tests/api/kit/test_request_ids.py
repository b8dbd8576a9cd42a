"""A request id that is given is taken over if it is well-formed; otherwise the gateway makes one. Strangers choose no trace."""

from __future__ import annotations

import re

import pytest

from app.tracing.origin import Origin, fresh, of_request, stored
from tests.api.calling import Api

OWN = re.compile(r"req_[A-Za-z0-9]{16}")
CALLERS = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_a_well_formed_one_is_answered_as_it_was_given(sqlite_harness: Api) -> None:
    answer = await sqlite_harness.admin.get("/connections", headers={"X-Request-Id": "shop:4711.A_b-c"})
    assert answer.headers["X-Request-Id"] == "shop:4711.A_b-c"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "ø", 'a"b', "<b>"])
async def test_any_other_is_replaced(sqlite_harness: Api, given: str) -> None:
    answer = await sqlite_harness.admin.get("/nothing", headers=[(b"X-Request-Id", given.encode())])
    assert OWN.fullmatch(answer.headers["X-Request-Id"])
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", answer.json()["trace_id"])


def test_a_trace_goes_on_only_where_callers_are_trusted() -> None:
    headers = [(b"traceparent", CALLERS.encode()), (b"x-request-id", b"one")]
    assert of_request(headers, with_trace=True) == ("one", CALLERS)
    strangers = of_request(headers, with_trace=False)
    assert strangers.request_id == "one"
    assert "4bf92f" not in strangers.traceparent


@pytest.mark.parametrize(
    "given",
    [
        CALLERS.upper(),
        CALLERS.replace("00-", "01-", 1),
        CALLERS + "-extra",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        "",
    ],
)
def test_a_trace_that_is_not_well_formed_is_as_if_it_were_not_there(given: str) -> None:
    assert of_request([(b"traceparent", given.encode())], with_trace=True).traceparent != given
    assert stored("one", given) is None


def test_what_began_by_itself_has_a_trace_and_no_request() -> None:
    begun = fresh()
    assert (begun.request_id, begun.is_alone, len(begun.traceparent)) == (None, True, 55)
    assert stored(None, begun.traceparent) == begun
    assert Origin(None, CALLERS).is_alone is False
