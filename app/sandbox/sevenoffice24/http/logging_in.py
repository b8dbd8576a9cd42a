"""AuthenticateService."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.sandbox.sevenoffice24.http.calls import Call, Handler, Result
from app.sandbox.sevenoffice24.model.office import Refusal
from app.sandbox.sevenoffice24.wire.tables import Values

COOKIE = "ASP.NET_SessionId"


def log_in(call: Call) -> Result:
    """A wrong user or password gets no session id, but no fault either."""
    credential = call.values.get("credential", {})
    call.office.limits.take_login(str(credential.get("Username")))
    session_id = call.office.access.log_in(credential)
    if session_id is None:
        _refuse(call, "Login", credential)
        return Result("" if call.config.bad_login == "empty" else None)
    return Result(session_id, headers={"Set-Cookie": f"{COOKIE}={session_id}; path=/; HttpOnly"})


def has_session(call: Call) -> Result:
    return Result(call.session is not None)


def get_identity(call: Call) -> Result:
    current = call.need_session().identity.id
    return Result(next(one for one in _identities(call, current) if one["Id"] == current))


def get_identities(call: Call) -> Result:
    return Result(_identities(call, call.need_session().identity.id))


def set_identity(call: Call) -> Result:
    call.office.access.switch(call.need_session(), call.values.get("identityId", ""))
    return Result(True)


def get_identities_with_credential(call: Call) -> Result:
    """Without a session. A wrong user or password has none."""
    credential = call.values.get("credential", {})
    if not call.office.access.is_known(credential):
        _refuse(call, "GetIdentitiesWithCredential", credential)
        return Result([])
    return Result(_identities(call, None))


def _identities(call: Call, current: str | None) -> list[Values]:
    user = {"ContactId": 4711, "Name": call.config.username, "EmployeeId": 12}
    return [
        {
            "Id": one.id,
            "User": user,
            "Client": {"Id": one.client_id, "Name": one.client},
            "IsCurrent": one.id == current,
            "IsDefault": number == 0,
            "IsProtected": False,
            "IsDisabled": one.is_disabled,
        }
        for number, one in enumerate(call.config.identities)
    ]


def _refuse(call: Call, operation: str, credential: Mapping[str, Any]) -> None:
    call.office.refusals.append(Refusal("login", operation, f"wrong user or password: {credential.get('Username')}"))


HANDLERS: Mapping[str, Handler] = {
    "Login": log_in,
    "HasSession": has_session,
    "GetIdentity": get_identity,
    "GetIdentities": get_identities,
    "SetIdentityById": set_identity,
    "GetIdentitiesWithCredential": get_identities_with_credential,
}
