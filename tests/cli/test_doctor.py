"""`gateway doctor` on a set-up where all is well, and on several where something is not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from sqlalchemy import insert

from app.commands import elsewhere
from app.commands.checkup import examine, judge_redis
from app.commands.kit.findings import Finding, State
from app.commands.kit.remote import Remote
from app.outgoing.addresses import Reach
from app.records import connections
from app.records.connections import Draft
from app.sandbox.kit.server import Server
from app.sandbox.ongoing import User, WarehouseConfig, create_warehouse
from app.sandbox.woocommerce import ShopConfig, create_shop
from app.settings import Settings
from app.storage import address
from app.storage.engine import Database
from app.storage.outbound_tables import hooks
from app.storage.secrets import open_vault
from tests.cli.gateway_command import gateway
from tests.services import free_port

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class SetUp:
    """A gateway's settings in the environment, with a shop and a warehouse that answer."""

    settings: Settings
    shop_url: str
    warehouse_url: str

    def connect(self, **changes: Any) -> None:
        """Stores the connection `nettbutikk`; `changes` go over its credentials and settings."""
        shop = {"shop_url": self.shop_url, "consumer_key": "ck_1", "consumer_secret": "cs_1", **changes.get("shop", {})}
        warehouse = {"url": self.warehouse_url, "user": "gateway", "password": "secret", "goods_owner_id": 77}
        warehouse |= changes.get("warehouse", {})
        draft = Draft(
            name="nettbutikk", integration="woocommerce", source=shop, warehouse=warehouse, settings=changes.get("settings", {})
        )

        async def store() -> None:
            database = Database(self.settings.sqlalchemy_url)
            async with database.begin() as db:
                prepared = connections.prepare(draft, Reach(private_addresses=True, plain_http=True))
                await connections.create(db, open_vault(self.settings), prepared, NOW)
            await database.close()

        asyncio.run(store())


@pytest.fixture
def set_up(sqlite_database: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SetUp]:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "GATEWAY_DATABASE_URL": sqlite_database,
        "GATEWAY_REDIS_URL": redis_url,
        "GATEWAY_DATA_DIRECTORY": str(tmp_path),
        "GATEWAY_PUBLIC_URL": "https://gateway.example",
        "GATEWAY_ALLOW_PRIVATE_ADDRESSES": "true",
        "GATEWAY_ALLOW_PLAIN_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    port = free_port()
    shop = create_shop(ShopConfig(home_url=f"http://127.0.0.1:{port}", consumer_keys=[("ck_1", "cs_1", "read_write")]))
    warehouse = create_warehouse(WarehouseConfig(users=(User("gateway", "secret", (77,)),)))
    with Server(shop, port) as shop_server, Server(warehouse) as warehouse_server:
        yield SetUp(Settings(), shop_server.url, f"{warehouse_server.url}/demo/api/v1/")


def everything() -> list[Finding]:
    """What the doctor finds."""

    async def look() -> list[Finding]:
        return [finding async for finding in examine(Settings())]

    return asyncio.run(look())


def diagnosis() -> dict[str, Finding]:
    """What the doctor finds, by what was looked at."""
    return {finding.check: finding for finding in everything()}


def failures(found: dict[str, Finding]) -> list[str]:
    return [name for name, finding in found.items() if finding.state is State.FAIL]


def test_where_all_is_well_nothing_fails_and_everything_was_looked_at(set_up: SetUp) -> None:
    set_up.connect()
    found = diagnosis()
    assert failures(found) == []
    fine = {name for name, finding in found.items() if finding.state is State.OK}
    assert fine >= {
        "settings",
        "public address",
        "queue",
        "queue memory",
        "queue persistence",
        "database",
        "migrations",
        "database clock",
        "nettbutikk: secrets",
        "nettbutikk: warehouse login",
        "nettbutikk: warehouse goods-owner",
        "nettbutikk: warehouse order-statuses",
        "nettbutikk: shop clock",
        "nettbutikk: warehouse clock",
    }
    assert any(name.startswith("nettbutikk: shop ") for name in fine - {"nettbutikk: shop clock"})


def test_what_stands_around_the_json_of_a_shop_is_a_warning(set_up: SetUp) -> None:
    set_up.connect()
    httpx.post(f"{set_up.shop_url}/_sandbox/faults", json={"kind": "messages", "text": "\nNotice: x in a.php on line 3\n"})
    said = diagnosis()["nettbutikk: shop answers"]
    assert said.state is State.WARN
    assert said.fix.startswith("WP_DEBUG_DISPLAY is on")


def test_the_command_shows_it_and_exits_with_0(set_up: SetUp) -> None:
    set_up.connect()
    result = gateway("doctor")
    assert result.exit_code == 0
    assert "they can be decrypted" in result.stdout


def test_private_addresses_and_plain_http_are_worth_a_warning(set_up: SetUp) -> None:
    assert diagnosis()["outgoing calls"].state is State.WARN


def test_wrong_credentials_fail_with_the_fix_and_exit_code_1(set_up: SetUp) -> None:
    set_up.connect(warehouse={"password": "wrong"}, shop={"consumer_secret": "cs_wrong"})
    result = gateway("doctor", "--json")
    assert result.exit_code == 1
    assert '"ok":false' in result.stdout
    found = diagnosis()
    assert found["nettbutikk: warehouse login"].state is State.FAIL
    assert found["nettbutikk: warehouse login"].fix
    assert [name for name in failures(found) if name.startswith("nettbutikk: shop")]


def test_a_call_that_may_outlast_a_lease_fails(set_up: SetUp) -> None:
    set_up.connect(settings={"warehouse": {"call_timeout_seconds": 60}})
    assert "no write could start" in diagnosis()["nettbutikk: time-outs"].finding


def test_contradicting_settings_fail(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_LEASE_SECONDS", "10")
    assert "GATEWAY_LEASE_SECONDS" in diagnosis()["settings"].fix


def test_secrets_that_no_key_opens_fail(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up.connect()
    other = gateway("keys", "secret").stdout.strip()
    monkeypatch.setenv("GATEWAY_SECRET_KEYS", other)
    found = diagnosis()
    assert failures(found) == ["nettbutikk: secrets"]


def test_secrets_can_be_given_a_new_key_and_the_old_one_taken_away(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up.connect()
    old = (set_up.settings.data_directory / "secret.key").read_text()
    new = gateway("keys", "secret").stdout.strip()
    monkeypatch.setenv("GATEWAY_SECRET_KEYS", f"{new},{old}")
    assert "The secrets of 1 connections" in gateway("keys", "reencrypt").stderr
    monkeypatch.setenv("GATEWAY_SECRET_KEYS", new)
    assert failures(diagnosis()) == []


def test_a_queue_that_is_away_fails(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_REDIS_URL", f"redis://127.0.0.1:{free_port()}")
    assert diagnosis()["queue"].state is State.FAIL


def test_a_database_without_tables_fails_with_the_command(set_up: SetUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.db").touch(0o600)
    monkeypatch.setenv("GATEWAY_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    assert diagnosis()["migrations"].fix == "run: gateway migrate"


@pytest.mark.parametrize(("url", "state"), [("", State.WARN), ("http://gateway.example", State.FAIL)])
def test_a_public_address_is_wanted_and_with_https(
    set_up: SetUp, monkeypatch: pytest.MonkeyPatch, url: str, state: State
) -> None:
    monkeypatch.setenv("GATEWAY_PUBLIC_URL", url)
    monkeypatch.setenv("GATEWAY_ALLOW_PLAIN_HTTP", "false")
    assert diagnosis()["public address"].state is state


def test_behind_a_proxy_that_is_not_named_all_callers_are_one(set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    found = diagnosis()["callers' addresses"]
    assert (found.state, "GATEWAY_TRUSTED_PROXIES" in found.fix) == (State.WARN, True)
    monkeypatch.setenv("GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8")
    assert "callers' addresses" not in diagnosis()


@pytest.mark.parametrize(
    ("ahead", "state"), [(timedelta(seconds=2), State.OK), (timedelta(seconds=60), State.WARN), (timedelta(hours=1), State.FAIL)]
)
async def test_a_clock_that_is_off_is_noticed(set_up: SetUp, ahead: timedelta, state: State) -> None:
    clock = {finding.check: finding async for finding in examine(Settings(), lambda: datetime.now(UTC) - ahead)}["database clock"]
    assert clock.state is state


def test_a_queue_that_may_lose_rings_is_worth_a_warning() -> None:
    found = {one.check: one.state for one in judge_redis({"maxmemory_policy": "allkeys-lru", "aof_enabled": 0})}
    assert found == {"queue memory": State.WARN, "queue persistence": State.WARN}


class TestAlerts:
    def test_without_a_way_it_warns(self, set_up: SetUp) -> None:
        assert diagnosis()["alerts"].state is State.WARN

    def test_addresses_without_a_mail_server_fail(self, set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GATEWAY_ALERT_MAIL_TO", "ops@example.com")
        found = diagnosis()["alerts"]
        assert (found.state, found.fix) == (State.FAIL, "set GATEWAY_SMTP_HOST")

    def test_a_mail_server_that_cannot_be_reached_fails(self, set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
        port = free_port()
        for name, value in {"ALERT_MAIL_TO": "ops@example.com", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port)}.items():
            monkeypatch.setenv(f"GATEWAY_{name}", value)
        found = diagnosis()["alerts"]
        assert found.state is State.FAIL
        assert found.finding.startswith(f"127.0.0.1:{port} cannot be reached: ")


class TestWebhooks:
    def active(self, set_up: SetUp) -> None:
        set_up.connect(shop={"webhook_secret": "whsec"})

        async def activate() -> None:
            database = Database(set_up.settings.sqlalchemy_url)
            async with database.begin() as db:
                found = await connections.find(db, open_vault(set_up.settings), "nettbutikk")
                await connections.activate(db, found, NOW)
            await database.close()

        asyncio.run(activate())

    def seen(self, set_up: SetUp, **values: Any) -> None:
        async def store() -> None:
            database = Database(set_up.settings.sqlalchemy_url)
            async with database.begin() as db:
                found = await connections.find(db, open_vault(set_up.settings), "nettbutikk")
                await db.execute(insert(hooks).values(connection_id=found.id, next_check_at=NOW, seen=[], **values))
            await database.close()

        asyncio.run(store())

    def test_of_a_draft_nothing_is_said(self, set_up: SetUp) -> None:
        set_up.connect()
        assert "nettbutikk: webhooks" not in diagnosis()

    def test_webhooks_that_nobody_has_looked_at_are_worth_a_warning(self, set_up: SetUp) -> None:
        self.active(set_up)
        found = diagnosis()["nettbutikk: webhooks"]
        assert (found.state, found.finding) == (State.WARN, "nobody has looked at them yet")

    def test_webhooks_in_order_are_fine(self, set_up: SetUp) -> None:
        self.active(set_up)
        self.seen(set_up, state="fine", checked_at=datetime.now(UTC), repairs=2)
        found = diagnosis()["nettbutikk: webhooks"]
        assert found.state is State.OK
        assert found.finding.endswith("put right 2 times so far")

    def test_webhooks_that_could_not_be_looked_after_fail_with_the_command(self, set_up: SetUp) -> None:
        self.active(set_up)
        self.seen(set_up, state="failed", checked_at=datetime.now(UTC), last_error="the keys cannot write")
        found = diagnosis()["nettbutikk: webhooks"]
        assert found.state is State.FAIL
        assert "the keys cannot write" in found.finding
        assert found.fix.endswith("gateway connections webhooks nettbutikk --check")

    def test_webhooks_that_nobody_looks_at_any_more_are_worth_a_warning(self, set_up: SetUp) -> None:
        self.active(set_up)
        self.seen(set_up, state="fine", checked_at=datetime.now(UTC) - timedelta(hours=5))
        assert diagnosis()["nettbutikk: webhooks"].state is State.WARN

    def test_without_a_public_address_there_can_be_none(self, set_up: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
        self.active(set_up)
        monkeypatch.delenv("GATEWAY_PUBLIC_URL")
        found = diagnosis()["nettbutikk: webhooks"]
        assert (found.state, "GATEWAY_PUBLIC_URL" in found.fix) == (State.WARN, True)


def test_in_a_folder_without_a_gateway_the_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "GATEWAY_DATABASE_URL", "GATEWAY_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEWAY_PORT", str(free_port()))
    monkeypatch.setenv("GATEWAY_PROT", "8080")
    monkeypatch.setenv("GATEWAY_SECRET_KEYS", "abc")
    found = diagnosis()
    assert found["database"].finding == f"there is no gateway's database in {tmp_path / 'data'}"
    assert "GATEWAY_DATA_DIRECTORY" in found["database"].fix
    assert found["data directory"].finding == str(tmp_path / "data")
    assert found["gateway"].state is State.WARN
    said = [finding.finding for finding in everything() if finding.check == "settings"]
    assert said[:2] == [
        "GATEWAY_PROT is no setting of the gateway: did you mean GATEWAY_PORT?",
        "GATEWAY_SECRET_KEYS holds no Fernet key",
    ]


def test_a_database_that_others_may_read_is_worth_a_warning(set_up: SetUp) -> None:
    file = address.read(set_up.settings.sqlalchemy_url).file
    assert file is not None
    file.chmod(0o644)
    found = diagnosis()["data directory"]
    assert found.state is State.WARN
    assert found.finding == f"other users of this machine may use {file}"
    assert found.fix.startswith(f"chmod go= {file};")


def test_a_data_directory_that_others_may_enter_is_worth_a_warning(set_up: SetUp) -> None:
    data = set_up.settings.data_directory.absolute()
    (data / "secret.key").touch(0o600)
    for path in (data, *data.glob("gateway.db*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert diagnosis()["data directory"].state is State.OK
    data.chmod(0o755)
    (data / "secret.key").chmod(0o640)
    found = diagnosis()["data directory"]
    assert found.finding == f"other users of this machine may use {data}, {data / 'secret.key'}"
    assert found.fix.startswith(f"chmod go= {data} {data / 'secret.key'};")


class TestElsewhere:
    """A gateway that runs on another machine is asked over its API."""

    CONNECTIONS: ClassVar[list[dict[str, Any]]] = [
        {"name": "one", "status": "active", "webhook_url": "https://gw.example/webhooks/1", "test": {"checks": []}},
        {
            "name": "other",
            "status": "draft",
            "webhook_url": "https://gw.example/webhooks/2",
            "test": {"checks": [{"system": "shop", "name": "login", "ok": False, "message": "unknown key", "fix": "make one"}]},
        },
    ]

    def look(self, **answers: httpx.Response) -> list[tuple[str, str]]:
        usual = {
            "/": httpx.Response(200, json={"name": "gateway", "version": "1.0"}),
            "/readyz": httpx.Response(200, json={"status": "degraded", "reasons": ["Redis does not answer"], "revision": 7}),
            "/connections": httpx.Response(200, json={"items": self.CONNECTIONS, "next_cursor": None}),
        }
        hooks = httpx.Response(200, json={"state": "fine", "missing": [], "last_error": None})
        given = usual | {f"/{name}".removesuffix("root"): answer for name, answer in answers.items()}
        remote = Remote("http://gw.example", "k", httpx.MockTransport(lambda asked: given.get(asked.url.path, hooks)))
        return [(finding.check, finding.state.value) for finding in elsewhere.examine(remote)]

    def test_what_its_api_tells_is_found(self) -> None:
        assert self.look() == [
            ("gateway", "ok"),
            ("ready", "warn"),
            ("API key", "ok"),
            ("one", "ok"),
            ("other", "warn"),
            ("other: shop login", "fail"),
        ]

    def test_a_system_that_sends_no_webhooks_is_not_asked_for_them(self) -> None:
        polled: dict[str, Any] = {"name": "erp", "status": "active", "webhook_url": None, "test": {"checks": []}}
        listed = httpx.Response(200, json={"items": [polled], "next_cursor": None})
        refused = httpx.Response(422, json={"detail": "it cannot send webhooks"})
        found = self.look(**{"connections": listed, "connections/erp/webhooks": refused})
        assert found[-1] == ("erp", "ok")

    def test_a_key_that_is_unknown(self) -> None:
        assert self.look(connections=httpx.Response(401, json={"detail": "unknown"}))[-1] == ("API key", "fail")

    def test_another_program(self) -> None:
        assert self.look(root=httpx.Response(200, json={"hello": 1})) == [("gateway", "fail")]

    def test_nobody_there_does_not_lead_to_files_of_this_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        for name in ("DATABASE_URL", "GATEWAY_DATABASE_URL"):
            monkeypatch.delenv(name, raising=False)
        result = gateway("doctor", environment={"GATEWAY_URL": f"http://127.0.0.1:{free_port()}"})
        assert result.exit_code == 1
        assert "does not answer" in result.stdout
        assert "database" not in result.stdout
        assert "on the gateway's own machine" in result.stderr
