"""The consent of a shop, against the simulated mystore: what is asked, what is given, and a token that is renewed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.errors import ConsentEnded, LoginRefused, Unavailable
from app.http import open_client
from app.integrations.mystore.consent import MystoreConsent
from app.integrations.mystore.credentials import MystoreCredentials, deployment
from app.integrations.mystore.settings import MystoreSettings
from app.integrations.mystore.tokens import ConsentedToken
from app.integrations.protocol.session import CameBack, Session
from app.outgoing.addresses import Reach
from tests.harness.mystore import CLIENT, SimulatedMystore

URI = CLIENT.redirect_uris[0]
SETTINGS = MystoreSettings()


@dataclass
class Hours:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Kept:
    """A `SessionStore` in memory, of one process."""

    session: Session | None = None
    looked: int = 0

    async def current(self) -> Session | None:
        self.looked += 1
        return self.session

    async def renew(self, old: Session | None, login: Callable[[], Awaitable[Session]]) -> Session:
        if self.session == old:
            self.session = await login()
        assert self.session is not None
        return self.session


@pytest.fixture
def clock() -> Hours:
    return Hours()


@pytest.fixture
def mystore(clock: Hours, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedMystore]:
    opened = SimulatedMystore.open(clock)
    monkeypatch.setenv("GATEWAY_MYSTORE_AUTH_URL", opened.url)
    monkeypatch.setenv("GATEWAY_MYSTORE_CLIENT_ID", CLIENT.id)
    monkeypatch.setenv("GATEWAY_MYSTORE_CLIENT_SECRET", CLIENT.secret)
    deployment.cache_clear()
    yield opened
    deployment.cache_clear()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(Reach(True, True)) as client:
        yield client


def code_of(mystore: SimulatedMystore, *rights: str) -> str:
    authority, user = mystore.model.authority, mystore.model.config.users[0]
    client = authority.client(CLIENT.id)
    assert client is not None
    return authority.allow(client, user, URI, list(rights or MystoreConsent().rights(SETTINGS)))


async def allowed(mystore: SimulatedMystore, http: httpx.AsyncClient, clock: Hours, *rights: str) -> Session:
    back = CameBack(SETTINGS, URI, "state", code_of(mystore, *rights))
    session = (await MystoreConsent().exchange(http, back, clock())).session
    assert session is not None
    return session


def test_the_page_is_asked_for_as_mystore_has_it(mystore: SimulatedMystore) -> None:
    page = urlsplit(MystoreConsent().page(SETTINGS, URI, "st4te"))
    assert f"{page.scheme}://{page.netloc}{page.path}" == f"{mystore.url}/oauth/authorize"
    query = dict(parse_qsl(page.query))
    assert set(query) == {"client_id", "redirect_uri", "response_type", "scope", "state"}
    assert "write:orders" in query["scope"].split(" ")


def test_a_deployment_says_which_rights_exist_and_a_connection_wins(
    mystore: SimulatedMystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_MYSTORE_SCOPES", "read:orders  edit:orders")
    deployment.cache_clear()
    assert MystoreConsent().rights(SETTINGS) == ("read:orders", "edit:orders")
    assert MystoreConsent().rights(MystoreSettings(scopes="read:orders")) == ("read:orders",)


@pytest.mark.parametrize("members", [("token_type", "expires_in", "scope"), ()])
async def test_shop_and_rights_are_those_that_the_token_names(
    mystore: SimulatedMystore, http: httpx.AsyncClient, clock: Hours, members: tuple[str, ...]
) -> None:
    """Also where the answer holds nothing but the two tokens."""
    mystore.change(answer_members=members)
    back = CameBack(SETTINGS, URI, "state", code_of(mystore, "read:orders", "write:orders"))
    granted = await MystoreConsent().exchange(http, back, clock())
    assert granted.source == {"shop": "demo", "auth_mode": "oauth", "access_token": None}
    assert granted.rights == frozenset({"read:orders", "write:orders"})
    assert granted.session is not None
    assert granted.session.expires_at == clock() + timedelta(hours=1)
    assert MystoreCredentials.model_validate(granted.source).auth_mode == "oauth"


async def test_a_code_is_good_once(mystore: SimulatedMystore, http: httpx.AsyncClient, clock: Hours) -> None:
    back = CameBack(SETTINGS, URI, "state", code_of(mystore))
    await MystoreConsent().exchange(http, back, clock())
    with pytest.raises(LoginRefused, match="has been used"):
        await MystoreConsent().exchange(http, back, clock())


async def test_a_token_that_names_no_shop_is_refused(mystore: SimulatedMystore, http: httpx.AsyncClient, clock: Hours) -> None:
    mystore.change(token_claims=("exp", "scopes"))
    with pytest.raises(LoginRefused, match="names no shop"):
        await MystoreConsent().exchange(http, CameBack(SETTINGS, URI, "state", code_of(mystore)), clock())


async def test_a_token_is_renewed_a_minute_before_it_expires(
    mystore: SimulatedMystore, http: httpx.AsyncClient, clock: Hours
) -> None:
    store = Kept(await allowed(mystore, http, clock))
    token = ConsentedToken(store, http, clock, 60)
    first = await token.token()
    clock.now += timedelta(seconds=3539)
    assert await token.token() == first
    assert store.looked == 1, "no look into the store for every call"
    clock.now += timedelta(seconds=1)
    second = await token.token()
    assert second != first
    assert mystore.model.authority.grant(second) is not None


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_is_refused_is_renewed_once(
    mystore: SimulatedMystore, http: httpx.AsyncClient, clock: Hours, status: int
) -> None:
    mystore.change(expired_status=status)
    token = ConsentedToken(Kept(await allowed(mystore, http, clock)), http, clock, 60)
    first = await token.token()
    mystore.model.authority.expire()
    second = await token.renewed(first)
    assert second is not None
    assert mystore.model.authority.grant(second) is not None
    assert await token.renewed(first) == second, "a second call that was refused with the old one gets the new one"
    assert len(mystore.calls("/oauth/token")) == 2


async def test_what_another_process_has_renewed_is_used(mystore: SimulatedMystore, http: httpx.AsyncClient, clock: Hours) -> None:
    store = Kept(await allowed(mystore, http, clock))
    mine, theirs = (ConsentedToken(store, http, clock, 60) for _ in range(2))
    first = await mine.token()
    second = await theirs.renewed(first)
    assert await mine.renewed(first) == second
    assert len(mystore.calls("/oauth/token")) == 2


async def test_a_shop_that_takes_the_app_away_ends_the_consent(
    mystore: SimulatedMystore, http: httpx.AsyncClient, clock: Hours
) -> None:
    token = ConsentedToken(Kept(await allowed(mystore, http, clock)), http, clock, 60)
    first = await token.token()
    mystore.model.authority.revoke()
    with pytest.raises(ConsentEnded, match="revoked"):
        await token.renewed(first)


async def test_a_good_token_is_used_on_while_the_server_that_renews_it_is_away(
    mystore: SimulatedMystore, http: httpx.AsyncClient, clock: Hours
) -> None:
    token = ConsentedToken(Kept(await allowed(mystore, http, clock)), http, clock, 60)
    first = await token.token()
    mystore.fail("status", status=503)
    clock.now += timedelta(seconds=3550)
    assert await token.token() == first
    clock.now += timedelta(seconds=60)
    with pytest.raises(Unavailable):
        await token.token()


async def test_before_a_consent_there_is_no_token(http: httpx.AsyncClient, clock: Hours) -> None:
    with pytest.raises(ConsentEnded, match="not allowed this connection"):
        await ConsentedToken(Kept(), http, clock, 60).token()


def test_without_a_client_nobody_is_sent_to_mystore(monkeypatch: pytest.MonkeyPatch) -> None:
    deployment.cache_clear()
    for name in ("CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"GATEWAY_MYSTORE_{name}", raising=False)
    lacks = MystoreConsent().missing()
    deployment.cache_clear()
    assert lacks is not None
    assert (lacks.field, "GATEWAY_MYSTORE_CLIENT_SECRET" in lacks.message) == ("GATEWAY_MYSTORE_CLIENT_ID", True)
