"""The `gateway` command against a gateway that runs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from app.sandbox.kit.server import free_port
from tests.cli.gateway_command import as_json, gateway
from tests.e2e.demo_process import Demo, until

pytestmark = pytest.mark.timeout(180)

ADDRESS = {"first_name": "Ada", "last_name": "Berg", "address_1": "Gata 2", "postcode": "0150", "city": "Oslo", "country": "NO"}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GATEWAY_DATA_DIRECTORY", str(tmp_path))


def command(demo: Demo, *arguments: str, typed: str = "", **more: str) -> Result:
    return gateway(*arguments, environment={**demo.environment, **more}, typed=typed)


def order(demo: Demo, product: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An order in the demo's shop."""
    body = {
        "status": "processing",
        "billing": {**ADDRESS, "email": "test@example.com"},
        "shipping": ADDRESS,
        "line_items": [{"product_id": product["id"], "quantity": 1}],
    }
    placed: dict[str, Any] = demo.shop("POST", "orders", {**body, **more})
    return placed


@pytest.fixture(scope="module")
def product(demo: Demo) -> dict[str, Any]:
    """Made again, under another number, when this process takes tests of this module a second time."""
    sku = f"E2E-{uuid.uuid4().hex[:6].upper()}"
    made: dict[str, Any] = demo.shop("POST", "products", {"name": "Kart", "type": "simple", "sku": sku, "regular_price": "99"})
    return made


@pytest.fixture(scope="module")
def sent(demo: Demo, product: dict[str, Any]) -> dict[str, Any]:
    """An order that is in the warehouse."""
    placed = order(demo, product)
    until(lambda: _transfer(demo, placed) == "sent", "the order's transfer")
    return placed


@pytest.fixture(scope="module")
def held(demo: Demo, product: dict[str, Any]) -> dict[str, Any]:
    """An order that is held, for want of a street."""
    place = {**ADDRESS, "address_1": ""}
    placed = order(demo, product, billing={**place, "email": "test@example.com"}, shipping=place)
    until(lambda: _transfer(demo, placed) == "held", "the hold")
    return placed


def _transfer(demo: Demo, placed: dict[str, Any]) -> str | None:
    found = demo.api("GET", f"mappings?number={placed['number']}").json()["items"]
    return found[0]["transfer"] if found else None


class TestExitCodes:
    def test_nobody_at_the_address_is_3(self) -> None:
        result = gateway("lanes", "--url", f"http://127.0.0.1:{free_port()}", "--api-key", "x")
        assert result.exit_code == 3
        assert "gateway up" in result.stderr

    def test_an_unknown_key_is_4(self, demo: Demo) -> None:
        result = command(demo, "lanes", "--api-key", "gw_wrong")
        assert result.exit_code == 4
        assert "this API key is unknown or was revoked" in result.stderr

    def test_no_key_at_all_is_4(self, demo: Demo) -> None:
        assert gateway("lanes", environment={"GATEWAY_URL": demo.said["api"], "GATEWAY_API_KEY": None}).exit_code == 4

    def test_a_right_that_is_missing_is_4(self, demo: Demo) -> None:
        reader = demo.api("POST", "keys", json={"name": "reader", "rights": ["read"]}).json()["key"]
        result = command(demo, "connections", "pause", "woocommerce", GATEWAY_API_KEY=reader)
        assert result.exit_code == 4
        assert "admin" in result.stderr

    def test_what_is_not_there_is_1(self, demo: Demo) -> None:
        result = command(demo, "connections", "show", "nobody")
        assert result.exit_code == 1
        assert "there is no connection 'nobody'" in result.stderr

    def test_the_key_in_the_data_directory_is_used_when_none_is_given(self, demo: Demo, tmp_path: Path) -> None:
        (tmp_path / "admin.key").write_text(demo.said["api_key"])
        assert gateway("lanes", environment={"GATEWAY_URL": demo.said["api"], "GATEWAY_API_KEY": None}).exit_code == 0


class TestLookingAround:
    def test_a_record_is_explained_by_any_of_its_numbers(self, demo: Demo, sent: dict[str, Any]) -> None:
        result = command(demo, "mappings", "show", sent["number"])
        assert result.exit_code == 0
        for words in ("in the warehouse", "order.created", "PUT /orders", "The shop is told when the warehouse has sent it"):
            assert words in result.stdout
        (mapping,) = as_json(command(demo, "mappings", "show", sent["number"], "--json"))["items"]
        (same,) = as_json(command(demo, "mappings", "show", str(mapping["warehouse"]["id"]), "--json"))["items"]
        assert same["id"] == mapping["id"]

    def test_a_number_that_nobody_knows_is_a_no(self, demo: Demo) -> None:
        assert command(demo, "mappings", "show", "no-such-number").exit_code == 1
        result = command(demo, "mappings", "show", "no-such-number", "--json")
        assert (result.exit_code, json.loads(result.stdout)) == (1, {"items": []})

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("mappings", "list", "--kind", "order"), "E2E"),
            (("events",), "order."),
            (("jobs",), "orders"),
            (("lanes",), "#77"),
            (("runs", "list"), "schedule"),
            (("connections", "list"), "active"),
            (("connections", "show", "woocommerce"), "webhook_url"),
        ],
    )
    def test_lists_are_tables_for_people(self, demo: Demo, sent: dict[str, Any], arguments: tuple[str, ...], words: str) -> None:
        result = command(demo, *arguments)
        assert result.exit_code == 0
        assert words.replace("E2E", sent["number"]) in result.stdout

    @pytest.mark.parametrize("name", ["events", "jobs", "lanes", "alerts", "mappings list", "dead-letters list", "runs list"])
    def test_lists_are_json_for_scripts(self, demo: Demo, name: str) -> None:
        assert isinstance(as_json(command(demo, *name.split(), "--json"))["items"], list)

    def test_an_empty_list_says_so(self, demo: Demo) -> None:
        result = command(demo, "dead-letters", "list")
        assert (result.exit_code, result.stdout) == (0, "")
        assert "No dead letters." in result.stderr

    def test_no_secret_is_shown(self, demo: Demo) -> None:
        shown = command(demo, "connections", "show", "woocommerce", "--json").stdout
        for secret in (demo.connection["webhook_secret"], demo.connection["consumer_secret"], demo.said["warehouse"]["password"]):
            assert secret not in shown


class TestSync:
    def test_a_dry_run_shows_what_would_be_written_field_by_field(self, demo: Demo, sent: dict[str, Any]) -> None:
        run = as_json(command(demo, "sync", "woocommerce", "--dry-run", "--full", "--process", "orders", "--json"))
        assert (run["state"], run["dry_run"]) == ("done", True)
        result = command(demo, "sync", "woocommerce", "--dry-run", "--full")
        assert result.exit_code == 0
        assert "Parts" in result.stdout

    def test_a_held_record_fails_it_only_when_asked_to(self, demo: Demo, held: dict[str, Any]) -> None:
        asked = ("sync", "woocommerce", "--dry-run", "--full", "--process", "orders")
        assert command(demo, *asked).exit_code == 0
        result = command(demo, *asked, "--fail-on", "held")
        assert result.exit_code == 1
        assert "held" in result.stderr

    def test_a_sync_is_followed_to_its_end(self, demo: Demo, sent: dict[str, Any]) -> None:
        result = command(demo, "sync", "woocommerce", "--process", "orders")
        assert result.exit_code == 0
        assert "done" in result.stdout

    def test_a_run_can_be_looked_at_afterwards(self, demo: Demo) -> None:
        run = as_json(command(demo, "sync", "woocommerce", "--dry-run", "--json"))
        assert run["id"] in command(demo, "runs", "show", run["id"]).stdout
        assert command(demo, "runs", "confirm", run["id"]).exit_code in (0, 1)

    def test_an_unknown_name_is_a_no(self, demo: Demo) -> None:
        assert command(demo, "sync", "nobody").exit_code == 1

    def test_an_unknown_process_is_wrong_usage(self, demo: Demo) -> None:
        assert command(demo, "sync", "woocommerce", "--process", "weather").exit_code == 2


class TestOperating:
    def test_a_hold_that_a_release_cannot_help_is_a_no_with_the_fix(self, demo: Demo, held: dict[str, Any]) -> None:
        result = command(demo, "release", held["number"])
        assert result.exit_code == 1
        assert "correct it in the shop" in result.stderr

    def test_a_record_is_read_again_by_its_number(self, demo: Demo, sent: dict[str, Any]) -> None:
        result = command(demo, "resync", sent["number"], "--kind", "order")
        assert result.exit_code == 0, result.stderr
        assert "was read again" in result.stdout

    def test_what_was_done_by_hand_is_resolved(self, demo: Demo, product: dict[str, Any]) -> None:
        place = {**ADDRESS, "address_1": ""}
        placed = order(demo, product, billing={**place, "email": "test@example.com"}, shipping=place)
        until(lambda: _transfer(demo, placed) == "held", "the hold")
        result = command(demo, "resolve", placed["number"], "--reason", "sent by hand")
        assert result.exit_code == 0, result.stderr
        assert _transfer(demo, placed) != "held"

    def test_only_what_is_held_can_be_released(self, demo: Demo, sent: dict[str, Any]) -> None:
        result = command(demo, "release", sent["number"])
        assert result.exit_code == 1
        assert "no held record" in result.stderr

    def test_replay_takes_ids_or_a_filter(self, demo: Demo) -> None:
        assert command(demo, "replay").exit_code == 2
        assert command(demo, "replay", "job-1", "--filter", "connection=woocommerce").exit_code == 2
        nothing = command(demo, "replay", "--filter", "connection=woocommerce")
        assert (nothing.exit_code, nothing.stderr.strip()) == (0, "No dead letter fits.")
        assert command(demo, "replay", "job-999999").exit_code == 1
        assert as_json(command(demo, "replay", "--filter", "reason_code=refused", "--yes", "--json"))["replayed"] == 0


FILE = """
[[connections]]
name = "{name}"
integration = "woocommerce"
[connections.shop]
shop_url = "{shop_url}"
consumer_key = "{consumer_key}"
consumer_secret = "env:SHOP_SECRET"
[connections.warehouse]
url = "{url}"
user = "{user}"
password = "env:WMS_PASSWORD"
goods_owner_id = 77
[connections.settings]
order_number_prefix = "{prefix}"
[connections.settings.processes]
articles = false
stock = false
shipments = false
[connections.settings.webhooks]
managed = false
"""


class TestConnections:
    @pytest.fixture
    def name(self, demo: Demo) -> Iterator[str]:
        """A connection's name, free at first; what was made of it is paused or deleted at the end."""
        name = f"second-{uuid.uuid4().hex[:6]}"
        yield name
        demo.api("DELETE", f"connections/{name}")
        demo.api("POST", f"connections/{name}/pause")

    def write(self, demo: Demo, path: Path, name: str, prefix: str | None = None) -> str:
        file = path / f"{name}.toml"
        values = {**demo.connection, **demo.said["warehouse"], "name": name, "prefix": prefix or f"{name}-"}
        file.write_text(FILE.format(**values))
        return str(file)

    def apply(self, demo: Demo, *arguments: str, **more: str) -> Result:
        secrets = {"SHOP_SECRET": demo.connection["consumer_secret"], "WMS_PASSWORD": demo.said["warehouse"]["password"]}
        return command(demo, "connections", "apply", *arguments, **{**secrets, **more})

    def test_a_file_is_applied_shown_first_and_the_second_time_changes_nothing(
        self, demo: Demo, tmp_path: Path, name: str
    ) -> None:
        file = self.write(demo, tmp_path, name)
        assert f"{name}: would be created" in self.apply(demo, file, "--dry-run").stdout
        assert command(demo, "connections", "show", name).exit_code == 1
        made = self.apply(demo, file)
        assert f"{name}: created (draft)" in made.stdout
        assert "webhook secret, shown this once" in made.stdout
        assert f"{name}: unchanged (draft)" in self.apply(demo, file).stdout

    def test_a_change_is_named_by_field_and_saved_only_without_dry_run(self, demo: Demo, tmp_path: Path, name: str) -> None:
        self.apply(demo, self.write(demo, tmp_path, name))
        file = self.write(demo, tmp_path, name, prefix=f"{name}-2-")
        planned = self.apply(demo, file, "--dry-run")
        assert f"{name}: would be changed" in planned.stdout
        assert "settings.order_number_prefix" in planned.stdout
        assert as_json(self.apply(demo, file, "--json"))["connections"][0]["changed"] == ["settings.order_number_prefix"]
        assert as_json(self.apply(demo, file, "--json"))["connections"][0]["result"] == "unchanged"

    def test_it_can_be_made_active_at_once(self, demo: Demo, tmp_path: Path, name: str) -> None:
        assert self.apply(demo, self.write(demo, tmp_path, name), "--activate").exit_code == 0
        assert as_json(command(demo, "connections", "show", name, "--json"))["status"] == "active"
        assert command(demo, "connections", "pause", name).exit_code == 0
        assert command(demo, "connections", "resume", name).exit_code == 0

    def test_the_first_quantities_are_shown_and_not_written_before_a_yes(self, demo: Demo, tmp_path: Path, name: str) -> None:
        sku = f"E2E-{name[-6:].upper()}"
        counted = {"manage_stock": True, "stock_quantity": 4}
        made = demo.shop("POST", "products", {"name": "Vott", "type": "simple", "sku": sku, "regular_price": "99", **counted})
        until(lambda: demo.api("GET", f"mappings?kind=article&transfer=sent&number={sku}").json()["items"], "the article")
        file = Path(self.write(demo, tmp_path, name))
        # Another floor than the demo's own connection has: this one wants 7 pieces, whatever is there.
        file.write_text(
            file.read_text().replace("\nstock = false", "\nstock = true") + "[connections.settings.stock]\nfloor = 7\n"
        )

        result = self.apply(demo, str(file), "--activate", "--json")

        assert result.exit_code == 2, result.stderr
        assert f"gateway connections apply {file} --activate --stock-now" in result.stderr
        (one,) = json.loads(result.stdout)["connections"]
        assert (one["status"], one["stock_waits_for_yes"], one["first_look"]["error"]) == ("active", True, None)
        (change,) = [each for each in one["first_look"]["changes"] if each["number"] == sku]
        assert change["would_be"] == 7
        assert demo.shop("GET", f"products/{made['id']}")["stock_quantity"] in (0, 4)

        assert self.apply(demo, str(file), "--activate", "--stock-now").exit_code == 0
        until(lambda: demo.shop("GET", f"products/{made['id']}")["stock_quantity"] == 7, "the quantity")

    def test_one_that_fails_its_test_stays_a_draft_and_its_secret_is_shown_all_the_same(
        self, demo: Demo, tmp_path: Path, name: str
    ) -> None:
        result = self.apply(demo, self.write(demo, tmp_path, name), "--activate", WMS_PASSWORD="wrong")
        assert result.exit_code == 1
        assert "webhook secret, shown this once" in result.stdout
        assert "does not accept the user" in result.stdout
        assert as_json(command(demo, "connections", "show", name, "--json"))["status"] == "draft"

    def test_a_variable_that_is_missing_is_named_and_nothing_is_sent(self, demo: Demo, tmp_path: Path, name: str) -> None:
        result = command(demo, "connections", "apply", self.write(demo, tmp_path, name), WMS_PASSWORD="x")
        assert result.exit_code == 1
        assert f"{name}: shop.consumer_secret: the environment variable SHOP_SECRET is missing" in result.stderr
        assert command(demo, "connections", "show", name).exit_code == 1

    def test_one_is_added_and_tested_by_command(self, demo: Demo, name: str) -> None:
        place = demo.said["warehouse"]
        fields = {
            "--shop": ("shop_url", "consumer_key"),
            "--warehouse": ("url", "user", "goods_owner_id"),
        }
        values = {**demo.connection, **place}
        options = [part for option, names in fields.items() for each in names for part in (option, f"{each}={values[each]}")]
        options += ["--shop", "consumer_secret=env:SHOP_SECRET", "--warehouse", "password=env:WMS_PASSWORD"]
        options += ["--setting", f"order_number_prefix={name}-", "--setting", "processes.articles=false"]
        secrets = {"SHOP_SECRET": demo.connection["consumer_secret"], "WMS_PASSWORD": place["password"]}
        added = command(demo, "connections", "add", name, *options, **secrets)
        assert added.exit_code == 0, added.stderr
        tested = command(demo, "connections", "test", name)
        assert tested.exit_code == 0
        assert "accepts the user" in tested.stdout

    def test_a_new_webhook_secret_is_printed_after_a_yes(self, demo: Demo, tmp_path: Path, name: str) -> None:
        self.apply(demo, self.write(demo, tmp_path, name))
        assert command(demo, "connections", "rotate-secret", name, typed="n\n").exit_code == 1
        rotated = command(demo, "connections", "rotate-secret", name, typed="y\n")
        assert rotated.exit_code == 0
        assert len(rotated.stdout.strip().splitlines()[-1]) >= 20
        of_wms = command(demo, "connections", "rotate-secret", name, "--warehouse", "--yes")
        assert f"New webhook secret of {name}, shown this once; give it to the WMS's webhooks:" in of_wms.stderr
        assert of_wms.stdout.strip() not in ("", rotated.stdout.strip().splitlines()[-1])
