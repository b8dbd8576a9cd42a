"""The mail about alerts: its text, and the server that sends it."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage

from app.engine.upkeep.alerting.message import Message
from app.settings import Settings

SECONDS = 20.0


def text_of(message: Message) -> str:
    """The mail's text: alerts by kind, each with how often it was raised. It holds records' numbers, no personal data."""
    lines: list[str] = []
    for heading, items in message.sections():
        lines += [heading, ""]
        for each in items:
            lines += [f"- {each.where}: {each.said}", *([f"  {each.link}"] if each.link else [])]
        lines.append("")
    return "\n".join([*lines, *([message.ending, ""] if message.ending else [])])


def error_of(settings: Settings, message: Message) -> str | None:
    try:
        _mail(settings, message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return words_of(settings, error)
    return None


async def error_within(settings: Settings, message: Message, seconds: float = 2 * SECONDS) -> str | None:
    """Does the same, but waits only so long: a server may answer bit by bit for ever.

    It works in a thread that holds up nothing, the end of the process included.
    """
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    error: list[str | None] = []

    def work() -> None:
        try:
            error.append(error_of(settings, message))
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


def _mail(settings: Settings, message: Message) -> None:
    letter = EmailMessage()
    letter["Subject"] = message.title
    letter["From"] = settings.smtp_from or settings.alert_mail_to[0]
    letter["To"] = ", ".join(settings.alert_mail_to)
    letter.set_content(text_of(message))
    with mail_server(settings) as server:
        server.send_message(letter)


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
