"""Samtykke, a shop that can only be connected by a person's consent; and a person who fills in the gateway's pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr

from app.errors import BadInput, LoginRefused
from app.integrations.protocol import Check, Choice, ConnectionSettings, Granted, Session, TestReport
from app.integrations.protocol.account import Account
from app.integrations.protocol.capabilities import Capability
from app.integrations.protocol.integration import Opened
from app.integrations.protocol.session import CameBack
from tests.seam.kassa import Kassa, Till

RIGHTS = ("read:orders", "write:orders")


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    shop: str
    access_token: SecretStr | None = None


class Settings(ConnectionSettings):
    sent_status: str | None = None


@dataclass
class Desk(Till):
    sessions: Any = None
    token: str | None = None

    async def test(self) -> TestReport:
        session = await self.sessions.current()
        good = self.token is not None or (session is not None and session.values["access_token"] == "good")
        return TestReport((Check("login", good, "the shop answers" if good else "the token is not good", "allow it again"),))

    async def choices(self) -> tuple[Choice, ...]:
        return (Choice("sent_status", (("3", "Sendt"), ("4", "Levert"))),)


@dataclass
class Consents:
    """What the shop's own page and its token endpoint do, without them: `codes` are those that are good, and what they give."""

    token_fields = ("shop", "access_token")
    codes: dict[str, Granted] = field(default_factory=dict)
    client: bool = True

    def missing(self) -> BadInput | None:
        return None if self.client else BadInput("there is no client id", field="X", fix="set GATEWAY_SAMTYKKE_CLIENT_ID")

    def rights(self, settings: ConnectionSettings) -> tuple[str, ...]:
        return RIGHTS

    def page(self, settings: ConnectionSettings, redirect_uri: str, state: str) -> str:
        return f"https://samtykke.example/authorize?redirect_uri={redirect_uri}&state={state}"

    async def exchange(self, client: httpx.AsyncClient, came_back: CameBack, now: datetime) -> Granted:
        assert came_back.redirect_uri == "http://gateway.test/oauth/samtykke/callback"
        code = came_back.code
        if code not in self.codes:
            raise LoginRefused("the code is not good", system="Samtykke", call="POST /token", status=400)
        return self.codes.pop(code)

    def by_hand(self, given: Mapping[str, str]) -> Granted:
        return Granted(given, None)

    def allows(self, code: str, shop: str = "butikk", rights: tuple[str, ...] | None = RIGHTS) -> str:
        """A code that is good once."""
        session = Session({"access_token": "good", "refresh_token": f"r-{code}"})
        granted = None if rights is None else frozenset(rights)
        self.codes[code] = Granted({"shop": shop, "access_token": None}, session, granted)
        return code


@dataclass
class Samtykke(Kassa):
    name, title = "samtykke", "Samtykke"
    settings_model = Settings
    credentials_model = Credentials  # type: ignore[assignment]  # other ones than those of a till
    capabilities = frozenset({Capability.READ_ORDERS, Capability.OAUTH})
    consent: Consents = field(default_factory=Consents)  # type: ignore[assignment]  # known to be this one

    def account(self, credentials: BaseModel) -> Account:
        shop = credentials.model_dump()["shop"]
        return Account(key=f"samtykke/{shop}", label=shop)

    def open(self, opened: Opened) -> Desk:
        given = opened.credentials
        assert isinstance(given, Credentials)
        token = given.access_token.get_secret_value() if given.access_token else None
        return Desk(self.tills.setdefault(given.shop, []), opened.sessions, token)


@dataclass
class Person:
    """Somebody with a browser: cookies, and the page that they see. Redirects within the gateway are followed."""

    http: httpx.AsyncClient
    answer: httpx.Response | None = None

    @property
    def page(self) -> str:
        assert self.answer is not None
        return unescape(self.answer.text)

    @property
    def status(self) -> int:
        assert self.answer is not None
        return self.answer.status_code

    async def open(self, address: str) -> Person:
        await self._went(await self.http.get(address))
        return self

    async def send(self, **typed: str | list[str]) -> Person:
        """Types into the form of the page that is shown, and sends it."""
        assert self.answer is not None
        action = re.search(r'<form method="post" action="([^"]*)"', self.answer.text)
        assert action is not None, self.answer.text
        form: dict[str, Any] = {**self.fields(), **self._as_named(typed)}
        await self._went(await self.http.post(self.answer.url.join(action[1]), data=form))
        return self

    def _as_named(self, typed: Mapping[str, str | list[str]]) -> dict[str, Any]:
        """Settings may be given by their own names, and `processes` as those that are ticked."""
        ticked = {f"settings.processes.{name}": "on" for name in typed.get("processes", ())}
        named = {f"settings.{name}" if f'name="settings.{name}"' in self.page else name: value for name, value in typed.items()}
        return {**named, **ticked}

    def fields(self) -> dict[str, str]:
        """Every field of the form with its value, as it is shown."""
        found: dict[str, str] = {}
        for tag in re.findall(r"<input [^>]*>", self.answer.text if self.answer else ""):
            parts = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
            if parts.get("type") != "checkbox":
                found[parts["name"]] = parts.get("value", "")
        return found

    async def _went(self, answer: httpx.Response) -> None:
        while answer.is_redirect and answer.next_request is not None and answer.next_request.url.host == "gateway.test":
            answer = await self.http.get(answer.next_request.url)
        self.answer = answer

    @property
    def sent_to(self) -> Mapping[str, str]:
        """The query of the outside page that the person was sent to."""
        assert self.answer is not None
        assert self.answer.status_code == 303, self.answer.text
        query = parse_qs(urlsplit(self.answer.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}

    async def comes_back(self, **query: str) -> Person:
        return await self.open(str(httpx.URL("/oauth/samtykke/callback", params=query)))


TEN_MINUTES = timedelta(minutes=10)
