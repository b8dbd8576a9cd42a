"""`GET /integrations`: the systems, for every key that may read."""

from __future__ import annotations

from tests.api.calling import Api, client_of


async def test_every_system_is_listed_with_what_it_can_do_and_what_it_asks_for(sqlite_harness: Api) -> None:
    answer = await sqlite_harness.admin.get("/integrations")
    assert answer.status_code == 200
    page = answer.json()
    assert page["next_cursor"] is None
    *others, system = page["items"]
    assert [(other["name"], other["title"], other["noun"]) for other in others] == [
        ("24nettbutikk", "24Nettbutikk", "shop"),
        ("24sevenoffice", "24SevenOffice (Finago Office)", "ERP"),
        ("mystore", "Mystore", "shop"),
    ]
    assert (system["name"], system["title"], system["noun"]) == ("woocommerce", "WooCommerce", "shop")
    assert system["processes"] == ["articles", "orders", "stock", "shipments", "returns", "receipts", "purchase-orders"]
    assert "manage-webhooks" in system["capabilities"]
    credentials = {each["name"]: each for each in system["credentials"]}
    assert credentials["consumer_secret"] == {
        "name": "consumer_secret",
        "kind": "secret",
        "description": "Begins with cs_.",
        "is_required": True,
        "is_secret": True,
        "default": None,
        "unit": None,
        "limits": ["at least 1 characters", "at most 8000 characters"],
        "choices": [],
        "example": "cs_…",
    }
    settings = {each["name"]: each for each in system["settings"]}
    assert settings["processes.returns"]["default"] is False
    assert (settings["poll_interval_minutes"]["default"], settings["poll_interval_minutes"]["unit"]) == (15, "minutes")
    assert settings["page_size"]["limits"] == ["at least 2", "at most 100"]
    assert settings["list_by"]["choices"] == ["auto", "modified", "all"]


async def test_a_key_of_some_connections_reads_it_too_and_nobody_without_a_key(sqlite_harness: Api) -> None:
    reader = await sqlite_harness.caller("read", only=[])
    assert (await reader.get("/integrations")).status_code == 200
    assert (await client_of(sqlite_harness.app).get("/integrations")).status_code == 401
