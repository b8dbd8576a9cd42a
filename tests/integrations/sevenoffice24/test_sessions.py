"""One session for all: asked for before it is used, renewed once when it has ended, and no login too many."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app.errors import LoginRefused, RateLimited, Unavailable
from app.integrations.protocol.session import current_run
from app.integrations.sevenoffice24.soap.failures import BlockedIdentity, UnknownApplication, WrongPassword
from app.integrations.sevenoffice24.soap.sessions import Unshared
from tests.integrations.sevenoffice24.calling import (
    CREDENTIALS,
    NOW,
    UNAUTHENTICATED,
    Asked,
    Client,
    Office,
    client,
    fault,
    result,
)

READ = ["Id"]


@pytest.fixture(autouse=True)
def no_run() -> Iterator[None]:
    """Work of no run, unless a test says so."""
    before = current_run.set(None)
    yield
    current_run.reset(before)


async def test_the_first_call_logs_in_and_the_next_ones_do_not() -> None:
    it = client()
    for _ in range(3):
        await it.soap.get_products({}, READ)
    assert it.office.operations == ["Login", "GetProducts", "GetProducts", "GetProducts"]
    login = it.office.asked[0]
    assert login.session is None
    assert login.texts("ApplicationId") == [CREDENTIALS.application_id]
    assert (login.texts("Username"), login.texts("Password")) == (["api@warehouse.example"], ["s3cret"])
    assert login.texts("IdentityId") == []


async def test_a_login_names_the_identity() -> None:
    identity = "99999999-8888-7777-6666-555555555555"
    it = Client(Office(), credentials=CREDENTIALS.model_copy(update={"identity_id": identity}))
    await it.soap.get_products({}, READ)
    assert it.office.asked[0].texts("IdentityId") == [identity]


async def test_at_the_start_of_a_run_the_session_is_asked_for() -> None:
    it = client()
    await it.soap.get_products({}, READ)
    it.soap.begin_run()
    await it.soap.get_products({}, READ)
    await it.soap.get_products({}, READ)
    assert it.office.operations[2:] == ["HasSession", "GetProducts", "GetProducts"]


async def test_work_of_no_run_asks_for_it_now_and_then() -> None:
    it = client()
    await it.soap.get_products({}, READ)
    it.now += timedelta(minutes=10)
    await it.soap.get_products({}, READ)
    assert it.office.operations[2:] == ["HasSession", "GetProducts"]


async def test_a_session_of_another_process_is_used_and_one_that_has_ended_is_not() -> None:
    office, store = Office(), Unshared()
    await Client(office, store).soap.get_products({}, READ)
    await Client(office, store).soap.get_products({}, READ)
    assert office.operations[2:] == ["HasSession", "GetProducts"]
    office.sessions.clear()
    await Client(office, store).soap.get_products({}, READ)
    assert office.operations[4:] == ["HasSession", "Login", "GetProducts"]


async def test_a_session_that_ends_in_between_is_renewed_once_and_the_call_repeated() -> None:
    it = client()
    await it.soap.get_products({}, READ)
    it.office.sessions.clear()
    assert await it.soap.get_products({}, READ) == []
    assert it.office.operations[2:] == ["GetProducts", "Login", "GetProducts"]
    assert it.office.asked[-1].session == "session-2"


async def test_the_login_page_in_a_fault_means_the_same() -> None:
    seen: list[Asked] = []

    def once(asked: Asked) -> httpx.Response | str:
        seen.append(asked)
        text = "see https://api.24sevenoffice.com/authenticate/v001/authenticate.asmx"
        return fault(text) if len(seen) == 1 else result(asked.operation, None)

    it = client(once)
    assert await it.soap.get_products({}, READ) == []
    assert it.office.logins == 2


async def test_has_session_that_fails_counts_as_no_session() -> None:
    it = client()
    await it.soap.get_products({}, READ)
    it.office.broken = {"HasSession"}
    it.soap.begin_run()
    await it.soap.get_products({}, READ)
    assert it.office.operations[2:] == ["HasSession", "Login", "GetProducts"]


async def test_a_session_that_is_never_good_costs_one_login_more_and_then_the_call_fails() -> None:
    it = client(keeps=False)
    with pytest.raises(Unavailable, match="right after the login") as caught:
        await it.soap.get_products({}, READ)
    assert not caught.value.sent
    assert it.office.operations == ["Login", "GetProducts", "Login", "GetProducts"]


async def test_a_run_logs_in_four_times_at_most_however_long_it_takes() -> None:
    current_run.set("run-1")
    it = client(keeps=False)
    for _ in range(8):
        with pytest.raises((Unavailable, RateLimited)):
            await it.soap.get_products({}, READ)
        it.now += timedelta(minutes=2)
    assert it.office.logins == 4
    with pytest.raises(RateLimited, match="after 4 logins"):
        await it.soap.get_products({}, READ)
    current_run.set("run-2")
    it.office.keeps = True
    assert await it.soap.get_products({}, READ) == []


async def test_without_a_run_four_logins_are_all_for_a_while() -> None:
    it = client(keeps=False)
    for _ in range(5):
        with pytest.raises((Unavailable, RateLimited)):
            await it.soap.get_products({}, READ)
    assert it.office.logins == 4
    with pytest.raises(RateLimited) as caught:
        await it.soap.get_products({}, READ)
    assert caught.value.retry_after == 40
    it.now += timedelta(seconds=41)
    it.office.keeps = True
    assert await it.soap.get_products({}, READ) == []


async def test_of_several_tasks_one_logs_in() -> None:
    it = client()
    await asyncio.gather(*(it.soap.get_products({}, READ) for _ in range(4)))
    assert it.office.operations.count("Login") == 1


# logins that are refused


@pytest.mark.parametrize(
    ("answer", "kind", "word"),
    [
        (result("Login", None), WrongPassword, "password"),
        (result("Login", ""), WrongPassword, "password"),
        (fault("The application id is not registered"), UnknownApplication, "application"),
        (fault("Application id 1111 is not registered. Please contact us"), UnknownApplication, "application"),
        (fault("Identity is blocked"), BlockedIdentity, "identity"),
        (fault("This identity has been disabled"), BlockedIdentity, "identity"),
        (fault(UNAUTHENTICATED), BlockedIdentity, "identity"),
    ],
)
async def test_a_refused_login_says_what_is_wrong(answer: httpx.Response | str, kind: type[LoginRefused], word: str) -> None:
    it = client(at_login=lambda asked: answer)
    with pytest.raises(kind, match=word) as caught:
        await it.soap.get_products({}, READ)
    assert caught.value.answer is None
    assert "s3cret" not in str(vars(caught.value))


async def test_a_refused_login_is_not_tried_again_at_once() -> None:
    it = client(at_login=lambda asked: result("Login", None))
    for _ in range(3):
        with pytest.raises(WrongPassword):
            await it.soap.get_products({}, READ)
    assert it.office.logins == 1
    it.now = NOW + timedelta(seconds=41)
    it.office.at_login = None
    assert await it.soap.get_products({}, READ) == []
