"""How the demo's mystore is set up, and what the gateway's processes are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.demo.goods_owners import GOODS_OWNERS

SYSTEM = "mystore"
CLIENT_ID = "12"
START = "/oauth/mystore/start"
CALLBACK = "/oauth/mystore/callback"
LOGIN = {"shop": "demo", "email": "kari@example.no", "password": "hemmelig"}
SETTING = "GATEWAY_MYSTORE_"
SAMPLE_ORDERS = 5
_COUNTED = ("orders", "products", "product-variants")


def login(mark: str) -> dict[str, str]:
    """What a person types at mystore. Each start has a shop of its own."""
    return {**LOGIN, "shop": f"{LOGIN['shop']}{mark}"}


def configuration(api: str, client_secret: str, first_id: int, mark: str = "") -> dict[str, Any]:
    """Of the simulator: an app whose address is the gateway's, and a shop with some orders. Ids begin at `first_id`,
    article numbers end with `mark`."""
    return {
        "clients": [{"id": CLIENT_ID, "secret": client_secret, "redirect_uris": [f"{api}{CALLBACK}"]}],
        "users": [login(mark)],
        "shops": [login(mark)["shop"]],
        "sample_orders": SAMPLE_ORDERS,
        "sample_mark": mark,
        "first_ids": dict.fromkeys(_COUNTED, first_id),
    }


def environment(url: str, client_secret: str, given: Mapping[str, str]) -> dict[str, str]:
    """`GATEWAY_MYSTORE_…` of the simulator at `url`. Those that were given to the demo win."""
    own = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": client_secret, "AUTH_URL": url, "API_URL": url}
    ours = {f"{SETTING}{name}": value for name, value in own.items()}
    return ours | {name: value for name, value in given.items() if name.startswith(SETTING)}


def is_replaced(given: Mapping[str, str]) -> bool:
    """Whether another mystore was given to the demo."""
    return any(name.startswith(SETTING) for name in given)


def described(url: str, api: str, client_secret: str, mark: str = "") -> dict[str, Any]:
    """What a program needs to work with it, and to connect it by the gateway's page at `api`."""
    return {
        "url": url,
        **login(mark),
        "client_id": CLIENT_ID,
        "client_secret": client_secret,
        "goods_owner_id": GOODS_OWNERS[SYSTEM],
        "start_url": f"{api}{START}",
    }
