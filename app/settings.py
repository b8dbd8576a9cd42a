"""Every setting of the gateway's processes, with its unit and reason. From the environment (`GATEWAY_…`) or a `.env` file.

What belongs to one shop or warehouse is not here but in its connection's settings.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.http import Reach


class Settings(BaseSettings):
    """One process's settings. Names in the environment are these in upper case behind `GATEWAY_`."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", env_file=".env", extra="ignore", frozen=False)

    # --- where things are -----------------------------------------------------------------------------------------
    data_directory: Path = Field(
        Path("data"), description="Where the embedded database, the embedded queue and generated keys are kept."
    )
    database_url: str | None = Field(
        None,
        validation_alias=AliasChoices("GATEWAY_DATABASE_URL", "DATABASE_URL", "database_url"),
        description="PostgreSQL (postgresql://…) or SQLite (sqlite:///…). Default: SQLite in the data directory.",
    )
    redis_url: str | None = Field(
        None,
        validation_alias=AliasChoices("GATEWAY_REDIS_URL", "REDIS_URL", "redis_url"),
        description="Redis or Valkey for the queue. `gateway up` and `gateway demo` start one of their own when it is missing.",
    )
    require_shared_services: bool = Field(
        False, description="Refuse to start without PostgreSQL and Redis. Set where web and worker run on machines of their own."
    )
    public_url: str | None = Field(
        None, description="The gateway's own address as shops see it, for webhook addresses. No redirects on the way."
    )
    host: str = Field("127.0.0.1", description="Address that the API listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port that the API listens on.")
    metrics_port: int = Field(9091, ge=0, le=65535, description="Port of /metrics of the API. 0: none.")
    worker_metrics_port: int = Field(9092, ge=0, le=65535, description="Port of /metrics of the worker. 0: none.")

    # --- secrets ----------------------------------------------------------------------------------------------------
    secret_keys: Annotated[list[SecretStr], NoDecode] = Field(
        default_factory=list,
        description="Fernet keys that encrypt stored secrets, newest first, with commas. Default: made in the data directory.",
    )

    # --- outgoing calls ---------------------------------------------------------------------------------------------
    allow_private_addresses: bool = Field(False, description="Let connections point at private and loopback addresses.")
    allow_plain_http: bool = Field(False, description="Let connections use http.")

    # --- intake -----------------------------------------------------------------------------------------------------
    max_body_bytes: int = Field(
        5 * 1024 * 1024,
        ge=1024,
        description="Largest webhook body, in bytes. Generous: a shop counts refusals towards switching its webhook off.",
    )
    body_timeout_seconds: float = Field(20, gt=0, description="Longest time a webhook's body may take to arrive, in seconds.")
    max_waiting_bytes: int = Field(
        64 * 1024 * 1024,
        ge=1024,
        description="Bodies that wait for their commit at the same time, in bytes; beyond that the answer is 503.",
    )
    commit_timeout_seconds: float = Field(
        15,
        gt=0,
        description="Longest wait for a webhook's commit, in seconds; then the answer is 503. A shop waits 60 s, for a ping 5 s.",
    )
    ring_interval_seconds: float = Field(
        0.02,
        ge=0,
        description="The least time between two wake-ups for one connection, in seconds. Leave it as it is.",
    )

    # --- the engine -------------------------------------------------------------------------------------------------
    queue: Literal["arq", "memory"] = Field(
        "arq", description="The queue behind the seam. `memory` is for one process and for tests."
    )
    queue_name: str = Field("gateway:queue", description="Name of the arq queue in Redis.")
    poll_delay_seconds: float = Field(
        0.02, gt=0, description="How often a worker asks Redis for work, in seconds. 0.02 costs about 1 % of a core."
    )
    max_parallel_tasks: int = Field(20, ge=1, description="Tasks that one worker runs at the same time.")
    task_timeout_seconds: float = Field(
        60, gt=0, description="arq's time limit of one task, in seconds. Must be longer than slice plus one call."
    )
    slice_seconds: float = Field(
        15,
        gt=0,
        description="A worker gives a lane back after this time, in seconds. If more waits, it goes on at once.",
    )
    lease_seconds: float = Field(
        45, gt=0, description="How long a lease lasts without renewal, in seconds. Must be longer than one call's time-out."
    )
    sweep_interval_seconds: float = Field(
        5, gt=0, description="How often a worker looks for what is due and wakes it up, in seconds."
    )
    drain_seconds: float = Field(30, ge=0, description="How long a stopping process finishes what it has begun, in seconds.")
    ingest_batch: int = Field(100, ge=1, le=1000, description="Events taken at a time.")
    retry_base_seconds: float = Field(
        5, gt=0, description="First pause before another try, in seconds; doubled each time, with jitter."
    )
    retry_cap_seconds: float = Field(900, gt=0, description="Longest pause before another try, in seconds.")
    max_tries: int = Field(
        12, ge=1, description="Tries of one job before it goes to the dead letters. A WMS that is down as a whole costs none."
    )
    budget_failures: int = Field(
        3,
        ge=1,
        description="Failures in a row, per WMS, user and method, after which nothing is sent for a while: the WMS locks out at "
        "an unpublished number.",
    )
    budget_pause_seconds: float = Field(
        60, gt=0, description="First pause after that many failures, in seconds; doubled each time up to the retry cap."
    )
    refusal_pause_seconds: float = Field(
        300,
        gt=0,
        description="Shortest pause after that many failures when the WMS itself had answered, in seconds: it counts them over "
        "some time (the vendor's example: 5 within 10 minutes), and after half of that time too few come together.",
    )
    login_pause_seconds: float = Field(600, gt=0, description="Pause after a refused login, in seconds.")
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
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port. 465 speaks TLS at once, others are asked for STARTTLS.")
    smtp_user: str | None = Field(None, description="User at the mail server, when it asks for one.")
    smtp_password: SecretStr | None = Field(None, description="Its password.")
    smtp_from: str | None = Field(None, description="Sender of the mails. Default: the first of GATEWAY_ALERT_MAIL_TO.")
    smtp_tls: bool = Field(True, description="Encrypt the way to the mail server. Switch off only for one on this machine.")
    alert_webhook_url: str | None = Field(None, description="Address that alerts are posted to as JSON.")
    alert_webhook_secret: SecretStr | None = Field(
        None, description="Signs those posts: X-Gateway-Signature is the Base64 HMAC-SHA256 of the body."
    )

    # --- logs -------------------------------------------------------------------------------------------------------
    log_format: Literal["json", "console"] = Field("json", description="`json` for machines, `console` for people.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least important lines to write.")

    @field_validator("secret_keys", "alert_mail_to", mode="before")
    @classmethod
    def _split_keys(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @cached_property
    def reach(self) -> Reach:
        return Reach(private_addresses=self.allow_private_addresses, plain_http=self.allow_plain_http)

    @property
    def sqlalchemy_url(self) -> str:
        """The database URL with the async driver that we use."""
        url = self.database_url or f"sqlite:///{(self.data_directory / 'gateway.db').absolute()}"
        for plain, driver in (
            ("postgres://", "postgresql+asyncpg://"),
            ("postgresql://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if url.startswith(plain):
                return driver + url[len(plain) :]
        return url

    @property
    def is_sqlite(self) -> bool:
        return self.sqlalchemy_url.startswith("sqlite")

    def contradictions(self) -> list[str]:
        """Settings that cannot work together, each as a sentence that says what to change."""
        found = []
        if self.lease_seconds <= 30:
            found.append("GATEWAY_LEASE_SECONDS must be longer than a call's time-out (30 s by default), or no call can start.")
        if self.task_timeout_seconds <= self.slice_seconds + 30:
            found.append("GATEWAY_TASK_TIMEOUT_SECONDS must be longer than GATEWAY_SLICE_SECONDS plus one call (30 s).")
        if self.commit_timeout_seconds >= 60:
            found.append("GATEWAY_COMMIT_TIMEOUT_SECONDS must be under 60: a shop has hung up by then.")
        if self.require_shared_services and self.is_sqlite:
            found.append("GATEWAY_REQUIRE_SHARED_SERVICES is set and DATABASE_URL is missing: set it to a PostgreSQL database.")
        if self.require_shared_services and not self.redis_url:
            found.append("GATEWAY_REQUIRE_SHARED_SERVICES is set and REDIS_URL is missing: set it to a Redis.")
        if self.queue == "memory" and self.require_shared_services:
            found.append("GATEWAY_QUEUE=memory works within one process only.")
        return found
