"""Many operations in one call: all of them or none (`atomic-batch`), or each by itself (`non-atomic-batch`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from app.sandbox.kit.requests import Answer, Refused
from app.sandbox.mystore.http.calls import BATCHES, Call, Handler, Operation
from app.sandbox.mystore.wire.refusals import bad_request

Perform = Callable[[Call, str, str, Any], Answer]
Returned = list[list[Any]]
"""What each operation so far was told to return."""

_PLACE = re.compile(r"\{\{operation\.(\d+)\.return\.(\d+)\}\}")
_METHODS = ("GET", "POST", "PATCH", "DELETE")


def batch_operations(perform: Perform) -> list[Operation]:
    return [
        Operation("POST", path, _handler(act, perform), is_plain=True) for path, act in zip(BATCHES, (_each, _all), strict=True)
    ]


def _handler(act: Callable[[Call, Perform], Answer], perform: Perform) -> Handler:
    return lambda call: act(call, perform)


def _each(call: Call, perform: Perform) -> Answer:
    """Answered 200 whatever becomes of the operations."""
    return _answered(call, list(_performed(call, perform)))


def _all(call: Call, perform: Perform) -> Answer:
    """The first refusal is the answer, and nothing has been done."""
    tables, webhooks = call.shop.tables, call.shop.webhooks
    before, waiting = [(one, one.snapshot()) for one in tables], list(webhooks.waiting)
    answers = []
    for answer in _performed(call, perform):
        if answer.status >= 400:
            for table, records in before:
                table.restore(records)
            webhooks.waiting.clear()
            webhooks.waiting.extend(waiting)
            raise Refused(answer)
        answers.append(answer)
    return _answered(call, answers)


def _performed(call: Call, perform: Perform) -> Iterator[Answer]:
    call.no_question()
    returned: Returned = []
    for one in _operations(call):
        path = _filled(one["path"], returned).removeprefix(f"/shops/{call.shop.name}")
        answer = perform(call, one["method"], path, _filled(one.get("body"), returned))
        returned.append([_at(answer.body, name) for name in one.get("return", ())])
        yield answer


def _operations(call: Call) -> Sequence[Mapping[str, Any]]:
    """Raises Refused (400)."""
    if not isinstance(call.body, list) or not call.body:
        raise bad_request("A batch is a list of operations")
    if len(call.body) > call.config.batch_limit:
        raise bad_request(f"A batch holds at most {call.config.batch_limit} operations")
    for number, one in enumerate(call.body, 1):
        _check(number, one, f"/shops/{call.shop.name}/")
    return call.body


def _check(number: int, one: Any, base: str) -> None:
    if not isinstance(one, dict) or not {"method", "path"} <= set(one) <= {"method", "path", "body", "return"}:
        raise bad_request(f"Operation {number} has a method, a path, and may have a body and a return")
    if one["method"] not in _METHODS:
        raise bad_request(f"Operation {number}: unknown method")
    if not str(one["path"]).startswith(base):
        raise bad_request(f"Operation {number}: the path begins with {base}")


def _filled(value: Any, returned: Returned) -> Any:
    """`{{operation.1.return.1}}` is what the first operation returned first."""
    if isinstance(value, dict):
        return {name: _filled(part, returned) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, returned) for part in value]
    if isinstance(value, str):
        return _PLACE.sub(lambda found: str(returned[int(found[1]) - 1][int(found[2]) - 1]), value)
    return value


def _at(document: Any, path: str) -> Any:
    for step in path.split("."):
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _answered(call: Call, answers: Sequence[Answer]) -> Answer:
    """In which form is not known (A17)."""
    bodies = [None if isinstance(one.body, bytes) else one.body for one in answers]
    form = call.config.batch_answer
    if form == "nothing":
        return Answer(b"", 204)
    if form == "documents":
        return Answer(bodies)
    results = [{"status": one.status, "body": body} for one, body in zip(answers, bodies, strict=True)]
    return Answer({"operations": results} if form == "wrapped" else results)
