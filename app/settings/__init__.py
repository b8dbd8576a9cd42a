"""Every setting of the gateway's processes, with its unit and reason. From the environment (`GATEWAY_…`) or a `.env` file.

What belongs to one shop or warehouse is not here but in its connection's settings.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from app.errors import nearest
from app.http import tls_context
from app.outgoing.addresses import Reach
from app.settings.limits import Limits
from app.settings.traces import Traces

LONGEST_CALL_SECONDS = 600.0
"""A connection may allow 300 s for a request, and a report to a shop is two of them."""
KEY_FILE = "admin.key"
"""In the data directory: the admin key that `gateway up` made, for commands on the same machine."""


class Settings(Limits, Traces):
    """One process's settings. Names in the environment are these in upper case behind `GATEWAY_`."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", env_file=".env", extra="ignore", frozen=False)

    # --- where things are -----------------------------------------------------------------------------------------
    data_directory: Path = Field(
        Path("data"), description="Directory of the embedded database, the embedded queue and generated keys."
    )
    database_url: str | None = Field(
        None,
        validation_alias=AliasChoices("GATEWAY_DATABASE_URL", "DATABASE_URL", "database_url"),
        description="PostgreSQL (postgresql://…) or SQLite (sqlite:///…). Default: SQLite in the data directory.",
    )
    redis_url: str | None = Field(
        None,
        validation_alias=AliasChoices("GATEWAY_REDIS_URL", "REDIS_URL", "redis_url"),
        description="Redis or Valkey for the queue. If it is missing, `gateway up` and `gateway demo` start their own.",
    )
    require_shared_services: bool = Field(
        False, description=("Refuse to start without PostgreSQL and Redis. Set it where web and worker run on separate machines.")
    )
    public_url: str | None = Field(
        None, description="The gateway's own address as shops see it, for webhook addresses. It must not redirect."
    )
    host: str = Field("127.0.0.1", description="Address that the API listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port that the API listens on.")
    metrics_port: int = Field(9091, ge=0, le=65535, description="Port of the API's /metrics. 0: none.")
    worker_metrics_port: int = Field(9092, ge=0, le=65535, description="Port of the worker's /metrics. 0: none.")

    # --- secrets ----------------------------------------------------------------------------------------------------
    secret_keys: Annotated[list[SecretStr], NoDecode] = Field(
        default_factory=list,
        description=(
            "Fernet keys that encrypt stored secrets, newest first, separated by commas. Default: made in the data directory."
        ),
    )

    # --- outgoing calls ---------------------------------------------------------------------------------------------
    allow_private_addresses: bool = Field(False, description="Let connections point at private and loopback addresses.")
    allow_plain_http: bool = Field(False, description="Let connections use http.")

    ca_file: Path | None = Field(
        None,
        description=(
            "File of further authorities (PEM) whose certificates are trusted, beside the usual ones: for shops, the WMS, the "
            "mail server and the alert webhook."
        ),
    )

    # --- the engine -------------------------------------------------------------------------------------------------
    queue: Literal["arq", "memory"] = Field(
        "arq", description="Where wake-ups are queued. `memory` is for one process and for tests."
    )
    queue_name: str = Field("gateway:queue", description="Name of the arq queue in Redis.")
    poll_delay_seconds: float = Field(
        0.02,
        gt=0,
        description="Least time between two looks of a worker into its queue, in seconds. It waits for a wake-up anyway.",
    )
    max_parallel_tasks: int = Field(
        20, ge=1, description="Number of tasks for events, jobs and quantities that one worker runs at the same time."
    )
    max_parallel_reads: int = Field(
        10,
        ge=1,
        description=(
            "Number of polls, webhook checks and reads after the WMS's webhooks that one worker runs at the same time, "
            "beside those."
        ),
    )
    task_timeout_seconds: float = Field(
        900,
        gt=0,
        description=(
            "arq's time limit of one task, in seconds. No task should ever reach it: it is counted, logged, and raises an alert. "
            "Must be longer than slice plus the longest call that a connection may allow (300 s, twice for a report to a shop)."
        ),
    )
    slice_seconds: float = Field(
        15,
        gt=0,
        description="A worker gives a lane back after this time, in seconds. If more waits, it goes on at once.",
    )
    lease_seconds: float = Field(
        45, gt=0, description="How long a lease lasts without renewal, in seconds. Must be longer than one call's time-out."
    )
    sweep_interval_seconds: float = Field(5, gt=0, description="How often a worker looks for jobs that are due, in seconds.")
    drain_seconds: float = Field(
        30, ge=0, description="How long a stopping process may take to finish what it has begun, in seconds."
    )
    ingest_batch: int = Field(100, ge=1, le=1000, description="Number of events that are worked on at a time.")
    retry_base_seconds: float = Field(
        5, gt=0, description="First pause before another try, in seconds. It doubles each time, with jitter."
    )
    retry_cap_seconds: float = Field(900, gt=0, description="Longest pause before another try, in seconds.")
    max_tries: int = Field(
        12,
        ge=1,
        description=("Number of tries before a job becomes a dead letter. Tries while the whole WMS is down do not count."),
    )
    budget_failures: int = Field(
        3,
        ge=1,
        description=(
            "Number of failures in a row, per WMS, user and method, after which calls pause. The WMS locks users out "
            "after a number of failures that it does not publish."
        ),
    )
    budget_pause_seconds: float = Field(
        60, gt=0, description="First pause after that many failures, in seconds. It doubles each time, up to the retry cap."
    )
    refusal_pause_seconds: float = Field(
        300,
        gt=0,
        description=(
            "Shortest pause after that many failures if the WMS itself had answered, in seconds. The WMS counts failures "
            "over some time (the vendor's example: 5 within 10 minutes). After half of that time too few fall together to "
            "lock the user out."
        ),
    )
    login_pause_seconds: float = Field(600, gt=0, description="Pause after the WMS has refused the login, in seconds.")
    shop_pause_seconds: float = Field(
        5,
        gt=0,
        le=300,
        description=(
            "First pause of a shop's method after a 403, a 429 or failures in a row, in seconds. It doubles each time. Shops "
            "lock nobody out, so they are asked again soon."
        ),
    )
    shop_pause_cap_seconds: float = Field(
        20,
        gt=0,
        le=300,
        description=(
            "Longest pause of a shop's method, in seconds. Reports wait no longer after the shop is back. Only a shop that "
            "names a time itself (Retry-After) is left alone for longer."
        ),
    )
    ageing_minutes: float = Field(
        15,
        gt=0,
        description="Every fourth job of a lane is one that has waited longer than this, in minutes, whatever its class.",
    )

    # --- retention --------------------------------------------------------------------------------------------------
    event_body_days: float = Field(30, gt=0, description="Raw webhook bodies are deleted after this many days.")
    personal_data_days: float = Field(
        90, gt=0, description="Payloads, requests and answers with personal data are deleted after this many days."
    )
    history_days: float = Field(
        400, gt=0, description="Events, runs and history without bodies are deleted after this many days."
    )
    quiet_run_days: float = Field(
        14, gt=0, description="Runs by schedule that found nothing to do are deleted after this many days."
    )
    audit_days: float = Field(
        400, gt=0, le=36500, description="The audit, who changed what in the gateway, is deleted after this many days."
    )

    # --- alerts -----------------------------------------------------------------------------------------------------
    alert_window_minutes: float = Field(
        60,
        gt=0,
        description="You hear of the same trouble once in this time, in minutes.",
    )
    alert_mail_to: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="Addresses that alerts are mailed to, separated by commas. Needs the SMTP settings."
    )
    smtp_host: str | None = Field(None, description="Mail server.")
    smtp_port: int = Field(
        587, ge=1, le=65535, description="Port of the mail server. 465 uses TLS at once. Other ports use STARTTLS."
    )
    smtp_user: str | None = Field(None, description="User name at the mail server, if it needs one.")
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    smtp_from: str | None = Field(None, description="Sender of the mails. Default: the first of GATEWAY_ALERT_MAIL_TO.")
    smtp_tls: bool = Field(
        True, description="Encrypt the connection to the mail server. Switch it off only for a server on this machine."
    )
    alert_webhook_url: str | None = Field(None, description="Address to which alerts are posted.")
    alert_webhook_format: Literal["json", "slack", "teams"] = Field(
        "json",
        description=(
            "What is posted there: `json` is our own, `slack` is for a Slack incoming webhook, `teams` for a webhook of a "
            "Microsoft Teams workflow."
        ),
    )
    alert_webhook_secret: SecretStr | None = Field(
        None, description="Secret that signs those posts. X-Gateway-Signature is the Base64 HMAC-SHA256 of the body."
    )

    # --- logs -------------------------------------------------------------------------------------------------------
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="`json` for machines, `console` for people. `auto`: console on a terminal, json anywhere else."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lowest level of log lines that are written."
    )

    @field_validator("secret_keys", "alert_mail_to", mode="before")
    @classmethod
    def _split_keys(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("ca_file")
    @classmethod
    def _holds_authorities(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                tls_context(value)
            except FileNotFoundError as error:
                raise ValueError(f"there is no file {value}") from error
            except ssl.SSLError as error:
                raise ValueError(f"{value} holds no certificate in PEM") from error
            except OSError as error:
                raise ValueError(f"{value} cannot be read: {error.strerror}") from error
        return value

    @cached_property
    def reach(self) -> Reach:
        return Reach(self.allow_private_addresses, self.allow_plain_http, self.ca_file)

    @property
    def sqlalchemy_url(self) -> str:
        """The database URL with the async driver that we use."""
        url = self.database_url or f"sqlite:///{self.database_file.absolute()}"
        url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url)
        return re.sub(r"^sqlite(\+\w+)?://", "sqlite+aiosqlite://", url)

    @property
    def database_file(self) -> Path:
        """Where the database lies when no other is named."""
        return self.data_directory / "gateway.db"

    @property
    def own_address(self) -> str:
        """Where the API answers on this machine: `http://127.0.0.1:8080`."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def is_sqlite(self) -> bool:
        return self.sqlalchemy_url.startswith("sqlite")

    def contradictions(self) -> list[str]:
        """Settings that cannot work together, each as a sentence that says what to change."""
        found = []
        if self.lease_seconds <= 30:
            found.append("GATEWAY_LEASE_SECONDS must be longer than a call's time-out (30 s by default), or no call can start.")
        if self.task_timeout_seconds <= self.slice_seconds + LONGEST_CALL_SECONDS:
            found.append(
                "GATEWAY_TASK_TIMEOUT_SECONDS must be longer than GATEWAY_SLICE_SECONDS plus the longest call that a connection "
                f"may allow ({LONGEST_CALL_SECONDS:g} s): leave it out, or raise it."
            )
        if self.commit_timeout_seconds >= 60:
            found.append("GATEWAY_COMMIT_TIMEOUT_SECONDS must be under 60: a shop has hung up by then.")
        if self.require_shared_services and self.is_sqlite:
            found.append("GATEWAY_REQUIRE_SHARED_SERVICES is set and DATABASE_URL is missing: set it to a PostgreSQL database.")
        if self.require_shared_services and not self.redis_url:
            found.append("GATEWAY_REQUIRE_SHARED_SERVICES is set and REDIS_URL is missing: set it to a Redis.")
        if self.queue == "memory" and self.require_shared_services:
            found.append("GATEWAY_QUEUE=memory works within one process only.")
        return found


START_VARIABLE = "GATEWAY_START"
START_HEADER = "X-Gateway-Start"
"""What `gateway up` tells its own API, and the header in which /livez gives it back: so it knows it from another program."""
_OTHER_VARIABLES = frozenset({"GATEWAY_URL", "GATEWAY_API_KEY", START_VARIABLE})
_PREFIX = "GATEWAY_"


def known_variables(of_systems: Collection[str] = ()) -> frozenset[str]:
    """Every variable with our prefix that means something, those of the systems among them."""
    return _OTHER_VARIABLES | {f"{_PREFIX}{name.upper()}" for name in Settings.model_fields} | set(of_systems)


def given_variables() -> dict[str, str]:
    """The environment, over what stands in `.env` in this directory."""
    from dotenv import dotenv_values

    return {**{name: value or "" for name, value in dotenv_values(".env").items()}, **os.environ}


def misspelt_variables(given: Mapping[str, str], of_systems: Collection[str] = ()) -> list[str]:
    """A sentence for each variable with our prefix that means nothing. What a connection file refers to is the reader's own."""
    known = known_variables(of_systems)
    found = []
    for name in sorted(given):
        upper = name.upper()
        if not upper.startswith(_PREFIX) or upper in known or upper.startswith(("GATEWAY_FAILPOINT", "GATEWAY_TEST_")):
            continue
        meant = nearest(upper, known)
        found.append(f"{name} is no setting of the gateway" + (f": did you mean {meant}?" if meant else ""))
    return found


_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}


def fault_of(error: ValidationError) -> tuple[str, str]:
    """What is wrong with the first setting that cannot be read, and what to do. A secret's value is in neither."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    field = next((each for each in (name, name.lower().removeprefix("gateway_")) if each in Settings.model_fields), None)
    variable = f"{_PREFIX}{field.upper()}" if field else name
    kind = first["type"].partition("_")[0]
    said = f"{first['input']!r} is not {_KINDS[kind]}" if kind in _KINDS else str(first["msg"])
    if field is None:
        return f"{variable}: {said}", "docs/configuration.md lists every setting"
    default = Settings.model_fields[field].get_default(call_default_factory=True)
    like = "" if default in (None, []) else f", like {str(default).lower() if isinstance(default, bool) else default}"
    return (
        f"{variable}: {said}",
        f"set it to {_KINDS.get(kind, 'a value that fits')}{like}. {Settings.model_fields[field].description}",
    )
