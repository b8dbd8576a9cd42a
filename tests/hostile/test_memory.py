"""Whatever a system answers takes a bounded amount of memory, and no longer a turn of the event loop than another answer."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from app import json_answers
from app.json_answers import size, whole
from tests.hostile.answers import JSON
from tests.hostile.xml_answers import XML

MOST_GROWTH = 150
"""MiB. The answer itself is there before; 200 with it."""


def test_the_process_grows_by_a_bounded_amount() -> None:
    command = [sys.executable, "-m", "tests.hostile.memory"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    grown = json.loads(done.stdout)
    assert grown.keys() == JSON.keys() | XML.keys()
    assert {kind: mib for kind, mib in grown.items() if mib > MOST_GROWTH} == {}


async def test_a_large_answer_is_read_beside_the_event_loop_and_a_small_one_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read_in: list[bool] = []

    def noted(content: bytes) -> tuple[Any, str]:
        read_in.append(threading.current_thread() is threading.main_thread())
        return [], ""

    monkeypatch.setattr(whole, "with_junk", noted)
    await json_answers.read(b"[" + b" " * whole.SMALL + b"]")
    await json_answers.read(b"[]")
    assert read_in == [False, True]


async def test_others_go_on_while_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in turns of the loop, which takes ten while the answer is being read."""
    may_end = threading.Event()

    def slow(content: bytes) -> tuple[Any, str]:
        assert may_end.wait(30)
        return [], ""

    monkeypatch.setattr(whole, "with_junk", slow)
    reading = asyncio.create_task(json_answers.read(b"[" + b" " * whole.SMALL + b"]"))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not reading.done()
    may_end.set()
    assert await reading == ([], "")


def test_a_page_as_large_as_a_page_can_be_is_read() -> None:
    text = "<p>Ull, bomull: 100 % {natur}, [vask] 40</p>" * 2_000
    products = b",".join(b'{"id":%d,"description":"%s"}' % (number, text.encode()) for number in range(100))
    assert len(json_answers.parse(b"[" + products + b"]")) == 100
    order = b'{"orderId":1,"lines":[' + b",".join([b'{"number":"A-1","quantity":1,"price":1.5,"text":"x"}'] * 5) + b"]}"
    assert len(json_answers.parse(b"[" + b",".join([order] * 1_000) + b"]")) == 1_000


def test_what_is_nested_too_deep_is_cut_off_and_the_rest_is_read() -> None:
    for depth in (200, 1_500, 100_000):
        deep = b"[" * depth + b"]" * depth
        found = json_answers.parse(b'[{"id":1},{"id":2,"meta":' + deep + b',"name":"x [[["},{"id":3}]')
        assert [each["id"] for each in found] == [1, 2, 3]
        assert found[1]["name"] == "x [[["


def test_the_look_into_texts_is_linear() -> None:
    """Counted in texts that are found: one, where a pattern that starts again at every quote would find none for hours."""
    assert len(list(size._TEXTS.finditer(b'"' + b'\\"' * 200_000))) == 1
    assert len(list(size._TEXTS.finditer(b'"' + b'\\"' * 200_000 + b"\\"))) == 1


def test_a_list_of_more_entries_than_a_page_has_is_refused() -> None:
    for content in (b"[" + b"1," * 20_000 + b"1]", b'{"data":[' + b"1," * 20_000 + b"1]}"):
        with pytest.raises(json_answers.TooMuch, match="more entries than a page has"):
            json_answers.parse(content)
    assert len(json_answers.parse(b"[" + b"1," * 19_999 + b"1]")) == 20_000


def test_what_is_not_plain_json_is_read_as_far_as_it_is_not_large() -> None:
    warning = b"<b>Warning</b>: x\n"
    page = b"[" + b",".join([b'{"id":1,"name":"x"}'] * 1_000) + b"]"
    assert len(json_answers.parse(warning + page)) == 1_000
    for content in (warning + b"[" + b'{"a":1},' * 120_000 + b"{}]", warning + b'{"a":"' + b"x" * (9 << 20) + b'"}'):
        with pytest.raises(json_answers.TooMuch, match="not plain JSON"):
            json_answers.parse(content)
