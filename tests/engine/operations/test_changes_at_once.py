"""Several people, or tools, change one connection at the same moment: none overwrites what it has not seen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.engine.core.runtime import Gateway
from app.engine.operations import connection_test, connections
from app.errors import Conflict, NotFound
from app.records.connections import Connection, Draft, Status
from tests.harness import Harness
from tests.steering import beside_call


async def made(harness: Harness, **more: Any) -> Connection:
    """A draft for another goods owner."""
    draft = {"name": "new", "integration": "woocommerce", "source": harness.shop.credentials(), **more}
    return await connections.make(
        harness.gateway, Draft(**{"warehouse": harness.warehouse.credentials(goods_owner_id=78), **draft})
    )


async def now(gateway: Gateway, connection: Connection) -> Any:
    gateway.forget(connection.id)
    return await gateway.connection(connection.id)


class TestTwoChanges:
    async def test_of_different_settings_are_both_kept(self, harness: Harness) -> None:
        seen = harness.connection
        await connections.patch(harness.gateway, seen, {"settings": {"silent_hours": 24}})
        await connections.patch(harness.gateway, seen, {"settings": {"order_statuses": ["processing", "packing"]}})
        found = await now(harness.gateway, seen)
        assert (found.settings.silent_hours, found.settings.order_statuses) == (24, ["processing", "packing"])
        assert found.settings_version == seen.settings_version + 2

    async def test_of_the_same_setting_are_a_conflict_that_says_what_to_do(self, harness: Harness) -> None:
        seen = harness.connection
        await connections.patch(harness.gateway, seen, {"settings": {"silent_hours": 24}})
        with pytest.raises(Conflict) as refused:
            await connections.patch(harness.gateway, seen, {"settings": {"silent_hours": 48}})
        assert (refused.value.field, refused.value.fix) == (
            "settings.silent_hours",
            "read it again, then send the change again",
        )
        assert (await now(harness.gateway, seen)).settings.silent_hours == 24

    async def test_to_the_same_value_are_none(self, harness: Harness) -> None:
        seen = harness.connection
        for _ in range(2):
            saved = await connections.patch(harness.gateway, seen, {"settings": {"silent_hours": 24}})
        assert saved.changed == ()

    async def test_at_once(self, harness: Harness) -> None:
        seen, gateway = harness.connection, harness.gateway
        changes: list[dict[str, Any]] = [
            {"silent_hours": 24},
            {"order_statuses": ["processing", "packing"]},
            {"order_note_on_hold": True},
            {"processes": {"shipments": True}},
            {"warehouse": {"call_timeout_seconds": 20}},
        ]
        await asyncio.gather(*(connections.patch(gateway, seen, {"settings": change}) for change in changes))
        found = await now(gateway, seen)
        assert found.settings_version == seen.settings_version + len(changes)
        assert (found.settings.silent_hours, found.settings.order_statuses) == (24, ["processing", "packing"])
        assert (found.settings.order_note_on_hold, found.settings.processes.shipments) == (True, True)
        assert found.settings.warehouse.call_timeout_seconds == 20

    async def test_a_declaration_beside_a_change_of_what_it_says_nothing_of(self, harness: Harness) -> None:
        seen = harness.connection
        secret = await connections.rotate_webhook_secret(harness.gateway, seen)
        credentials = {key: value for key, value in harness.shop.credentials().items() if key != "webhook_secret"}
        declared = Draft(name=seen.name, integration="woocommerce", source=credentials, warehouse=harness.warehouse.credentials())
        await connections.apply(harness.gateway, seen, declared)
        assert (await now(harness.gateway, seen)).webhook_secret == secret

    async def test_a_declaration_does_not_take_back_what_it_has_not_seen(self, harness: Harness) -> None:
        seen = harness.connection
        await connections.patch(harness.gateway, seen, {"settings": {"silent_hours": 24}})
        declared = Draft(
            name=seen.name,
            integration="woocommerce",
            source=harness.shop.credentials(),
            warehouse=harness.warehouse.credentials(),
            settings=seen.settings.model_dump(mode="json"),
        )
        with pytest.raises(Conflict):
            await connections.apply(harness.gateway, seen, declared)
        assert (await now(harness.gateway, seen)).settings.silent_hours == 24

    async def test_what_waits_is_mapped_again_after_each(self, harness: Harness) -> None:
        order = harness.shop.order("SOKK-1")
        await harness.announce(order)
        await harness.ingest()
        seen = harness.connection
        await connections.patch(harness.gateway, seen, {"settings": {"silent_hours": 24}})
        await connections.patch(harness.gateway, seen, {"settings": {"order_number_prefix": "W-"}})
        await harness.work(sweep=True)
        assert [number for _, number in harness.warehouse.model.orders] == [f"W-{order['id']}"]

    async def test_two_that_clash_are_not_both_activated(self, harness: Harness) -> None:
        drafts = [await made(harness, name=name) for name in ("first", "second")]
        outcomes = await asyncio.gather(*(connections.activate(harness.gateway, each) for each in drafts), return_exceptions=True)
        assert sorted(type(each).__name__ for each in outcomes) == ["Conflict", "Report"]
        found = [(await now(harness.gateway, each)).status for each in drafts]
        assert sorted(found) == [Status.ACTIVE, Status.DRAFT]

    async def test_two_changes_that_clash_are_not_both_made(self, harness: Harness) -> None:
        """Two connections in use, each of which is to own the articles from the same moment on."""
        pair = [
            await made(harness, name=name, settings={"order_number_prefix": prefix, "processes": {"articles": False}})
            for name, prefix in (("first", "A-"), ("second", "B-"))
        ]
        for each in pair:
            assert (await connections.activate(harness.gateway, each)).ok
        seen = [await now(harness.gateway, each) for each in pair]
        change = {"settings": {"processes": {"articles": True}}}
        outcomes = await asyncio.gather(
            *(connections.patch(harness.gateway, each, change) for each in seen), return_exceptions=True
        )
        assert sorted(type(each).__name__ for each in outcomes) == ["Conflict", "Saved"]

    async def test_two_of_one_name_are_not_both_made(self, harness: Harness) -> None:
        other = harness.warehouse.credentials(goods_owner_id=79)
        outcomes = await asyncio.gather(made(harness), made(harness, warehouse=other), return_exceptions=True)
        assert sorted(type(each).__name__ for each in outcomes) == ["Conflict", "Connection"]

    async def test_a_name_that_was_taken_meanwhile(self, harness: Harness) -> None:
        draft = await made(harness)
        with pytest.raises(Conflict) as refused:
            await connections.patch(harness.gateway, draft, {"name": harness.connection.name})
        assert refused.value.field == "name"


class TestSecrets:
    async def test_a_setting_changed_beside_a_rotation_leaves_the_secret_that_was_shown(self, harness: Harness) -> None:
        seen = harness.connection
        secret = await connections.rotate_webhook_secret(harness.gateway, seen)
        await connections.patch(harness.gateway, seen, {"settings": {"silent_hours": 24}})
        found = await now(harness.gateway, seen)
        assert (found.webhook_secret, found.settings.silent_hours) == (secret, 24)

    async def test_of_two_rotations_at_once_one_is_shown_a_secret_and_it_holds(self, harness: Harness) -> None:
        seen, gateway = harness.connection, harness.gateway
        outcomes = await asyncio.gather(
            *(connections.rotate_webhook_secret(gateway, seen) for _ in range(3)), return_exceptions=True
        )
        shown = [each for each in outcomes if isinstance(each, str)]
        assert [type(each) for each in outcomes if not isinstance(each, str)] == [Conflict, Conflict]
        assert [(await now(gateway, seen)).webhook_secret] == shown

    async def test_two_rotations_one_after_the_other(self, harness: Harness) -> None:
        await connections.rotate_webhook_secret(harness.gateway, harness.connection)
        second = await connections.rotate_webhook_secret(harness.gateway, await now(harness.gateway, harness.connection))
        assert (await now(harness.gateway, harness.connection)).webhook_secret == second


class TestWhileItIsTested:
    """Activation makes real calls first, which may take a minute."""

    async def test_a_change_is_kept_and_the_connection_active(self, harness: Harness) -> None:
        draft = await made(harness)
        change = {"settings": {"order_statuses": ["processing", "packing"]}}
        with beside_call(harness, "GET", "/orders", before=lambda: connections.patch(harness.gateway, draft, change)) as done:
            report = await connections.activate(harness.gateway, draft)
        assert (done != [], report.ok) == (True, True)
        found = await now(harness.gateway, draft)
        assert (found.status, found.settings.order_statuses) == (Status.ACTIVE, ["processing", "packing"])
        assert found.settings_version == draft.settings_version + 2  # the change, and the go-live date

    async def test_a_go_live_date_set_meanwhile_is_kept(self, harness: Harness) -> None:
        draft = await made(harness)
        change = {"settings": {"go_live": "2026-01-01T00:00:00Z"}}
        with beside_call(harness, "GET", "/orders", before=lambda: connections.patch(harness.gateway, draft, change)):
            await connections.activate(harness.gateway, draft)
        found = await now(harness.gateway, draft)
        assert (found.status, found.settings.go_live.isoformat()) == (Status.ACTIVE, "2026-01-01T00:00:00+00:00")

    async def test_other_credentials_were_not_tested(self, harness: Harness) -> None:
        draft = await made(harness)
        change = {"warehouse": {"password": "wrong"}}
        with (
            beside_call(harness, "GET", "/orders", before=lambda: connections.patch(harness.gateway, draft, change)),
            pytest.raises(Conflict, match="changed while it was tested"),
        ):
            await connections.activate(harness.gateway, draft)
        found = await now(harness.gateway, draft)
        assert (found.status, found.test) == (Status.DRAFT, None)
        assert found.warehouse.password.get_secret_value() == "wrong"

    async def test_another_secret_for_webhooks_changes_nothing_of_the_test(self, harness: Harness) -> None:
        draft, shown = await made(harness), list[str]()

        async def rotate() -> None:
            shown.append(await connections.rotate_webhook_secret(harness.gateway, draft))

        with beside_call(harness, "GET", "/orders", before=rotate):
            await connections.activate(harness.gateway, draft)
        found = await now(harness.gateway, draft)
        assert ([found.webhook_secret], found.status) == (shown, Status.ACTIVE)

    async def test_a_pause_is_kept(self, harness: Harness) -> None:
        seen = harness.connection
        with (
            beside_call(harness, "GET", "/orders", before=lambda: connections.pause(harness.gateway, seen)),
            pytest.raises(Conflict),
        ):
            await connections.activate(harness.gateway, seen)
        assert (await now(harness.gateway, seen)).status is Status.PAUSED

    async def test_two_activations_at_once(self, harness: Harness) -> None:
        draft = await made(harness)
        reports = await asyncio.gather(*(connections.activate(harness.gateway, draft) for _ in range(2)))
        assert [report.ok for report in reports] == [True, True]
        found = await now(harness.gateway, draft)
        assert (found.status, found.settings_version) == (Status.ACTIVE, draft.settings_version + 1)

    async def test_it_is_deleted(self, harness: Harness) -> None:
        draft = await made(harness)
        with (
            beside_call(harness, "GET", "/orders", before=lambda: connections.remove(harness.gateway, draft)),
            pytest.raises(NotFound),
        ):
            await connection_test.test(harness.gateway, draft)


class TestStatus:
    async def test_a_change_beside_a_pause_leaves_it_paused(self, harness: Harness) -> None:
        seen = harness.connection
        await connections.pause(harness.gateway, seen)
        await connections.patch(harness.gateway, seen, {"settings": {"silent_hours": 24}})
        assert (await now(harness.gateway, seen)).status is Status.PAUSED

    async def test_one_that_was_moved_meanwhile_is_not_resumed(self, harness: Harness) -> None:
        seen = harness.connection
        await connections.patch(harness.gateway, seen, {"warehouse": {"goods_owner_id": 78}})
        with pytest.raises(Conflict, match="is a draft"):
            await connections.resume(harness.gateway, seen)
        assert (await now(harness.gateway, seen)).status is Status.DRAFT

    async def test_one_that_was_activated_meanwhile_is_not_deleted(self, harness: Harness) -> None:
        draft = await made(harness)
        await connections.activate(harness.gateway, draft)
        with pytest.raises(Conflict):
            await connections.remove(harness.gateway, draft)
        assert (await now(harness.gateway, draft)).status is Status.ACTIVE
