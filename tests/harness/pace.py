"""A pace that nobody waits for, where it is not what a test looks at."""

from __future__ import annotations

from app.engine.core.pace import PATIENCE_SECONDS, PaceKeeper
from app.integrations.protocol.account import Pace


class Unhurried(PaceKeeper):
    """The only one who calls, and there is always room."""

    def __init__(self) -> None:
        super().__init__(None)

    async def wait(self, key: str, pace: Pace, patience: float = PATIENCE_SECONDS, calls: int = 1) -> float:
        return 0.0
