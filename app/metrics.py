"""Figures for Prometheus, on a port of their own."""

from __future__ import annotations

from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import Counter, Gauge, Histogram, start_http_server

READER_SECONDS = 10.0
"""So long whoever reads the figures may be silent."""


def serve_figures(port: int, host: str) -> tuple[WSGIServer, Thread]:
    """Raises OSError when the port is taken. Each reader has a thread: one that says nothing must not keep it."""
    server, thread = start_http_server(port, addr=host)
    server.RequestHandlerClass.timeout = READER_SECONDS  # type: ignore[attr-defined]  # of socketserver.StreamRequestHandler
    return server, thread


_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)

INTAKE = Counter("gateway_intake_total", "Webhook requests by connection and result.", ["connection", "result"])
INTAKE_SECONDS = Histogram("gateway_intake_seconds", "Time from the request to its answer.", buckets=_SECONDS)
TURNED_AWAY = Counter("gateway_turned_away_total", "Connections ended before a request of theirs was taken, by why.", ["why"])
WRONG_TRIES = Counter("gateway_wrong_tries_total", "Wrong API keys and secrets, by where they were tried.", ["door"])
SLOWED = Counter("gateway_slowed_total", "Requests answered 429 after too many wrong tries, by where.", ["door"])
TO_WAREHOUSE_SECONDS = Histogram(
    "gateway_received_to_warehouse_seconds",
    "Time from a webhook's arrival until the warehouse had confirmed it.",
    buckets=_SECONDS,
)
EVENTS = Counter("gateway_events_total", "Events by connection and how they ended.", ["connection", "state"])
ATTEMPTS = Counter("gateway_attempts_total", "Writing calls by what they were and how they ended.", ["call", "result"])
JOBS = Gauge("gateway_jobs", "Jobs by lane and state.", ["lane", "state"])
OLDEST_WAITING = Gauge("gateway_oldest_waiting_seconds", "Age of the oldest waiting job of a lane.", ["lane"])
WAITING_EVENTS = Gauge("gateway_events_waiting", "Events not yet looked at.", ["connection"])
DEAD_LETTERS = Gauge("gateway_dead_letters", "Jobs and events in the dead letters.", ["connection"])
HELD = Gauge("gateway_held", "Records held, waiting for an operator.", ["connection"])
POLL_LAG = Gauge("gateway_poll_lag_seconds", "Time since the last successful poll.", ["connection", "process"])
DRIFT = Counter("gateway_drift_total", "Changes found by a poll that no webhook had announced.", ["connection", "process"])
BUDGET_FAILURES = Gauge("gateway_budget_failures", "Failures in a row, by WMS method.", ["budget"])
STOCK_WRITES = Counter("gateway_stock_writes_total", "Quantities written to shops, by how they ended.", ["connection", "result"])
WEBHOOK_REPAIRS = Counter(
    "gateway_webhook_repairs_total", "Webhooks in shops that had to be put right, by why.", ["connection", "fault"]
)
OUTGOING_WEBHOOKS = Counter(
    "gateway_outgoing_webhooks_total",
    "Tries to send an event to a connection's address, by result.",
    ["connection", "type", "result"],
)
FOUND = Counter("gateway_found_total", "Changes of records by how they were found.", ["connection", "process", "found_by"])
WAKE_UPS = Counter("gateway_rings_total", "Wake-ups sent to the queue.", ["task"])
TASKS_TIMED_OUT = Counter("gateway_tasks_timed_out_total", "Tasks that were cancelled because they took too long.", ["task"])
QUEUE_UP = Gauge("gateway_queue_up", "1 when the queue's Redis answers.")
ALERTS_OPEN = Gauge(
    "gateway_alerts_open", "Alerts that are open; `connection` is empty for the gateway's own.", ["connection", "kind"]
)
ROLLED_BACK = Counter(
    "gateway_rolled_back_total", "Units of work that PostgreSQL rolled back for another's sake, and that ran again."
)
