"""Heads of requests and connections, bounded in size, time and number: over real sockets, nothing of a key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from app.api.intake import guard
from tests.api.door.serving import Served, counting, served

KIB = 1024
ALIVE = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
FORM = b"POST /oauth/mystore/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture
async def door(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(sqlite_database, tmp_path, head_timeout_seconds=1, keep_alive_seconds=1, max_connections=10) as opened:
        yield opened


@pytest.fixture
async def patient(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with served(sqlite_database, tmp_path) as opened:
        yield opened


def with_header(size: int) -> bytes:
    return b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * size + b"\r\n\r\n"


async def test_heads_up_to_the_limit_are_taken_and_larger_ones_refused(patient: Served) -> None:
    for size in (6 * KIB, 60 * KIB):
        assert (await patient.ask(with_header(size))).status == 200
    many = b"GET /livez HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (each, b"v" * 200) for each in range(400)) + b"\r\n"
    line = b"GET /livez?" + b"a" * 70 * KIB + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    short = b"GET /livez HTTP/1.1\r\n" + b"a:b\r\n" * 2000 + b"\r\n"
    whole = with_header(70 * KIB)
    in_pieces = [whole[at : at + KIB] for at in range(0, len(whole), KIB)]
    for pieces in ([whole], [many], [line], [short], in_pieces):
        connection = await patient.open()
        answer = await connection.ask(*pieces)
        assert (answer.status, answer.headers["content-type"], answer.headers["connection"]) == (
            431,
            "application/problem+json",
            "close",
        )
        assert orjson.loads(answer.body)["type"] == "urn:gateway:problem:head-too-large"
        assert await connection.is_closed()


async def test_an_endless_header_costs_no_more_than_the_limit(patient: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    fed = counting(monkeypatch)
    for begin in (b"POST /webhooks/", b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: "):
        connection = await patient.open()
        connection.writer.write(begin + b"a" * 8 * KIB * KIB)
        assert (await connection.answer()).status == 431
        assert (await patient.ask(ALIVE)).status == 200
    assert fed.most == 64 * KIB


async def test_what_stands_behind_a_chunked_body_is_bounded_too(patient: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    fed = counting(monkeypatch)
    connection = await patient.open()
    head = FORM + b"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\nX-A: "
    connection.writer.write(head + b"a" * 8 * KIB * KIB)
    assert (await connection.answer()).status == 431
    assert await connection.is_closed()
    assert fed.most <= 3 * 64 * KIB
    trailer = FORM + b"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\nX-API-Key: gw_x\r\n\r\n"
    assert (await patient.ask(trailer)).status == 400  # as without it: no form of ours


async def test_an_unfinished_head_is_answered_408_and_silence_with_silence(door: Served) -> None:
    slow, silent = await door.open(), await door.open()
    await slow.send(b"GET /livez HTTP/1.1\r\nX-A:")
    answer, _ = await asyncio.gather(slow.answer(), slow.send(*(b"a" for _ in range(50))))
    assert (answer.status, answer.headers["content-type"]) == (408, "application/problem+json")
    assert await slow.is_closed()
    assert await silent.is_closed()
    await door.until_open(0)


async def test_a_head_that_comes_in_pieces_is_taken(patient: Served) -> None:
    assert (await patient.ask(*(ALIVE[at : at + 1] for at in range(len(ALIVE))))).status == 200


async def test_a_connection_that_has_nothing_more_to_ask_is_closed(door: Served) -> None:
    connection = await door.open()
    assert (await connection.ask(ALIVE)).status == 200
    assert (await connection.ask(ALIVE)).status == 200
    assert await connection.is_closed()


async def test_many_requests_in_one_packet_are_all_answered(patient: Served) -> None:
    connection = await patient.open()
    connection.writer.write(ALIVE * 2200)  # more than the largest head
    for _ in range(2200):
        assert (await connection.answer()).status == 200


async def test_those_who_wait_give_way_when_there_are_too_many(patient: Served) -> None:
    patient.api.gateway.settings.max_connections = 10
    waiting = [await patient.open() for _ in range(10)]
    for each in waiting:
        await each.send(b"GET /livez HTTP/1.1\r\nX-A: ")
    await patient.until_open(10)
    for _ in range(3):
        assert (await patient.ask(ALIVE)).status == 200
    assert len(patient.state.connections) <= 10
    assert await waiting[0].is_closed()


async def test_when_all_are_busy_the_next_is_told_when_to_come_again(patient: Served) -> None:
    patient.api.gateway.settings.max_connections = 10
    for _ in range(10):
        busy = await patient.open()
        await busy.send(FORM + b"Content-Length: 100\r\n\r\na=b")
    await patient.until_open(10)
    answer = await (await patient.open()).answer()
    assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
    assert 1 <= int(answer.headers["retry-after"]) <= 60


async def test_bodies_that_dawdle_give_way_last(patient: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "BODY_STAYS_SECONDS", 0.0)
    patient.api.gateway.settings.max_connections = 10
    dawdling = [await patient.open() for _ in range(9)]
    for each in dawdling:
        await each.send(FORM + b"Content-Length: 100\r\n\r\na=b")
    idle = await patient.open()
    assert (await idle.ask(ALIVE)).status == 200
    await patient.until_open(10)
    await patient.until(lambda: sum(getattr(each, "_in_body", False) for each in patient.state.connections) == 9)
    assert (await patient.ask(ALIVE)).status == 200
    assert await idle.is_closed()
    for _ in range(3):
        assert (await patient.ask(ALIVE)).status == 200
    assert len(patient.state.connections) <= 10


async def test_a_body_whose_request_is_answered_gives_way_at_once(patient: Served) -> None:
    patient.api.gateway.settings.max_connections = 10
    answered = [await patient.open() for _ in range(10)]
    for each in answered:
        assert (await each.ask(ALIVE.replace(b"\r\n\r\n", b"\r\nContent-Length: 100\r\n\r\na=b"))).status == 200
    assert (await patient.ask(ALIVE)).status == 200
    assert len(patient.state.connections) <= 10


async def test_answers_that_nobody_reads_are_bounded_together(patient: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_UNSENT", 256 * KIB)
    for _ in range(4):
        greedy = await patient.open()
        greedy.writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 60)
    await patient.until(lambda: len(patient.state.connections) < 4)
    assert (await patient.ask(ALIVE)).status == 200


async def test_an_answer_that_nobody_reads_is_not_kept_for_ever(door: Served) -> None:
    connection = await door.open()
    connection.writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 60)  # far more than the sockets hold
    await door.until_open(1)
    await door.until_open(0)


READ_OTHERWISE = {
    "no HTTP": (b"NONSENSE\r\n\r\n", 400),
    "NUL": (b"GET /livez HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", 400),
    "folded": (b"GET /livez HTTP/1.1\r\nHost: x\r\nX: a\r\n b: c\r\n\r\n", 400),
    "two framings": (FORM + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + ALIVE, 400),
    "two lengths": (FORM + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + ALIVE, 400),
    "no chunk": (FORM + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "upgrade": (b"GET /livez HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n" + ALIVE, 200),
    "close": (b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + ALIVE, 200),
}


async def test_what_a_proxy_might_read_otherwise_ends_the_connection(patient: Served) -> None:
    for name, (said, status) in READ_OTHERWISE.items():
        connection = await patient.open()
        answer = await connection.ask(said)
        media_type = "application/json" if status == 200 else "application/problem+json"
        assert (name, answer.status, answer.headers["content-type"]) == (name, status, media_type)
        assert await connection.is_closed(), name
