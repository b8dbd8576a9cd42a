"""One trace over both processes: from the shop's webhook to the call of the WMS, in logs, in headers and at a real receiver."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import select

from app.storage.tables import inbox, jobs
from tests.chaos.cluster import Cluster
from tests.chaos.conftest import StartCluster
from tests.chaos.deliveries import busy_day
from tests.chaos.processes import until

pytestmark = pytest.mark.chaos
REQUEST_ID = "shop-4711"


class Receiver:
    """Takes traces as a collector does (OTLP over HTTP), and keeps the spans."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    service = next(each.value.string_value for each in resource.resource.attributes if each.key == "service.name")
                    receiver.spans += [(service, span) for scope in resource.scope_spans for span in scope.spans]
                self.send_response(200 if self.path == "/v1/traces" else 404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def names(self, service: str, trace_id: str) -> set[str]:
        return {span.name for of, span in list(self.spans) if of == service and span.trace_id.hex() == trace_id}

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


async def announce(cluster: Cluster) -> httpx.Response:
    """One order's webhook, with a request id of the caller's and a trace that nobody asked for."""
    one = busy_day(1)[0]
    cluster.shop.put_order_raw(one.order)
    headers = one.headers(cluster.shop_server.url) | {
        "X-Request-Id": REQUEST_ID,
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
    }
    url = f"{cluster.api_url}/webhooks/{cluster.connection.webhook_id}"
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        return await http.post(url, content=one.body, headers=headers)


async def trace_of(cluster: Cluster) -> str:
    """The trace that is stored with the event and with its job: the same."""
    async with cluster.database.read() as db:
        (event,) = await db.execute(select(inbox.c.request_id, inbox.c.traceparent))
        (job,) = await db.execute(select(jobs.c.request_id, jobs.c.traceparent))
    assert (event.request_id, job.request_id) == (REQUEST_ID, REQUEST_ID)
    assert event.traceparent == job.traceparent
    return str(event.traceparent[3:35])


def lines(cluster: Cluster, of: str) -> list[dict[str, Any]]:
    (program,) = (each for each in cluster.programs if each.name.startswith(of))
    return [orjson.loads(line) for line in program.log.read_text().splitlines() if line.startswith("{")]


async def test_a_webhook_and_its_order_are_one_trace_over_both_processes(
    start_cluster: StartCluster, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = await start_cluster()
    on = {"traces_to": receiver.url}
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")  # its own traces stay off: they name addresses
    cluster.start("api", **on)
    worker = cluster.start_worker(**on)
    await cluster.until_answering()
    answer = await announce(cluster)
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (200, REQUEST_ID)
    await cluster.settle()
    trace_id = await trace_of(cluster)
    assert trace_id != "a" * 32
    assert (await cluster.ask("/connections?name=Storgata")).status_code == 401

    await until(lambda: "intake" in receiver.names("gateway-web", trace_id), "the API's spans came")
    await worker.stop("worker_stopped")
    assert receiver.names("gateway-web", trace_id) == {"intake"}
    of_worker = receiver.names("gateway-worker", trace_id)
    assert {"map", "turn", "PUT Ongoing WMS", "GET Ongoing WMS"} <= of_worker
    await until(lambda: "GET /connections" in {span.name for _, span in receiver.spans}, "the request's span came")
    assert any(span.name.startswith("SELECT") for _, span in receiver.spans)
    (put,) = cluster.calls("PUT")
    assert put.traceparent is not None
    assert put.traceparent[3:35] == trace_id
    told = b"".join(span.SerializeToString() for _, span in receiver.spans)
    for secret in (b"gateway:", b"Ola", b"Storgata", b"@example", cluster.connection.webhook_id.encode(), b"goodsOwnerId="):
        assert secret not in told
    assert b"INSERT INTO" in told  # statements are there, without their values


async def test_without_a_receiver_the_ids_are_in_logs_and_calls_all_the_same(start_cluster: StartCluster) -> None:
    cluster = await start_cluster()
    cluster.start_api()
    cluster.start_worker()
    await cluster.until_answering()
    await announce(cluster)
    await cluster.settle()
    trace_id = await trace_of(cluster)
    told = [each for each in lines(cluster, "worker") if each.get("request_id") == REQUEST_ID]
    assert [(each["event"], each["trace_id"]) for each in told] == [("job_ended", trace_id)]
    assert {call.traceparent[3:35] for call in cluster.calls("PUT") if call.traceparent} == {trace_id}

    refused = await cluster.ask("/connections")
    assert refused.status_code == 401
    assert refused.json()["request_id"] == refused.headers["X-Request-Id"]
    assert refused.headers["X-Request-Id"].startswith("req_")


def test_neither_sdk_nor_exporter_is_loaded_while_it_is_off() -> None:
    """FastAPI itself loads the bare API, where it is installed."""
    heavy = "('opentelemetry.sdk', 'opentelemetry.exporter', 'opentelemetry.instrumentation')"
    looked = f"import sys, app.main, app.worker, app.cli; print([name for name in sys.modules if name.startswith({heavy})])"
    done = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
