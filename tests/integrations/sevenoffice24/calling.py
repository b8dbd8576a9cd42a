"""A 24SevenOffice that says what a test tells it to, behind our own client, and what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from lxml import etree
from pydantic import SecretStr

from app.http import account_client
from app.integrations.protocol.account import IN_TURN
from app.integrations.protocol.session import SessionStore
from app.integrations.sevenoffice24.credentials import SevenOfficeCredentials
from app.integrations.sevenoffice24.soap.calls import Calls
from app.integrations.sevenoffice24.soap.operations import Soap
from app.integrations.sevenoffice24.soap.sessions import Sessions, Unshared

NS = "http://24sevenOffice.com/webservices"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
CREDENTIALS = SevenOfficeCredentials(
    application_id="11111111-2222-3333-4444-555555555555",
    username="api@warehouse.example",
    password=SecretStr("s3cret"),
)

Answer = httpx.Response | str
Says = Callable[["Asked"], Answer]


def envelope(body: str) -> str:
    return f'<soap:Envelope xmlns:soap="{ENVELOPE}" xmlns:xsi="{XSI}"><soap:Body>{body}</soap:Body></soap:Envelope>'


def result(operation: str, inner: str | None) -> str:
    """An answer; None leaves the result out."""
    held = "" if inner is None else f"<{operation}Result>{inner}</{operation}Result>"
    return envelope(f'<{operation}Response xmlns="{NS}">{held}</{operation}Response>')


def fault(text: str, code: str = "soap:Server", status: int = 500) -> httpx.Response:
    body = f"<soap:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring><detail/></soap:Fault>"
    return httpx.Response(status, headers={"Content-Type": "text/xml; charset=utf-8"}, text=envelope(body))


UNAUTHENTICATED = "Server was unable to process request. ---&gt; Client is not authenticated on this identity"


@dataclass(frozen=True)
class Asked:
    """One call: its operation, the session it came with, and its request."""

    operation: str
    session: str | None
    request: Any
    headers: httpx.Headers
    url: str
    content: bytes

    def texts(self, name: str) -> list[str]:
        return [each.text or "" for each in self.request.iter(f"{{{NS}}}{name}")]


@dataclass
class Office(httpx.AsyncBaseTransport):
    """`says` decides what is answered to what is not about sessions. `sessions` are those that are good."""

    says: Says = lambda asked: result(asked.operation, None)
    sessions: set[str] = field(default_factory=set)
    asked: list[Asked] = field(default_factory=list)
    logins: int = 0
    broken: set[str] = field(default_factory=set)
    """Operations that end in a fault."""
    at_login: Says | None = None
    """What is answered to a login; None: a session."""
    keeps: bool = True
    """Whether a session that a login gives is good."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Every call is in its turn."""
        around = request.extensions[IN_TURN]
        found: httpx.Response = await around(lambda: self._say(request))
        return found

    async def _say(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        body = etree.fromstring(content)[-1][0]
        cookie = request.headers.get("Cookie", "").removeprefix("ASP.NET_SessionId=") or None
        asked = Asked(etree.QName(body).localname, cookie, body, request.headers, str(request.url), content)
        self.asked.append(asked)
        answer = self._answer(asked)
        if isinstance(answer, str):
            answer = httpx.Response(200, headers={"Content-Type": "text/xml; charset=utf-8"}, text=answer)
        answer.stream = httpx.ByteStream(answer.content)
        return answer

    def _answer(self, asked: Asked) -> Answer:
        if asked.operation in self.broken:
            return fault("Object reference not set to an instance of an object.")
        match asked.operation:
            case "Login":
                self.logins += 1
                if self.at_login is not None:
                    return self.at_login(asked)
                session = f"session-{self.logins}"
                if self.keeps:
                    self.sessions.add(session)
                return result("Login", session)
            case "HasSession":
                return result("HasSession", "true" if asked.session in self.sessions else "false")
            case _ if asked.session not in self.sessions:
                return fault(UNAUTHENTICATED)
            case _:
                return self.says(asked)

    @property
    def operations(self) -> list[str]:
        return [each.operation for each in self.asked]


@dataclass
class Client:
    """Our client of that office. `paused` holds the seconds for which it was told to make no call."""

    office: Office
    store: SessionStore = field(default_factory=Unshared)
    now: datetime = NOW
    paused: list[float] = field(default_factory=list)
    credentials: SevenOfficeCredentials = CREDENTIALS

    def __post_init__(self) -> None:
        self.calls = Calls("https://office.example", account_client(self.office), lambda: self.now, 30, self._pause)
        self.soap = Soap(self.calls, Sessions(self.calls, self.credentials, self.store, lambda: self.now))

    async def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)


def client(says: Says | None = None, **office: Any) -> Client:
    return Client(Office(**office) if says is None else Office(says, **office))
