"""Answers that a hostile system may give, each within the size that is read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

SIZE = 15 * 1024 * 1024


def filled(begin: bytes, unit: bytes, end: bytes) -> bytes:
    return begin + unit * ((SIZE - len(begin) - len(end)) // len(unit)) + end


def as_many_as_are_read(unit: bytes) -> bytes:
    """So many that one more kilobyte of them would be too much."""
    each = unit.count(b":") * 100 + (unit.count(b"{") + unit.count(b"[")) * 80 + unit.count(b",") * 60
    return b"[" + unit * ((48 * 1024 * 1024 - 1_000) // each) + b"1]"


def many_keys(_: int = 0) -> bytes:
    return b"{" + b",".join(b'"%d":1' % number for number in range(SIZE // 12)) + b"}"


JSON: dict[str, Callable[[], bytes]] = {
    "empty objects": lambda: filled(b"[", b"{},", b"{}]"),
    "small objects": lambda: filled(b"[", b'{"a":1},', b"{}]"),
    "empty lists": lambda: filled(b"[", b"[],", b"[]]"),
    "short texts": lambda: filled(b"[", b'"ab",', b"1]"),
    "small numbers": lambda: filled(b"[", b"1.5,", b"1]"),
    "many keys": many_keys,
    **{
        f"as many as are read of {unit.decode()}": partial(as_many_as_are_read, unit)
        for unit in (b"{},", b"[],", b'{"a":1},', b'"ab",', b"1.5,", b'{"a":"xy","b":"xy","c":[1,2,3],"d":{"e":1.25}},')
    },
    "one number": lambda: filled(b'[{"id":', b"1", b"}]"),
    "one fraction": lambda: filled(b'[{"id":0.', b"1", b"}]"),
    "one exponent": lambda: filled(b'[{"id":1e', b"9", b"}]"),
    "entities": lambda: filled(b'[{"id":1,"name":"', b"&amp;", b'"}]'),
    "a wide character": lambda: filled(b'[{"id":1,"name":"', b"a", "\U0001f600".encode() + b'"}]'),
    "half a character": lambda: filled(b'[{"id":1,"name":"', b"a", b'\\ud800"}]'),
    "deep lists": lambda: b"[" * (SIZE // 2) + b"]" * (SIZE // 2),
    "deep objects": lambda: b'{"a":' * (SIZE // 6) + b"1" + b"}" * (SIZE // 6),
    "open lists": lambda: b"[" * SIZE,
    "open text": lambda: filled(b'["', b'\\"', b""),
    "objects behind PHP's words": lambda: filled(b"<b>Warning</b>: x in y\n[", b'{"a":1},', b"{}]"),
    "false starts": lambda: filled(b"<b>Notice</b>: ", b"[0 ", b"\n[]"),
    "commas in a text": lambda: filled(b'[{"id":1,"name":"', b"a, b: {c} ", b'"}]'),
}
