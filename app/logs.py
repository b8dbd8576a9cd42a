"""Structured logs: JSON in production, readable lines for people. No secrets and no personal data: log ids, not contents."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from app.settings import Settings
from app.tracing.origin import name_ids

HIDDEN = frozenset(
    {
        "password",
        "secret",
        "webhook_secret",
        "authorization",
        "api_key",
        "token",
        "body",
        "email",
        "phone",
    }
)


def _hider(names: frozenset[str]) -> Processor:
    """Hides the value of each of these names."""

    def hide(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for key in names & event.keys():
            event[key] = "(hidden)"
        return event

    return hide


def configure(settings: Settings, secret_names: frozenset[str]) -> None:
    """Sets up logging for this process; what libraries log goes the same way. `secret_names` are those of the outside systems'
    credentials: what stands under them is never written."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_ids,
        _hider(HIDDEN | secret_names),
    ]
    as_json = not sys.stderr.isatty() if settings.log_format == "auto" else settings.log_format == "json"
    renderer: Any = (
        structlog.processors.JSONRenderer(serializer=lambda value, **_: orjson.dumps(value, default=str).decode())
        if as_json
        # Plain tracebacks: those it makes by itself show every local variable, secrets and customers included.
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    ending: list[Any] = [structlog.processors.format_exc_info, renderer] if as_json else [renderer]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_without_meta, *ending]))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # They log every call with its address and arguments, or what is no news; what matters of it is in our own lines.
    for noisy in ("httpx", "httpcore", "arq", "uvicorn.access", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _without_meta(_logger: Any, _method: str, event: EventDict) -> EventDict:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event


def get_logger(name: str) -> FilteringBoundLogger:
    logger: FilteringBoundLogger = structlog.get_logger(source=name)
    return logger
