"""Where a mystore shop is, and what its API is called with."""

from __future__ import annotations

from functools import cache
from typing import Literal
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.given import Given
from app.outgoing.addresses import plain_address

API_URL = "https://api.mystore.no"
AUTH_URL = "https://auth.mystore.no"


class Deployment(BaseSettings):
    """What holds for all mystore connections of a deployment, from `GATEWAY_MYSTORE_…` in the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_MYSTORE_", env_file=".env", extra="ignore", frozen=True)

    api_url: str = Field(API_URL, description="Scheme and host of the API, for connections that name none.")
    auth_url: str = Field(AUTH_URL, description="Scheme and host of the authorization server.")
    client_id: str | None = Field(None, description="The OAuth client that mystore has given this deployment.")
    client_secret: SecretStr | None = Field(None, description="Its secret.")
    scopes: str | None = Field(
        None,
        min_length=1,
        description="(A3) The rights that are asked for, separated by blanks, for connections that name none. Default: those "
        "of the setting `scopes`.",
    )
    use_pkce: bool = Field(False, description="(A1) Use PKCE in every consent.")

    @field_validator("api_url", "auth_url")
    @classmethod
    def _host(cls, value: str) -> str:
        return scheme_and_host(value)


@cache
def deployment() -> Deployment:
    """Read once: the environment of a process does not change."""
    return Deployment()


class MystoreCredentials(Given):
    """The shop's short name and its access. A personal access token is made by the shop's administrator at auth.mystore.no."""

    shop: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="The shop's short name in mystore, as in api.mystore.no/shops/{shop}, not its web address.",
    )
    auth_mode: Literal["personal_token", "oauth"] = Field(
        "personal_token",
        description="How the gateway logs in: with a personal access token, or with what the shop allowed at mystore's consent.",
    )
    access_token: SecretStr | None = Field(
        None, validate_default=True, description="The personal access token. Needed unless `auth_mode` is oauth."
    )
    webhook_secret: SecretStr | None = Field(
        None, min_length=1, description="(A19) The secret that the shop's webhooks are signed with."
    )
    api_url: str | None = Field(
        None,
        description="Scheme and host of the API; /shops/{shop}/… is appended. Default: GATEWAY_MYSTORE_API_URL, else "
        "https://api.mystore.no.",
    )

    @field_validator("api_url")
    @classmethod
    def _host(cls, value: str | None) -> str | None:
        return None if value is None else scheme_and_host(value)

    @field_validator("access_token")
    @classmethod
    def _bare(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """A token as it is pasted: with blanks around it, or with `Bearer` before it. Raises ValueError."""
        bare = value.get_secret_value().strip().removeprefix("Bearer ").strip() if value is not None else ""
        if not bare:
            if info.data.get("auth_mode") == "personal_token":
                raise ValueError("the personal access token is missing")
            return None
        if not bare.isascii() or not bare.isprintable() or " " in bare:
            raise ValueError("a token has no blanks and no characters beyond ASCII: copy it again")
        return SecretStr(bare)

    @property
    def host(self) -> str:
        """Scheme and host that calls go to."""
        return self.api_url or deployment().api_url

    @property
    def base(self) -> str:
        """What every path stands behind, with a slash at its end."""
        return f"{self.host}/shops/{quote(self.shop, safe='')}/"


def own_credentials(given: BaseModel) -> MystoreCredentials:
    """The credentials of a mystore connection, as what they are. Raises TypeError for another system's."""
    if not isinstance(given, MystoreCredentials):
        raise TypeError(f"credentials of another integration: {type(given).__name__}")
    return given


def scheme_and_host(url: str) -> str:
    """`https://api.mystore.no` from what was given; a path is left out. Raises ValueError."""
    text = plain_address(url)
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.port == 0:
        raise ValueError("give scheme and host, like https://api.mystore.no")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}"
