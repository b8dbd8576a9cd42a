"""AuthenticateService and sessions, as section 1 of the contract has them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.sandbox.sevenoffice24 import Identity
from tests.sandbox.sevenoffice24.calling import IDENTITY, Site, build, credential, fault_of, names
from tests.sandbox.sevenoffice24.conftest import Build

NOT_AUTHENTICATED = "soap:Server: Server was unable to process request. ---> Client is not authenticated on this identity"
SECOND = "22222222-8888-7777-6666-555555555555"


async def test_a_session_travels_in_a_cookie() -> None:
    site = build()
    assert await site.result("HasSession") == "false"
    answer = await site.call("Login", credential())
    assert answer.cookies["ASP.NET_SessionId"] in answer.text
    assert await site.result("HasSession") == "true"
    assert await site.result("GetProducts") is None
    site.http.cookies.clear()
    assert await site.fault("GetProducts") == NOT_AUTHENTICATED
    assert [one.kind for one in site.office.refusals] == ["session"]


@pytest.mark.parametrize(
    ("operation", "content"),
    [("GetProducts", ""), ("SetStockQuantity", "<productId>1</productId><stockQuantity>1</stockQuantity>"), ("GetCategories", ""),
     ("GetInvoices", ""), ("SaveInvoices", ""), ("GetDeliveryMethods", ""), ("GetCompanies", ""), ("GetIdentities", ""),
     ("GetCompanySyncList", ""), ("GetOrderSyncList", ""), ("GetIdentity", "")],
)  # fmt: skip
async def test_every_other_call_needs_a_session(operation: str, content: str) -> None:
    assert await build().fault(operation, content) == NOT_AUTHENTICATED


async def test_a_session_that_is_not_used_ends(site: Site) -> None:
    for _ in range(3):
        site.clock.at += timedelta(minutes=19)
        assert await site.result("HasSession") == "true"
    site.clock.at += timedelta(minutes=21)
    assert await site.result("HasSession") == "false"
    assert await site.fault("GetProducts") == NOT_AUTHENTICATED


async def test_sessions_are_ended(site: Site) -> None:
    assert site.office.end_sessions() == 1
    assert await site.fault("GetDeliveryMethods") == NOT_AUTHENTICATED
    await site.log_in()
    assert len(await site.result("GetDeliveryMethods")) == 3


@pytest.mark.parametrize(("bad_login", "inside"), [("empty", "<LoginResult></LoginResult>"), ("absent", "")])
async def test_a_wrong_password_gets_no_session(bad_login: str, inside: str) -> None:
    site = build(bad_login=bad_login)
    answer = await site.call("Login", credential("wrong"))
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    assert f'<LoginResponse xmlns="http://24sevenOffice.com/webservices">{inside}</LoginResponse>' in answer.text
    assert [one.kind for one in site.office.refusals] == ["login"]


async def test_a_wrong_application_is_a_fault() -> None:
    other = "22222222-2222-3333-4444-555555555555"
    fault = await build().fault("Login", credential(application=other))
    assert fault == f"soap:Server: Server was unable to process request. ---> The application id {other} is not registered"


async def test_a_blocked_identity_is_a_fault() -> None:
    site = build(identities=(Identity(is_blocked=True),))
    assert (await site.fault("Login", credential())).endswith(f"The identity {IDENTITY} is blocked")
    site.office.change(identities=(Identity(),))
    await site.log_in()
    site.office.change(identities=(Identity(is_blocked=True),))
    assert await site.fault("GetProducts") == NOT_AUTHENTICATED


async def test_each_identity_has_its_own_books(open_site: Build) -> None:
    site = await open_site(identities=(Identity(), Identity(SECOND, "Fjell AS", 770002)))
    site.office.tenant(SECOND).add_product("FJELL-1")
    asked = names("returnProperties", "No")
    assert await site.result("GetProducts", asked) is None
    assert await site.result("Login", credential(identity=SECOND))
    assert await site.result("GetProducts", asked) == [{"No": "FJELL-1"}]
    identities = await site.result("GetIdentities")
    assert [(one["Id"], one["Client"]["Name"], one["IsCurrent"], one["IsDefault"]) for one in identities] == [
        (IDENTITY, "Ullvare Engros AS", "false", "true"),
        (SECOND, "Fjell AS", "true", "false"),
    ]
    assert await site.result("SetIdentityById", f"<identityId>{IDENTITY}</identityId>") == "true"
    assert (await site.result("GetIdentity"))["Id"] == IDENTITY
    assert await site.result("Login", credential(identity=None))
    assert (await site.result("GetIdentity"))["Id"] == IDENTITY


async def test_identities_without_a_session() -> None:
    site = build()
    (identity,) = await site.result("GetIdentitiesWithCredential", credential())
    assert identity["Client"] == {"Id": "770001", "Name": "Ullvare Engros AS"}
    assert await site.result("GetIdentitiesWithCredential", credential("wrong")) is None
    unknown = await site.fault("Login", credential(identity=SECOND))
    assert unknown.endswith(f"The user has no identity {SECOND}")


async def test_an_operation_that_the_user_has_no_right_to(site: Site) -> None:
    site.office.change(denied=("GetCompanies",))
    fault = await site.fault("GetCompanies", "<searchParams><CompanyId>1</CompanyId></searchParams>")
    assert fault.endswith("The user has no access to GetCompanies")
    assert await site.result("GetProducts") is None


async def test_logins_are_throttled() -> None:
    site = build(logins_an_hour=2)
    for _ in range(2):
        await site.log_in()
    assert (await site.call("Login", credential())).status_code == 429
    site.clock.at += timedelta(hours=1)
    await site.log_in()


async def test_an_address_that_there_is_not() -> None:
    site = build()
    assert (await site.post("/authenticate/v002/authenticate.asmx", "", None)).status_code == 404
    assert (await site.http.get("/authenticate/v001/authenticate.asmx")).status_code == 405


async def test_a_password_is_compared_as_it_is() -> None:
    site = build(password="a & b <c>")
    assert await site.result("Login", credential("a &amp; b &lt;c&gt;"))
    assert fault_of(await site.call("GetProducts", "<x/>")).startswith("soap:Client")
