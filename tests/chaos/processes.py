"""Real processes: started, killed, frozen, thawed and asked to end; and waiting for what they bring about."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from app.processes.valkey import tied_to_parent
from tests.chaos.size import LONGEST_WAIT


async def until(condition: Callable[[], bool | Awaitable[bool]], what: str, seconds: float = LONGEST_WAIT) -> None:
    """Waits for the condition, looking often. Raises AssertionError saying `what` did not happen."""
    ends = time.monotonic() + seconds
    while not await _holds(condition):
        assert time.monotonic() < ends, f"within {seconds:g} s it did not happen that {what}"
        await asyncio.sleep(0.05)


async def _holds(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    holds = condition()
    return holds if isinstance(holds, bool) else await holds


class Program:
    """A process of its own, which ends with the tests. What it writes goes to `log`."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                tied_to_parent(command, signal.SIGKILL),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(environment),
                cwd=log.parent,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code, below zero for the signal that ended it; None while it runs."""
        return self._process.poll()

    async def ended(self, seconds: float = LONGEST_WAIT) -> int:
        """Waits for its end and returns the code."""
        await until(lambda: self.code is not None, f"{self.name} ended", seconds)
        return self._process.returncode

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9, and gone when this returns."""
        if self.code is None:
            self.signal(signal.SIGKILL)
        self._process.wait()

    async def stop(self, last_words: str) -> float:
        """SIGTERM. Returns after how many seconds it had ended, as it must of its own accord, with these words in its log."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        code = await self.ended()
        took = time.monotonic() - began
        # uvicorn says goodbye in order and then hands the signal on, which is why it does not end with 0.
        assert code in (0, -signal.SIGTERM), f"{self.name} ended with {code}:\n{self.last_lines()}"
        assert self.says(last_words), self.last_lines()
        return took

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def last_lines(self, count: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def says(self, words: str) -> bool:
        """Whether the words are in its log."""
        return words in self.log.read_text(errors="replace")
