"""Who calls: the token, in either of its forms."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request

from app.sandbox.nettbutikk24.model.shop import Shop
from app.sandbox.nettbutikk24.wire.refusals import bad_arguments, refused

PARAMETER = "access_token"


def check_caller(request: Request, shop: Shop) -> None:
    """Raises Refused: 401 or 403 for a wrong token or a form that this shop does not take; 400 for a token in both forms."""
    header, parameters = request.headers.get("authorization"), request.query_params.getlist(PARAMETER)
    if shop.config.strict and len(parameters) + (header is not None) > 1:
        raise bad_arguments()
    forms = shop.config.auth_forms
    given = [_basic_token(header, shop.config.basic_passwords)] if header is not None and "basic" in forms else []
    given += parameters if "query" in forms else []
    if shop.token is None or shop.token not in given:
        raise refused(shop.config.wrong_token_status)


def _basic_token(header: str, passwords: tuple[str, ...]) -> str | None:
    """The user name, if the password is one that goes with a token."""
    scheme, _, encoded = header.partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user if scheme.lower() == "basic" and colon and password in passwords else None
