"""Slow name servers of one connection hold up no other."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.outgoing import names
from app.outgoing.names import OTHER_THREADS, Names


class Servers:
    """Name servers: those of `slow` hosts answer when `go_on` is set."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.asked: list[str] = []

    def look_up(self, host: str, port: Any, **_: Any) -> list[Any]:
        self.asked.append(host)
        host.encode("idna")  # as the real one does
        if host.startswith("slow"):
            assert self.go_on.wait(60)
        if host.startswith("none"):
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 0))]


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    made = Servers()
    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    yield made
    made.go_on.set()


async def test_hosts_that_were_quick_are_answered_while_all_others_wait(servers: Servers) -> None:
    looked = Names()
    assert await looked.addresses("shop.example") == ["93.184.216.34"]
    slow = [asyncio.create_task(looked.addresses(f"slow{number}.example")) for number in range(OTHER_THREADS * 3)]
    await asyncio.sleep(0)
    assert await looked.addresses("shop.example") == ["93.184.216.34"]
    assert not any(each.done() for each in slow)
    servers.go_on.set()
    assert await asyncio.gather(*slow) == [["93.184.216.34"]] * len(slow)


async def test_one_host_takes_one_thread_whoever_waits_for_it(servers: Servers) -> None:
    looked = Names()
    waiting = [asyncio.create_task(looked.addresses("slow.example")) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    assert await looked.addresses("shop.example") == ["93.184.216.34"]
    servers.go_on.set()
    assert [each for each in await asyncio.gather(*waiting[1:]) if each != ["93.184.216.34"]] == []
    assert servers.asked.count("slow.example") == 1


async def test_who_waits_gives_up_and_the_name_may_be_asked_for_again(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "LONGEST_SECONDS", 0.01)
    looked = Names()
    with pytest.raises(OSError, match=r"the name servers of slow\.example do not answer"):
        await looked.addresses("slow.example")


async def test_addresses_are_not_looked_up_and_odd_names_are_no_hosts(servers: Servers) -> None:
    looked = Names()
    assert await looked.addresses("127.0.0.1") == ["127.0.0.1"]
    assert await looked.addresses("::1") == ["::1"]
    assert servers.asked == []
    with pytest.raises(OSError, match="no such name"):
        await looked.addresses("none.example")


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example"])
async def test_a_name_that_cannot_be_one_is_not_found(servers: Servers, host: str) -> None:
    with pytest.raises(OSError, match="is no name of a host"):
        await Names().addresses(host)
