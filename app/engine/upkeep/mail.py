"""The mail about alerts: its text, and the server that sends it."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import ssl
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from app.records.alerts import Alert as StoredAlert
from app.settings import Settings

SECONDS = 20.0

MEANING = {
    "held": "Records that wait for a person",
    "dead-letter": "Records that could not be transferred",
    "login-refused": "Credentials that are no longer accepted",
    "consent-ended": "Connections that a person must allow again",
    "other-shop": "Another shop sends with this connection's secret",
    "brake": "A run that waits to be confirmed",
    "warning": "Something in the shop that should be looked at",
    "transporter-gone": "A carrier that the warehouse does not list any more",
    "silent": "No orders where there should be",
    "failing": "A connection that cannot be read",
    "recovered": "Connections that work again",
    "webhooks": "Webhooks that had to be put right",
    "signatures": "More wrong signatures than usual",
    "wrong-keys": "Somebody tries API keys",
    "wrong-secrets": "Somebody tries the secret of the WMS's webhook",
    "not-stored": "Records that the gateway could not keep",
    "future-record": "Records with a time that is still to come",
    "clock-went-back": "A shop whose clock went back",
    "rest-missing": "Partly sent orders whose rest does not come",
    "odd-answers": "A shop whose answers are odd",
    "stock": "Quantities that a shop did not take",
    "task-timed-out": "Work that took far too long",
    "test": "A test of the way to you",
}


@dataclass(frozen=True)
class Sample:
    """A made-up alert for the test message."""

    kind: str
    connection: str | None
    subject: str
    text: str
    times: int
    first_at: datetime
    last_at: datetime


Alert = StoredAlert | Sample


def subject_of(due: Sequence[Alert]) -> str:
    names = sorted({row.connection for row in due if row.connection})
    count = f"{len(due)} alerts" if len(due) > 1 else MEANING.get(due[0].kind, due[0].kind)
    return f"Gateway: {count}" + (f" ({', '.join(names[:3])}{' …' if len(names) > 3 else ''})" if names else "")


def text_of(due: Sequence[Alert], more: int = 0) -> str:
    """The message's text: alerts by kind and connection, each with how often it was raised.

    It holds record ids, no personal data.
    """
    lines: list[str] = []
    for kind in dict.fromkeys(row.kind for row in due):
        lines += [MEANING.get(kind, kind), ""]
        for row in due:
            if row.kind == kind:
                times = f" ({row.times} times)" if row.times > 1 else ""
                lines.append(f"- {row.connection or 'gateway'}, {row.subject}: {row.text}{times}")
        lines.append("")
    lines += [f"And {more} more; see: gateway alerts", ""] if more else []
    return "\n".join(lines)


def error_of(settings: Settings, due: Sequence[Alert], more: int) -> str | None:
    try:
        _mail(settings, due, more)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return words_of(settings, error)
    return None


async def error_within(settings: Settings, due: Sequence[Alert], more: int, seconds: float = 2 * SECONDS) -> str | None:
    """Does the same, but waits only so long: a server may answer bit by bit for ever.

    It works in a thread that holds up nothing, the end of the process included.
    """
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    error: list[str | None] = []

    def work() -> None:
        try:
            error.append(error_of(settings, due, more))
        finally:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=work, daemon=True, name="mail").start()
    try:
        await asyncio.wait_for(ended.wait(), seconds)
    except TimeoutError:
        return f"{settings.smtp_host}:{settings.smtp_port} had not taken the mail after {seconds:g} s"
    return error[0] if error else "the mail could not be made"


def words_of(settings: Settings, error: Exception) -> str:
    """What went wrong with the mail server, in words."""
    server = f"{settings.smtp_host}:{settings.smtp_port}"
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"{server} does not accept GATEWAY_SMTP_USER and GATEWAY_SMTP_PASSWORD ({_said(error.smtp_error)})"
        case smtplib.SMTPRecipientsRefused():
            return f"{server} refuses every address of GATEWAY_ALERT_MAIL_TO"
        case smtplib.SMTPSenderRefused():
            return f"{server} refuses the sender {error.sender} (GATEWAY_SMTP_FROM): {_said(error.smtp_error)}"
        case smtplib.SMTPNotSupportedError():
            return f"{server} offers no STARTTLS, or no login: check GATEWAY_SMTP_PORT and GATEWAY_SMTP_TLS"
        case smtplib.SMTPResponseException():
            return f"{server} answered {error.smtp_code}: {_said(error.smtp_error)}"
        case _:
            return f"{server} cannot be reached: {str(error) or type(error).__name__}"


def _said(answer: bytes | str) -> str:
    return (answer.decode(errors="replace") if isinstance(answer, bytes) else answer)[:200]


def _mail(settings: Settings, due: Sequence[Alert], more: int) -> None:
    message = EmailMessage()
    message["Subject"] = subject_of(due)
    message["From"] = settings.smtp_from or settings.alert_mail_to[0]
    message["To"] = ", ".join(settings.alert_mail_to)
    message.set_content(text_of(due, more))
    with mail_server(settings) as server:
        server.send_message(message)


@contextlib.contextmanager
def mail_server(settings: Settings) -> Iterator[smtplib.SMTP]:
    """Opens a mail server, connected and logged in. Raises OSError and SMTPException; `words_of` puts them into words."""
    assert settings.smtp_host is not None
    with _connected(settings, settings.smtp_host) as server:
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        yield server


def _tls(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(settings.ca_file)
    return context


def _connected(settings: Settings, host: str) -> smtplib.SMTP:
    if settings.smtp_tls and settings.smtp_port == 465:
        return smtplib.SMTP_SSL(host, settings.smtp_port, timeout=SECONDS, context=_tls(settings))
    with contextlib.ExitStack() as stack:
        server = smtplib.SMTP(host, settings.smtp_port, timeout=SECONDS)
        stack.callback(server.close)
        if settings.smtp_tls:
            server.starttls(context=_tls(settings))
        stack.pop_all()
    return server
