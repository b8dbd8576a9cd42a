"""Where a 24Nettbutikk shop is, and the token that its API is called with."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator

from app.given import Given
from app.outgoing.addresses import plain_address

API_PATH = "/api/v1/"


class NettbutikkCredentials(Given):
    """The address of the API and the shop's token, which its administration shows."""

    api_url: str = Field(
        max_length=300, description="The address of the API, like https://SHOP/api/v1/; of the shop alone it is completed."
    )
    api_key: SecretStr = Field(description="The shop's token for the API. The shop's people can replace it at any time.")

    @field_validator("api_url")
    @classmethod
    def _address(cls, value: str) -> str:
        """Scheme, host and path with a slash at the end. Raises ValueError."""
        text = plain_address(value)
        parts = urlsplit(text if "://" in text else f"https://{text}")
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.port == 0:
            raise ValueError("give the address of the API, like https://shop.example.no/api/v1/")
        path = parts.path.rstrip("/")
        return f"{parts.scheme.lower()}://{parts.netloc.lower()}{path + '/' if path else API_PATH}"

    @field_validator("api_key")
    @classmethod
    def _bare(cls, value: SecretStr) -> SecretStr:
        """A token as it is pasted, with blanks around it. Raises ValueError."""
        bare = value.get_secret_value().strip()
        if not bare:
            raise ValueError("the token is missing")
        if not bare.isascii() or not bare.isprintable() or " " in bare or ":" in bare:
            raise ValueError("a token has no blanks, no colon and no characters beyond ASCII: copy it again")
        return SecretStr(bare)

    @property
    def host(self) -> str:
        return urlsplit(self.api_url).netloc


def own_credentials(given: BaseModel) -> NettbutikkCredentials:
    """The credentials of a 24Nettbutikk connection, as what they are. Raises TypeError for another system's."""
    if not isinstance(given, NettbutikkCredentials):
        raise TypeError(f"credentials of another integration: {type(given).__name__}")
    return given
