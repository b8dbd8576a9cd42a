"""The arq worker: runs what a wake-up names. The schedule is the sweeper's, on SQL."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from functools import partial
from itertools import count
from typing import Any

from arq import ArqRedis
from arq.worker import Function, Worker, func
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.domain import Process
from app.engine.core import circuit
from app.engine.core.places import Pool, WakeUp
from app.engine.core.queue import READS, ArqWakeUps, Task, bell_of, deserialize, patient_pool, queue_of, serialize, take_wake_ups
from app.engine.core.runtime import Gateway, open_gateway
from app.engine.dispatch.lane_worker import drain
from app.engine.intake.ingest import ingest
from app.engine.longwork.runner import work_on as work_on_long_work
from app.engine.outgoing.sender import deliver
from app.engine.polling import runner
from app.engine.polling.look_again import look_again
from app.engine.polling.wms_refresh import refresh
from app.engine.stock.write import write as write_stock
from app.engine.upkeep import sweeper
from app.engine.upkeep.webhook_guard import reconcile
from app.errors import BadInput, NotFound
from app.http import around_call
from app.integrations.registry import secret_names
from app.logs import configure, get_logger
from app.metrics import TASKS_TIMED_OUT, serve_figures
from app.records import alerts
from app.records.connection_lanes import SHOP_LANE
from app.settings import Settings
from app.tracing import spans

log = get_logger(__name__)

PAUSE_AFTER_LOSS_SECONDS = 0.5
GOODBYE_SECONDS = 2.0
LONGEST_LOOK_SECONDS = 1
"""An idle worker looks into its queue at least this often, whether a wake-up was announced or not."""
ONLY_WAREHOUSE = frozenset({Process.SHIPMENTS, Process.RETURNS, Process.RECEIPTS})
"""Polls that ask the WMS alone."""
MOST_TASKS = 3
"""Most tasks for events, reports and quantities of one outside account at the same time, in one worker."""
MOST_READS = 2
"""Most polls and webhook checks of one outside account at the same time, in one worker."""

Work = Callable[[Gateway, str], Awaitable[object]]
WORK: dict[Task, Work] = {
    Task.INGEST: ingest,
    Task.POLL: runner.poll,
    Task.DRAIN: drain,
    Task.STOCK: write_stock,
    Task.HOOKS: reconcile,
    Task.REFRESH: refresh,
    Task.LOOK_AGAIN: look_again,
    Task.LONG_WORK: work_on_long_work,
    Task.OUTGOING: deliver,
}


async def work(gateway: Gateway, task: Task, key: str) -> None:
    """Answers one wake-up. A connection that was deleted since is no failure."""
    try:
        await WORK[task](gateway, key)
    except NotFound as error:
        _nobody(task, key, error)


def _nobody(task: Task, key: str, error: NotFound) -> None:
    log.warning("ring_for_nothing", task=task.value, key=key, reason=error.message)


class LocalWakeUps(ArqWakeUps):
    """A worker's own wake-ups. What it can begin at once, or runs already, needs no way through Redis."""

    crew: Crew | None = None

    async def send(self, task: Task, key: str) -> bool:
        return (self.crew is not None and self.crew.take_over(task, key)) or await super().send(task, key)


class QuickWorker(Worker):
    """arq's worker, but it takes as many wake-ups off its queue as there are places, and all in one step."""

    def __init__(self, places: Pool, **options: Any) -> None:
        super().__init__(**options)
        self.places = places
        self.has_caught_up = False
        """Whether nothing was left in the queue at the last look."""

    @property
    def free(self) -> int:
        return self.places.size - len(self.tasks)

    async def _poll_iteration(self) -> None:
        if self.allow_pick_jobs:
            free = self.free
            taken = await take_wake_ups(self.pool, self.queue_name, free) if free > 0 else []
            self.has_caught_up = len(taken) < free
            for job_id, score in taken:
                self.begin(job_id, self.run_job(job_id, score))
            if self.has_caught_up and not taken:
                await self._until_rung()
        await self.heart_beat()

    async def _until_rung(self) -> None:
        """Until there is a wake-up, so that an idle worker costs nothing and answers at once."""
        waiting: Any = self.pool.blpop([bell_of(self.queue_name)], timeout=LONGEST_LOOK_SECONDS)
        await waiting

    def begin(self, name: str, doing: Coroutine[Any, Any, None]) -> None:
        self.tasks[name] = task = self.loop.create_task(doing, context=Context())
        task.add_done_callback(partial(self._ended, name))

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        del self.tasks[name]
        if not task.cancelled() and (error := task.exception()):
            log.warning("task_failed", error=type(error).__name__)


class Crew:
    """A worker's two pools: one for events, jobs and quantities, one for what only reads."""

    def __init__(self, gateway: Gateway, redis: ArqRedis, wake_ups: LocalWakeUps) -> None:
        self._gateway = gateway
        self._wake_ups = wake_ups
        self._numbers = count()
        self._left: list[WakeUp] = []
        self._telling: set[asyncio.Task[None]] = set()
        settings = gateway.settings
        self._orders = self._worker(redis, Task.INGEST, Pool(settings.max_parallel_tasks))
        self._reads = self._worker(redis, Task.POLL, Pool(settings.max_parallel_reads))
        wake_ups.crew = self

    @property
    def workers(self) -> tuple[QuickWorker, QuickWorker]:
        return self._orders, self._reads

    def _worker(self, redis: ArqRedis, task: Task, places: Pool) -> QuickWorker:
        settings = self._gateway.settings
        return QuickWorker(
            places,
            functions=[self._function(each) for each in Task],
            redis_pool=redis,
            queue_name=queue_of(task, settings.queue_name),
            poll_delay=settings.poll_delay_seconds,
            job_timeout=settings.task_timeout_seconds,
            keep_result=0,
            max_tries=1,
            handle_signals=False,
            job_serializer=serialize,
            job_deserializer=deserialize,
        )

    def _function(self, task: Task) -> Function:
        async def answer(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:
            (key,) = args
            await self.answer(task, key)

        return func(answer, name=task.value)

    def take_over(self, task: Task, key: str) -> bool:
        """Begins the task at once when there is a place that nobody in the queue waits for. Returns whether it is seen to."""
        worker = self._worker_of(task)
        if self._gateway.stopping or not worker.allow_pick_jobs:
            return False
        if worker.places.keep((task, key)):
            return True
        if not worker.has_caught_up or worker.free <= 0:
            return False
        within = asyncio.wait_for(self.answer(task, key), self._gateway.settings.task_timeout_seconds)
        worker.begin(f"local-{next(self._numbers)}", within)
        return True

    def _worker_of(self, task: Task) -> QuickWorker:
        return self._reads if task in READS else self._orders

    async def answer(self, task: Task, key: str) -> None:
        """Answers one wake-up, now or as soon as its task and its account allow."""
        places = self._worker_of(task).places
        try:
            account, most = await account_of(self._gateway, places, task, key)
        except NotFound as error:
            _nobody(task, key, error)
            return
        place = places.enter((task, key), account, most)
        if place is None:
            return
        around_call.set(place.during_call)
        try:
            with spans.work("task", task=task.value):
                await work(self._gateway, task, key)
        except asyncio.CancelledError:
            if not self._gateway.stopping:
                self._alarm(task, key)
            raise
        finally:
            await self._send_again(places.leave(place))

    async def _send_again(self, wake_ups: list[WakeUp]) -> None:
        if self._gateway.stopping:
            self._left += wake_ups
            return
        for task, key in wake_ups:
            await self._wake_ups.send(task, key)

    def _alarm(self, task: Task, key: str) -> None:
        """arq has cancelled the task. None should take so long: each looks at the time between two calls."""
        TASKS_TIMED_OUT.labels(task.value).inc()
        log.error("task_timed_out", task=task.value, key=key, seconds=self._gateway.settings.task_timeout_seconds)
        telling = asyncio.get_running_loop().create_task(self._tell(task, key))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _tell(self, task: Task, key: str) -> None:
        connection_id, subject = _subject(task, key)
        seconds = self._gateway.settings.task_timeout_seconds
        text = f"The task {task.value} was cancelled: it was still running after {seconds:g} s. It is begun again."
        try:
            async with self._gateway.database.begin() as db:
                await alerts.raise_alert(db, "task-timed-out", connection_id, subject, text, self._gateway.clock())
        except (SQLAlchemyError, OSError) as error:
            log.warning("alert_not_raised", error=type(error).__name__)

    def stop_taking(self) -> list[asyncio.Task[None]]:
        """Takes no new wake-ups. Returns the tasks that are running."""
        for worker in self.workers:
            worker.allow_pick_jobs = False
        return [task for worker in self.workers for task in worker.tasks.values() if not task.done()]

    async def close(self) -> None:
        """Cancels what still runs, and gives back the wake-ups that nobody has answered."""
        running = [*self.stop_taking(), *self._telling]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for wake_up in (*self._left, *(each for worker in self.workers for each in worker.places.left_over())):
            await self._wake_ups.send(*wake_up)


def _connection_of(task: Task, key: str) -> str | None:
    """The connection that the key names. None for a goods owner's lane."""
    match task:
        case Task.DRAIN:
            return key.removeprefix(SHOP_LANE) if key.startswith(SHOP_LANE) else None
        case Task.POLL:
            return key.rpartition(":")[0]
        case Task.REFRESH | Task.LOOK_AGAIN | Task.LONG_WORK:
            return key.partition("|")[0]
        case _:
            return key


def _subject(task: Task, key: str) -> tuple[str | None, str]:
    """The connection, and what tells one task's alarm from another's."""
    match task:
        case Task.POLL:
            return _connection_of(task, key), f"{task.value}:{key.rpartition(':')[2]}"
        case Task.DRAIN:
            return _connection_of(task, key), f"{task.value}:{key}"
        case _:
            return _connection_of(task, key), task.value


async def account_of(gateway: Gateway, places: Pool, task: Task, key: str) -> tuple[str | None, int]:
    """Whose system the task waits for, and how many tasks of one such account may run. Raises NotFound.

    None for a goods owner's lane: its calls are short, and every lane works on one job at a time.
    """
    connection_id = _connection_of(task, key)
    if connection_id is None:
        return None, places.places
    connection = await gateway.connection(connection_id)
    if task is Task.OUTGOING:  # addresses that are slow to answer keep places free for polls
        return task.value, max(1, places.places // 2)
    if task is Task.REFRESH or (task is Task.POLL and Process(key.rpartition(":")[2]) in ONLY_WAREHOUSE):
        return circuit.of_warehouse(connection), max(1, places.places // 2)
    return circuit.of_source(connection), MOST_READS if task in READS else MOST_TASKS


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
    if settings.traces_to:
        spans.switch_on(settings.traces_to, settings.traces_share, "worker")
    if settings.worker_metrics_port:
        _serve_figures(settings)
    assert settings.redis_url is not None
    pool = await _queue(settings.redis_url)
    wake_ups = LocalWakeUps(pool, settings.queue_name)
    async with open_gateway(settings, wake_ups) as gateway:
        crew = Crew(gateway, pool, wake_ups)
        await _run_until_told(gateway, crew)
    await pool.aclose(close_connection_pool=True)
    spans.switch_off()


def _serve_figures(settings: Settings) -> None:
    """As the API does: if the port is taken, the metrics are lost and the work goes on."""
    try:
        serve_figures(settings.worker_metrics_port, settings.host)
    except OSError as error:
        log.error("no_figures", port=settings.worker_metrics_port, set_another="GATEWAY_WORKER_METRICS_PORT", error=str(error))


async def _queue(redis_url: str) -> ArqRedis:
    """Waits for Redis for a minute. Raises BadInput when it has not come."""
    try:
        return await patient_pool(redis_url)
    except (RedisError, OSError) as error:
        words = f"Redis does not answer ({type(error).__name__})"
        raise BadInput(
            words, field="REDIS_URL", fix="check REDIS_URL, and that it runs; `gateway doctor` looks closer"
        ) from error


async def _run_until_told(gateway: Gateway, crew: Crew) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sweeping = asyncio.create_task(sweeper.run(gateway))
    working = [asyncio.create_task(_answer_wake_ups(gateway, worker)) for worker in crew.workers]
    log.info("worker_started", queue=gateway.settings.queue_name)
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({*working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    gateway.stopping = True
    sweeping.cancel()
    await _drain(crew, working, gateway.settings.drain_seconds)
    await _let_go(sweeping)
    stopping.cancel()
    log.info("worker_stopped")
    for task in done - {stopping}:
        task.result()  # the queue ended by itself: say why


async def _answer_wake_ups(gateway: Gateway, worker: QuickWorker) -> None:
    """Runs arq's own loop, which ends when Redis is lost in the middle of a step. Starts it again until the gateway stops."""
    while not gateway.stopping:
        try:
            await worker.async_run()
        except (RedisError, OSError) as error:
            log.warning("queue_lost", error=type(error).__name__)
            await asyncio.sleep(PAUSE_AFTER_LOSS_SECONDS)


async def _drain(crew: Crew, working: list[asyncio.Task[None]], seconds: float) -> None:
    """Takes no new wake-ups. Running tasks end after their current job, because the gateway is stopping."""
    running = crew.stop_taking()
    if running:
        log.info("draining", tasks=len(running), seconds=seconds)
        await asyncio.wait(running, timeout=seconds)
    for task in working:
        task.cancel()
    for task in working:
        await _let_go(task)
    await _let_go(asyncio.create_task(crew.close()))


async def _let_go(ending: asyncio.Task[None]) -> None:
    """Waits for a task that is ending, but not for it to close a Redis that is away, which may take long."""
    await asyncio.wait({ending}, timeout=GOODBYE_SECONDS)
    ending.cancel()
    if ending.done() and not ending.cancelled() and (error := ending.exception()):
        log.warning("ended_with_an_error", error=type(error).__name__)
