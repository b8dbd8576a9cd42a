"""Looks up names in threads of its own: name servers that are slow hold up no other host.

A host is asked for once at a time, whoever waits for it. Those that were quick lately have threads that no other host can take.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor

QUICK_THREADS, OTHER_THREADS = 4, 12
QUICK_SECONDS = 1.0
"""A host whose look-up took no longer belongs to the quick ones."""
MOST_QUICK = 5_000
LONGEST_SECONDS = 10.0
"""A look-up that takes longer counts as failed for whoever waits. Its thread is free when the system gives up."""


class Names:
    """The look-ups of one process."""

    def __init__(self) -> None:
        self._quick = ThreadPoolExecutor(QUICK_THREADS, thread_name_prefix="names-quick")
        self._other = ThreadPoolExecutor(OTHER_THREADS, thread_name_prefix="names")
        self._running: dict[str, Future[list[str]]] = {}
        self._were_quick: dict[str, None] = {}

    async def addresses(self, host: str) -> list[str]:
        """Raises OSError where there are none, and where they do not come in time."""
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            pass
        running = self._running.get(host)
        if running is None:
            threads = self._quick if host in self._were_quick else self._other
            running = self._running[host] = threads.submit(self._look_up, host)
            running.add_done_callback(lambda _: self._running.pop(host, None))
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                return await asyncio.shield(asyncio.wrap_future(running))
        except TimeoutError as error:
            raise OSError(f"the name servers of {host} do not answer") from error

    def _look_up(self, host: str) -> list[str]:
        began = time.monotonic()
        self._were_quick.pop(host, None)
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError(f"{host} is no name of a host") from error
        if time.monotonic() - began <= QUICK_SECONDS:
            self._were_quick[host] = None
            while len(self._were_quick) > MOST_QUICK:
                self._were_quick.pop(next(iter(self._were_quick)), None)
        return [str(entry[4][0]) for entry in found]


NAMES = Names()
"""All outgoing calls of a process share it."""
