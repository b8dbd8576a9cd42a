"""How a shop's administrator allows the gateway to use the shop: at mystore's own login and consent pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import httpx

from app.errors import BadInput, LoginRefused
from app.integrations.kit.oauth2 import ACCESS, SCOPE
from app.integrations.mystore.credentials import deployment
from app.integrations.mystore.settings import SCOPES, own_settings
from app.integrations.mystore.tokens import oauth_client, rights_of, shops_of
from app.integrations.protocol import ConnectionSettings, Granted
from app.integrations.protocol.session import CameBack


class MystoreConsent:
    """Implements `Consent`. Holds no state."""

    token_fields: tuple[str, ...] = ("shop", "access_token", "webhook_secret")

    def missing(self) -> BadInput | None:
        try:
            oauth_client()
        except LoginRefused as error:
            return BadInput(
                error.message,
                field="GATEWAY_MYSTORE_CLIENT_ID",
                fix="ask mystore for a client with this redirect address, and set GATEWAY_MYSTORE_CLIENT_ID and _CLIENT_SECRET",
            )
        return None

    def rights(self, settings: ConnectionSettings) -> tuple[str, ...]:
        """The connection's own, else the deployment's: the first consent comes before the connection."""
        own, of_all = own_settings(settings).scopes, deployment().scopes
        return tuple(dict.fromkeys((of_all if of_all and own == SCOPES else own).split()))

    def page(self, settings: ConnectionSettings, redirect_uri: str, state: str) -> str:
        own = own_settings(settings)
        return oauth_client().page(redirect_uri, state, self.rights(own), use_pkce=own.use_pkce or deployment().use_pkce)

    async def exchange(self, client: httpx.AsyncClient, came_back: CameBack, now: datetime) -> Granted:
        """The shop is the one that the token names: what comes in the address could be anybody's."""
        own = own_settings(came_back.settings)
        session = await oauth_client().exchange(client, came_back, now, use_pkce=own.use_pkce or deployment().use_pkce)
        token = session.values[ACCESS]
        shops = shops_of(token)
        if not shops:
            raise LoginRefused("mystore's token names no shop", system="mystore", call="POST /oauth/token", status=200)
        said = session.values.get(SCOPE, "").split()
        rights = frozenset(said) if said else rights_of(token)
        return Granted({"shop": shops[0], "auth_mode": "oauth", "access_token": None}, session, rights)

    def by_hand(self, given: Mapping[str, str]) -> Granted:
        return Granted({**given, "auth_mode": "personal_token"}, None)
