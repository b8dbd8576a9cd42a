"""AuthenticateService: logging in, and who one is."""

from __future__ import annotations

from app.sandbox.sevenoffice24.wire.common import Service, operation
from app.sandbox.sevenoffice24.wire.scalars import FLAG, STRING
from app.sandbox.sevenoffice24.wire.tables import ListOf, sequence

CREDENTIAL = sequence("Credential", "ApplicationId:guid! IdentityId:guid Password:string Username:string")
USER = sequence("User", "ContactId:int Id:guid Name:string EmployeeId:int")
CLIENT = sequence("Client", "Id:long! Name:string")
SERVER = sequence("Server", "Id:int! Type:int!")
IDENTITY = sequence(
    "Identity",
    "Id:guid! User:User Client:Client IsCurrent:boolean! IsDefault:boolean! IsProtected:boolean! Servers:ArrayOfServer"
    " IsDisabled:boolean=false",
    {"User": USER, "Client": CLIENT, "ArrayOfServer": ListOf("Server", SERVER)},
)
IDENTITIES = ListOf("Identity", IDENTITY)

SERVICE = Service(
    "/authenticate/v001/authenticate.asmx",
    (
        operation("Login", STRING, "credential:Credential", {"Credential": CREDENTIAL}),
        operation("HasSession", FLAG),
        operation("GetIdentity", IDENTITY),
        operation("GetIdentities", IDENTITIES),
        operation("SetIdentityById", FLAG, "identityId:guid!"),
        operation("GetIdentitiesWithCredential", IDENTITIES, "credential:Credential", {"Credential": CREDENTIAL}),
    ),
)
