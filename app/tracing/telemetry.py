"""OpenTelemetry: our own spans, and those of FastAPI, httpx and SQLAlchemy. Imported only when traces are switched on.

What leaves the process is named in `ALLOWED`, and nothing else does: no addresses, no query, no bodies, no words of errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI
from opentelemetry import metrics, propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import AsyncOpenTelemetryTransport, RequestInfo
from opentelemetry.instrumentation.sqlalchemy.engine import EngineTracer
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import Engine

from app import __version__
from app.tracing.origin import CURRENT, Origin
from app.tracing.work import Attribute, Work

OTLP_PATH = "/v1/traces"
LONGEST_ATTRIBUTE = 2_000
EXPORT_SECONDS = 5.0
"""So long a receiver that is away holds up a process that ends."""
UNTRACED = "livez,readyz,static"
"""Addresses whose requests are no news."""
ALLOWED = frozenset(
    {
        "gateway.connection",
        "gateway.process",
        "gateway.job",
        "gateway.task",
        "gateway.event",
        "gateway.outcome",
        "gateway.system",
        "http.method",
        "http.request.method",
        "http.route",
        "http.status_code",
        "http.response.status_code",
        "db.system",
        "db.system.name",
        "db.statement",
        "db.query.text",
        "error.type",
    }
)
"""Attributes that leave the process. Statements have places for values, and no values."""
ALLOWED_OF_ERRORS = frozenset({"exception.type"})
_CONTEXT = TraceContextTextMapPropagator()


def _only(given: Mapping[str, Any] | None, names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in (given or {}).items() if name in names}


class Sparing(SpanExporter):
    """Hands on spans without what others need not know."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._inner.export([spared(each) for each in spans])

    def shutdown(self) -> None:
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._inner.force_flush(timeout_millis)


def spared(span: ReadableSpan) -> ReadableSpan:
    """A request that found no route is named by its method alone: its path may hold anything."""
    attributes = _only(span.attributes, ALLOWED)
    is_request = span.kind is SpanKind.SERVER and "http.method" in attributes
    name = str(attributes["http.method"]) if is_request and "http.route" not in attributes else span.name
    return ReadableSpan(
        name=name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=[Event(each.name, _only(each.attributes, ALLOWED_OF_ERRORS), each.timestamp) for each in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _traceparent_of(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & 1:02x}"


def _before(origin: Origin | None) -> Context:
    """The trace that goes on; an empty one begins a trace."""
    if origin is None or origin.is_alone:
        return Context()
    return _CONTEXT.extract({"traceparent": origin.traceparent}, Context())


@dataclass
class TracedWork(Work):
    span: Span

    def note(self, name: str, value: Attribute) -> None:
        self.span.set_attribute(f"gateway.{name}", value)

    def end(self) -> None:
        self.span.end()


def _set_current(span: Span, _scope: dict[str, Any]) -> None:
    """FastAPI's span has begun: lines of the log name its trace from now on."""
    origin = CURRENT.get()
    CURRENT.set(Origin(origin.request_id if origin else None, _traceparent_of(span)))


async def _name_call(span: Span, request: RequestInfo) -> None:
    """By the method and the system that is called, as messages name it; the address stays here."""
    limits = (request.extensions or {}).get("limits")
    system = getattr(limits, "system", "another system")
    method = request.method.decode("ascii")
    span.update_name(f"{method} {system}")
    span.set_attribute("gateway.system", system)


@dataclass
class Telemetry:
    """The spans of one process, on their way to a receiver."""

    provider: TracerProvider

    @classmethod
    def to(cls, endpoint: str, share: float, process: str) -> Telemetry:
        address = endpoint if urlsplit(endpoint).path.strip("/") else endpoint.rstrip("/") + OTLP_PATH
        resource = Resource.create({"service.name": f"gateway-{process}", "service.version": __version__})
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)),
            resource=resource,
            span_limits=SpanLimits(max_span_attribute_length=LONGEST_ATTRIBUTE),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(BatchSpanProcessor(Sparing(OTLPSpanExporter(endpoint=address, timeout=EXPORT_SECONDS))))
        propagate.set_global_textmap(_CONTEXT)  # the libraries' calls hand on the trace, and nothing that came with it
        return cls(provider)

    @property
    def tracer(self) -> trace.Tracer:
        return self.provider.get_tracer("gateway", __version__)

    def begin(self, name: str, origin: Origin | None, attributes: Mapping[str, Attribute]) -> TracedWork:
        known = {f"gateway.{key}": value for key, value in attributes.items()}
        span = self.tracer.start_span(name, _before(origin), kind=SpanKind.CONSUMER, attributes=known)
        return TracedWork(Origin(origin.request_id if origin else None, _traceparent_of(span)), span)

    @contextmanager
    def work(self, name: str, origin: Origin | None, attributes: Mapping[str, Attribute]) -> Iterator[TracedWork]:
        begun = self.begin(name, origin, attributes)
        before = CURRENT.set(begun.origin)
        try:
            with trace.use_span(begun.span, end_on_exit=True):
                yield begun
        finally:
            CURRENT.reset(before)

    def watch_app(self, app: FastAPI) -> None:
        FastAPIInstrumentor.instrument_app(
            app,
            server_request_hook=_set_current,
            tracer_provider=self.provider,
            meter_provider=metrics.NoOpMeterProvider(),
            excluded_urls=UNTRACED,
            exclude_spans=["receive", "send"],
        )

    def watch_engine(self, engine: Engine) -> None:
        """By its events. The instrumentation's own way is closed to this SQLAlchemy, which is newer than it names."""
        usage = metrics.NoOpMeterProvider().get_meter("gateway").create_up_down_counter("connections")
        EngineTracer(self.tracer, engine, usage)  # type: ignore[no-untyped-call]

    def watch_calls(self, transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        return AsyncOpenTelemetryTransport(transport, tracer_provider=self.provider, request_hook=_name_call)

    def close(self) -> None:
        self.provider.shutdown()
