"""What a 24SevenOffice company is called with."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.given import Given
from app.outgoing.addresses import plain_address

API_URL = "https://api.24sevenoffice.com"
GUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_NOT_SET = "00000000-0000-0000-0000-000000000000"


class Deployment(BaseSettings):
    """What holds for all 24SevenOffice connections of a deployment: `GATEWAY_24SEVENOFFICE_…` in the environment or `.env`."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_24SEVENOFFICE_", env_file=".env", extra="ignore", frozen=True)

    calls_per_hour: int = Field(
        7200,
        ge=60,
        le=1_000_000,
        description="(Q4) Calls in one hour that 24SevenOffice allows the gateway's address: all connections share them, so none "
        "sets them. Its support can raise the number.",
    )


@cache
def deployment() -> Deployment:
    """Read once: the environment of a process does not change."""
    return Deployment()


class SevenOfficeCredentials(Given):
    """The integration's application id, an API user of the company, and the company where the user has several."""

    application_id: str = Field(
        pattern=GUID,
        description="The id that 24SevenOffice gave the integration (apisupport@24sevenoffice.com). It names no customer.",
    )
    username: str = Field(min_length=1, max_length=200, description="The e-mail address of the API user.")
    password: SecretStr = Field(min_length=1, description="The API user's password.")
    identity_id: str | None = Field(
        None,
        pattern=GUID,
        description="The identity (company) to work in, where the user has several; the connection test lists them. Default: "
        "the user's default identity.",
    )
    api_url: str = Field(API_URL, max_length=300, description="Scheme and host of the API; the services' paths are appended.")

    @field_validator("application_id", "identity_id", "username", mode="before")
    @classmethod
    def _bare(cls, value: object) -> object:
        """As it is pasted, with blanks around it."""
        return value.strip() if isinstance(value, str) else value

    @field_validator("application_id", "identity_id")
    @classmethod
    def _guid(cls, value: str | None) -> str | None:
        return None if value is None or value == _NOT_SET else value.lower()

    @field_validator("api_url")
    @classmethod
    def _host(cls, value: str) -> str:
        """`https://api.24sevenoffice.com` from what was given; a path is left out. Raises ValueError."""
        text = plain_address(value)
        parts = urlsplit(text if "://" in text else f"https://{text}")
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.port == 0:
            raise ValueError(f"give scheme and host, like {API_URL}")
        return f"{parts.scheme.lower()}://{parts.netloc.lower()}"

    @property
    def host(self) -> str:
        return urlsplit(self.api_url).netloc


def own_credentials(given: BaseModel) -> SevenOfficeCredentials:
    """The credentials of a 24SevenOffice connection, as what they are. Raises TypeError for another system's."""
    if not isinstance(given, SevenOfficeCredentials):
        raise TypeError(f"credentials of another integration: {type(given).__name__}")
    return given
