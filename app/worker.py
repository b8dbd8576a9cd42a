"""The arq worker: runs what a wake-up names. The schedule is the sweeper's, on SQL."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from arq.worker import Function, Worker, func
from prometheus_client import start_http_server
from redis.exceptions import RedisError

from app.engine.core.queue import ArqWakeUps, Task, deserialize, patient_pool, serialize
from app.engine.core.runtime import Gateway, open_gateway
from app.engine.dispatch.lane_worker import drain
from app.engine.intake.ingest import ingest
from app.engine.polling.runner import poll
from app.engine.polling.wms_refresh import refresh
from app.engine.stock.write import write as write_stock
from app.engine.upkeep import sweeper
from app.engine.upkeep.webhook_guard import reconcile
from app.errors import NotFound
from app.integrations.registry import secret_names
from app.logs import configure, get_logger
from app.settings import Settings

log = get_logger(__name__)

PAUSE_AFTER_LOSS_SECONDS = 0.5
GOODBYE_SECONDS = 2.0

Work = Callable[[Gateway, str], Awaitable[object]]
WORK: dict[Task, Work] = {
    Task.INGEST: ingest,
    Task.POLL: poll,
    Task.DRAIN: drain,
    Task.STOCK: write_stock,
    Task.HOOKS: reconcile,
    Task.REFRESH: refresh,
}


async def work(gateway: Gateway, task: Task, key: str) -> None:
    """Answers one wake-up. A connection that was deleted since is no failure."""
    try:
        await WORK[task](gateway, key)
    except NotFound as error:
        log.warning("ring_for_nothing", task=task.value, key=key, reason=error.message)


def _function(task: Task) -> Function:
    async def answer(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
        (key,) = args
        await work(ctx["gateway"], task, key)

    return func(answer, name=task.value)


def work_until_told(settings: Settings) -> None:
    """Calls `run` in an event loop of its own, and ends without waiting for a Redis that is away: no supervisor waits so long."""
    loop = asyncio.new_event_loop()
    loop.run_until_complete(run(settings))
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        _, stuck = loop.run_until_complete(asyncio.wait(left, timeout=GOODBYE_SECONDS))
        if stuck:
            sys.stderr.flush()
            os._exit(0)
    loop.close()


async def run(settings: Settings) -> None:
    """Works until SIGTERM or SIGINT, then finishes what it has begun.

    arq's worker asks for an event loop when it is made, and one runs here. Since Python 3.14, asking without one makes none.
    """
    configure(settings, secret_names())
    if settings.worker_metrics_port:
        start_http_server(settings.worker_metrics_port, addr=settings.host)
    assert settings.redis_url is not None
    pool = await patient_pool(settings.redis_url)
    async with open_gateway(settings, ArqWakeUps(pool, settings.queue_name)) as gateway:
        worker = Worker(
            functions=[_function(task) for task in Task],
            redis_pool=pool,
            queue_name=settings.queue_name,
            ctx={"gateway": gateway},
            poll_delay=settings.poll_delay_seconds,
            max_jobs=settings.max_parallel_tasks,
            job_timeout=settings.task_timeout_seconds,
            keep_result=0,
            max_tries=1,
            handle_signals=False,
            job_serializer=serialize,
            job_deserializer=deserialize,
        )
        await _run_until_told(gateway, worker)
    await pool.aclose(close_connection_pool=True)


async def _run_until_told(gateway: Gateway, worker: Worker) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sweeping = asyncio.create_task(sweeper.run(gateway))
    working = asyncio.create_task(_answer_wake_ups(gateway, worker))
    log.info("worker_started", queue=gateway.settings.queue_name)
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    gateway.stopping = True
    sweeping.cancel()
    if working not in done:
        await _drain(worker, working, gateway.settings.drain_seconds)
    await _let_go(sweeping)
    stopping.cancel()
    log.info("worker_stopped")
    if working in done:
        working.result()  # the queue ended by itself: say why


async def _answer_wake_ups(gateway: Gateway, worker: Worker) -> None:
    """Runs arq's own loop, which ends when Redis is lost in the middle of a step. Starts it again until the gateway stops."""
    while not gateway.stopping:
        try:
            await worker.async_run()
        except (RedisError, OSError) as error:
            log.warning("queue_lost", error=type(error).__name__)
            await asyncio.sleep(PAUSE_AFTER_LOSS_SECONDS)
            await _count_places_anew(worker)


async def _count_places_anew(worker: Worker) -> None:
    """Sets the free task slots anew: the step that broke off may have taken one without giving it back."""
    running = sum(1 for task in worker.tasks.values() if not task.done())
    worker.sem, worker.job_counter = asyncio.BoundedSemaphore(worker.max_jobs), running
    for _ in range(running):
        await worker.sem.acquire()


async def _drain(worker: Worker, working: asyncio.Task[None], seconds: float) -> None:
    """Takes no new wake-ups. Running tasks end after their current job, because the gateway is stopping."""
    worker.allow_pick_jobs = False
    running = [task for task in worker.tasks.values() if not task.done()]
    if running:
        log.info("draining", tasks=len(running), seconds=seconds)
        await asyncio.wait(running, timeout=seconds)
    working.cancel()
    await _let_go(working)
    await _let_go(asyncio.create_task(worker.close()))


async def _let_go(ending: asyncio.Task[None]) -> None:
    """Waits for a task that is ending, but not for it to close a Redis that is away, which may take long."""
    await asyncio.wait({ending}, timeout=GOODBYE_SECONDS)
    ending.cancel()
    if ending.done() and not ending.cancelled() and (error := ending.exception()):
        log.warning("ended_with_an_error", error=type(error).__name__)
