"""What it takes to talk to one goods owner's part of an Ongoing WMS."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from app.given import Given
from app.outgoing.addresses import plain_address

LIVE_HOST = "api.ongoingsystems.se"
_LOGIN_HOST = re.compile(r"^(?!api\.|wms\d*\.|www\.)([a-z0-9-]+)\.ongoingsystems\.se$")
_API_HOST = re.compile(r"^(?:api|wms\d*)\.ongoingsystems\.se$")
_API_PATH = re.compile(r"^(?P<warehouse>.*?)/api(?:/v1(?:/.*)?)?/?$", re.IGNORECASE)
_PAGE = re.compile(r"/[^/]*\.(?:aspx?|asmx|html?)$", re.IGNORECASE)


class OngoingCredentials(Given):
    """Made by the warehouse's administrator. `url` is what `/orders` is appended to; what people paste is brought to that."""

    url: str = Field(
        description=(
            "Address of the goods owner REST API, like https://api.ongoingsystems.se/{warehouse}/api/v1/. You may also "
            "give the address of the WMS's login page."
        )
    )
    user: str = Field(min_length=1, description="API user of the warehouse's WMS.")
    password: SecretStr = Field(min_length=1, description="Its password.")
    goods_owner_id: int = Field(gt=0, le=2_147_483_647, description="The goods owner's number in the WMS.")
    webhook_secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="The fixed secret of the WMS's webhooks, as set up in the WMS. Without it they are refused.",
    )

    @field_validator("url")
    @classmethod
    def _normalise(cls, value: str) -> str:
        return api_address(value)


def api_address(pasted: str) -> str:
    """The REST address with its trailing slash, from an API address, a login address or a part of either.

    Raises ValueError when the warehouse cannot be told from it. Whether calls may go there is checked elsewhere.
    """
    text = plain_address(pasted)
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.username or parts.password:
        raise ValueError("the address holds a user name or password; they have fields of their own")
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError(f"{pasted!r} is not a web address, like https://{LIVE_HOST}/warehouse/api/v1/")
    port = f":{parts.port}" if parts.port else ""
    path = _PAGE.sub("", parts.path).rstrip("/")
    api = _API_PATH.match(path)
    if api is not None:
        path = api["warehouse"]
    elif login := _LOGIN_HOST.match(host):
        host, path = LIVE_HOST, "/" + (path.strip("/").split("/")[0] or login[1])
    if not path.strip("/") and _API_HOST.match(host):
        raise ValueError(f"the address names no warehouse; it should look like https://{host}/warehouse/api/v1/")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}{path}/api/v1/"
