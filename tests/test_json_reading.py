"""Any JSON from outside can be read, and what is odd counts as not given."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import json_answers as answers
from app import json_reading as read
from app.json_answers.size import MOST_NESTED
from app.storage.types import dumps

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(value=ANY_JSON)
def test_no_reader_raises_on_any_value(value: Any) -> None:
    body = {"key": value}
    for by_key in (read.text, read.plain, read.section, read.objects, read.whole, read.flag, read.decimal):
        by_key(body, "key")
    for by_value in (read.as_text, read.identity, read.number, read.moment):
        by_value(value)
    read.at_path(body, "key.0.key")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Ås ", "Ås "), (7, "7"), (7.5, "7.5"), (True, ""), (None, ""), ([], ""), ({}, "")],
)
def test_text_as_it_stands(value: Any, expected: str) -> None:
    assert read.text({"key": value}, "key") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("Ull &amp; fleece", "Ull & fleece"), ("<b>Ny</b> jakke ", "Ny jakke"), ("3 < 4", "3 < 4"), (None, "")],
)
def test_text_made_for_display(value: Any, expected: str) -> None:
    assert read.plain({"key": value}, "key") == expected


def test_a_section_is_an_object_and_objects_are_the_objects_of_a_list() -> None:
    body = {"billing": {"city": "Oslo"}, "empty": [], "nothing": None, "lines": [{"id": 1}, 2, None]}
    assert read.section(body, "billing") == {"city": "Oslo"}
    assert [read.section(body, key) for key in ("empty", "nothing", "missing", "lines")] == [{}, {}, {}, {}]
    assert read.objects(body, "lines") == [{"id": 1}]
    assert [read.objects(body, key) for key in ("billing", "nothing", "missing")] == [[], [], []]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(7, "7"), ("0042", "42"), (0, None), ("0", None), (-1, None), (True, None), ("7a", None), (7.0, None), ("9" * 21, None)],
)
def test_an_id(value: Any, expected: str | None) -> None:
    assert read.identity(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, Decimal(12)),
        (12.5, Decimal("12.5")),
        (" 12.50 ", Decimal("12.50")),
        ("1e3", Decimal(1000)),
        (Decimal("1.1"), Decimal("1.1")),
        ("1e30", None),
        ("NaN", None),
        ("12,5", None),
        ("", None),
        (True, None),
        (None, None),
    ],
)
def test_a_number(value: Any, expected: Decimal | None) -> None:
    assert read.number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-01T09:15:22.31Z", datetime(2026, 3, 1, 9, 15, 22, 310000, tzinfo=UTC)),
        ("2026-03-01T09:15:22", datetime(2026, 3, 1, 9, 15, 22, tzinfo=UTC)),
        ("2026-03-01T10:15:22+01:00", datetime(2026, 3, 1, 9, 15, 22, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+01:00", None),
        ("soon", None),
        (None, None),
    ],
)
def test_times_are_read_as_utc(value: Any, expected: datetime | None) -> None:
    assert read.moment(value) == expected


def test_what_makes_a_record_one_is_required() -> None:
    body = {"id": 7, "status": 0, "number": "A-1", "text": "7", "empty": ""}
    assert (read.required_id(body, "id"), read.required_whole(body, "status"), read.required_text(body, "number")) == (
        7,
        0,
        "A-1",
    )
    for reader, key in [
        (read.required_id, "status"),
        (read.required_id, "text"),
        (read.required_whole, "text"),
        (read.required_text, "empty"),
        (read.required_text, "missing"),
    ]:
        with pytest.raises(read.Unreadable, match=f"{key} is missing"):
            reader(body, key)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("billing.phone", "1"),
        ("shipping_lines.0.method_title", "Posten"),
        ("shipping_lines.7.method_title", None),
        ("meta_data.leveringsdato", "2026-12-01"),
        ("meta_data.other", None),
        ("billing", None),
        ("billing.phone.more", None),
    ],
)
def test_what_stands_at_a_path(path: str, expected: Any) -> None:
    body = {
        "billing": {"phone": "1"},
        "shipping_lines": [{"method_title": "Posten"}],
        "meta_data": [{"key": "leveringsdato", "value": "2026-12-01"}],
    }
    assert read.at_path(body, path) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": 1.5, "b": null}', {"a": 1.5, "b": None}),
        (b'{"n": 1e400}', {"n": None}),
        (b'{"n": -1e400}', {"n": None}),
        (b'{"n": ' + b"1" * 5000 + b"}", {"n": None}),
        (b'{"n": 99999999999999999999999, "m": 1e400}', {"n": 1e23, "m": None}),
        (b'{"a": "\\ud800", "b": "\\ud83d\\ude00"}', {"a": "\N{REPLACEMENT CHARACTER}", "b": "\N{GRINNING FACE}"}),
        (b'{"a": "K\xe5re"}', {"a": "K\N{REPLACEMENT CHARACTER}re"}),
        (b'"a\\u0000b"', "a\x00b"),
    ],
)
def test_one_odd_value_does_not_spoil_the_rest_of_an_answer(content: bytes, expected: Any) -> None:
    assert answers.parse(content) == expected
    assert answers.is_json(content)


@pytest.mark.parametrize("content", [b"", b"<html>", b"{", b'{"a": NaN}', b"[Infinity]", b'{"a": 1} {"b": 2}', b"[" * 5000])
def test_what_is_no_json_is_none(content: bytes) -> None:
    assert not answers.is_json(content)
    with pytest.raises(answers.NotJson):
        answers.parse(content)


WARNING = b'<br />\n<b>Warning</b>:  Undefined array key "sone" in <b>/srv/rig.php</b> on line <b>29</b><br />\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbf", b""),
        (b"\n\n\xef\xbb\xbf\xef\xbb\xbf", b"\n"),
        (WARNING, b""),
        (WARNING * 3, WARNING),
        (b"", b"\n" + WARNING),
        (b"\nNotice: Undefined offset: [0] in /srv/a.php on line 3\n", b""),
        (b'Notice: Undefined index ["id"] in array(1) { ["id"]=> int(5) } on line 3\n', b""),
        (b"PHP Warning:  call in {closure}() at [internal function] {main}\n", b""),
        (b"Array\n(\n    [0] => a\n    [1] => Array ( [x] => {y} )\n    [2 => 3]\n)\n", b""),
        (b"Array\n(\n    [0] => a\n)\n", b"\n<!-- Cached page -->"),
        (b"<!-- Cached by [W3TC] -->\n", b"\n<!-- 0.12 s -->"),
        (b'<div id="error"><p class="wpdberror">WordPress database error: [Table missing]</p></div>', b""),
        (b"test", b""),
        (b"", b"1"),
        (b'Warning: cannot read {"a": 1} in /srv/a.php on line 3\n', b""),
    ],
)
@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b'[{"id": 1, "note": "<html> [x] {y}"}, {"id": 2}]', [{"id": 1, "note": "<html> [x] {y}"}, {"id": 2}]),
        (b'{"code": "rest_forbidden", "data": {"status": 403}}', {"code": "rest_forbidden", "data": {"status": 403}}),
    ],
)
def test_json_is_read_among_what_a_server_writes_around_it(before: bytes, after: bytes, document: bytes, expected: Any) -> None:
    found, junk = answers.with_junk(before + document + after)
    assert found == expected
    assert junk != ""
    assert answers.is_json(before + document + after)


def test_an_empty_list_is_an_answer_behind_a_warning_and_blank_lines_are_nothing_to_speak_of() -> None:
    assert answers.parse(WARNING + b"[]") == []
    assert answers.parse(b"\xef\xbb\xbf[1, 2]") == [1, 2]
    assert answers.with_junk(b'\r\n\n {"id": 1}\n') == ({"id": 1}, "")
    assert answers.with_junk(b'\xef\xbb\xbf{"id": 1}') == ({"id": 1}, "\ufeff")


@pytest.mark.parametrize("document", [b"[]", b"{}"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'Warning: cannot read {"a": 1} in /srv/a.php on line 3\n', b""),
        (b"", b'\n<!-- Cached with {"a": 1} -->'),
    ],
)
def test_an_empty_answer_goes_before_json_in_a_message(before: bytes, document: bytes, after: bytes) -> None:
    assert not answers.parse(before + document + after)


@pytest.mark.parametrize(
    "content",
    [
        WARNING + b'[{"id": 1}, {"id": 2}',
        WARNING + b'[{"id": 1}, {"id": 2, "paid": tru',
        WARNING + b'[{"id": 1, "lines": [{"id": 5}], "note": "cut',
        b'[{"id": 1}, ' + WARNING + b'{"id": 2}]',
        b'{"id": 1, "lines": [{"id": 5}' + WARNING,
        WARNING + b'{"a": 1}\n{"b": 2}\n',
        b'[{"id": 1}]\n[{"id": 2}]',
        b'<!DOCTYPE html><html><script type="application/json">{"id": 1}</script></html>',
        b'<html><body><pre>\n[{"id": 1}]\n</pre></body></html>',
        b'<script>var shop = {"id": 1};</script>',
        b'callback({"id": 1})',
        b'settings = {"id": 1}',
        WARNING,
        WARNING + b"[1, 2]",
        b'\xef\xbb\xbf{"a": NaN}',
    ],
)
def test_what_is_not_plainly_one_whole_answer_is_no_json(content: bytes) -> None:
    assert not answers.is_json(content)


@pytest.mark.parametrize(
    "unit",
    [b"[", b"{", b'["', b'["a" ', b"[1 ", b"[1,", b'{"a":', b"[0] ", b'[{"a"', b"{}", b"[] ", b'{"a" ', b"\xef\xbb\xbf", b"<b"],
)
def test_the_effort_is_bounded_whatever_stands_there(unit: bytes) -> None:
    content = b"x" + unit * (500_000 // len(unit))
    began = time.process_time()
    answers.is_json(content)
    assert time.process_time() - began < 3


@pytest.mark.parametrize("levels", [245, 300, 512])
def test_what_is_nested_too_deep_to_be_stored_is_cut_off(levels: int) -> None:
    found = answers.parse(b'{"id": 7, "meta": ' + b'{"a": ' * levels + b"1" + b"}" * (levels + 1))
    assert found["id"] == 7
    stored = dumps([found])
    assert stored.count("{") == MOST_NESTED


def test_an_entity_that_is_no_character_is_left_as_it_stands() -> None:
    odd = "&#" + "1" * 5000 + ";"
    assert read.plain({"name": f"Ull {odd} &amp; bomull"}, "name") == f"Ull {odd} & bomull"
    assert read.unescaped("&#x110000; &#xd800; &amp;") == "\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER} &"


@pytest.mark.parametrize("value", [2**63, 10**30, -1, "9" * 20, "9" * 5000, "٣", 1.0, 1e400])
def test_what_a_database_cannot_keep_is_no_id(value: Any) -> None:
    assert read.identity(value) is None


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59", "0001-01-01T00:00:00", "2024-01-01T00:00:00+99:99", "0000-00-00"])
def test_a_time_that_nothing_can_be_added_to_is_none(value: str) -> None:
    assert read.moment(value) is None


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        ("Bygg&regnskap AS", "Bygg&regnskap AS"),
        ("Kopi&notater ANS", "Kopi&notater ANS"),
        ("post&times@example.com", "post&times@example.com"),
        ("Salt&pepper, 10&deg", "Salt&pepper, 10&deg"),
        ("Kopi&notater; Oslo", "Kopi&notater; Oslo"),
        ("Kj&aelig;r &amp; S&oslash;nn", "Kjær & Sønn"),
        ("Fjell &#8211; O&#x2019;Test", "Fjell – O’Test"),
        ("AT&T & Co; AS", "AT&T & Co; AS"),
    ],
)
def test_an_entity_is_decoded_only_with_its_semicolon(stored: str, wanted: str) -> None:
    assert read.plain({"name": stored}, "name") == wanted


def test_a_list_that_php_wrote_as_an_object_is_read() -> None:
    body = {"line_items": {"11": {"id": 1}, "14": {"id": 2}}, "meta_data": {"3": {"key": "po", "value": "PO-77"}}, "billing": []}
    assert read.objects(body, "line_items") == [{"id": 1}, {"id": 2}]
    assert read.at_path(body, "meta_data.po") == "PO-77"
    assert read.section(body, "billing") == {}
    assert read.objects({"line_items": {"id": 1, "name": "x"}}, "line_items") == []
