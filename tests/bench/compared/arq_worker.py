"""`python -m tests.bench.compared.arq_worker`: a bare arq worker whose one function says when it was started. For comparison."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from arq import create_pool
from arq.connections import RedisSettings
from arq.worker import Worker, func

QUEUE, STARTED = "bench:queue", "bench:started"


async def start(ctx: dict[str, Any]) -> None:
    await ctx["redis"].rpush(STARTED, repr(time.time()))


async def run(url: str, poll_delay: float) -> None:
    pool = await create_pool(RedisSettings.from_dsn(url))
    worker = Worker(
        functions=[func(start, name="start")],
        redis_pool=pool,
        queue_name=QUEUE,
        poll_delay=poll_delay,
        keep_result=0,
        handle_signals=False,
    )
    await worker.async_run()


if __name__ == "__main__":
    asyncio.run(run(os.environ["GATEWAY_REDIS_URL"], float(os.environ["GATEWAY_POLL_DELAY_SECONDS"])))
