"""The webhooks a shop has of us: what is done about them, and how."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.errors import Malformed, NoSuchRecord, Refused
from app.integrations.kit.webhook_plan import webhook_plan
from app.integrations.protocol import Fault, ManagesWebhooks, Mend, WebhookSeen
from tests.integrations.woocommerce.fake_shop import recorded, scripted
from tests.integrations.woocommerce.recordings import rest

URL = "https://gateway.example/webhooks/k3y"
TOPICS = ("order.created", "order.updated")


def hook(number: int, topic: str, status: str = "active", url: str = URL) -> WebhookSeen:
    return WebhookSeen(str(number), f"Hook {number}", topic, status, url)


GOOD = [hook(1, "order.created"), hook(2, "order.updated")]
Steps = list[tuple[Mend, Fault, str, str | None]]


def plan(*seen: WebhookSeen, without_rights: tuple[str, ...] = ()) -> Steps:
    return [(step.mend, step.fault, step.topic, step.webhook_id) for step in webhook_plan(seen, TOPICS, URL, without_rights)]


class TestThePlan:
    def test_all_is_well(self) -> None:
        assert plan(*GOOD) == []

    def test_what_is_missing_is_made(self) -> None:
        assert plan(GOOD[0]) == [(Mend.REGISTER, Fault.MISSING, "order.updated", None)]
        assert len(plan()) == 2

    def test_one_that_the_shop_gave_up_is_made_anew_before_it_is_deleted(self) -> None:
        """Switched on again, the next failure would switch it off at once: the count stays."""
        assert plan(GOOD[0], hook(2, "order.updated", "disabled")) == [
            (Mend.REGISTER, Fault.DISABLED, "order.updated", None),
            (Mend.DELETE, Fault.DISABLED, "order.updated", "2"),
        ]

    def test_one_that_lost_its_rights_is_made_anew_too(self) -> None:
        assert plan(*GOOD, without_rights=("2",)) == [
            (Mend.REGISTER, Fault.WITHOUT_RIGHTS, "order.updated", None),
            (Mend.DELETE, Fault.WITHOUT_RIGHTS, "order.updated", "2"),
        ]

    def test_a_paused_one_is_switched_on(self) -> None:
        assert plan(GOOD[0], hook(2, "order.updated", "paused")) == [(Mend.REPAIR, Fault.PAUSED, "order.updated", "2")]

    def test_one_that_points_to_where_the_gateway_was_is_turned_round(self) -> None:
        moved = hook(2, "order.updated", url="https://old.example/webhooks/k3y")
        assert plan(GOOD[0], moved) == [(Mend.REPAIR, Fault.ELSEWHERE, "order.updated", "2")]

    def test_a_second_one_goes_and_the_good_one_stays(self) -> None:
        old = hook(2, "order.updated", url="http://old.example/webhooks/k3y")
        assert plan(GOOD[0], old, hook(7, "order.updated"), hook(9, "order.updated")) == [
            (Mend.DELETE, Fault.DUPLICATE, "order.updated", "9"),
            (Mend.DELETE, Fault.DUPLICATE, "order.updated", "2"),
        ]

    def test_a_disabled_one_beside_a_good_one_is_deleted(self) -> None:
        assert plan(*GOOD, hook(3, "order.updated", "disabled")) == [(Mend.DELETE, Fault.DISABLED, "order.updated", "3")]

    def test_a_topic_that_is_not_listened_to_any_more_is_deleted(self) -> None:
        assert plan(*GOOD, hook(3, "product.updated")) == [(Mend.DELETE, Fault.UNWANTED, "product.updated", "3")]

    @pytest.mark.parametrize(
        "url",
        [
            "https://gateway.example/webhooks/another",
            "https://accounts.example/hook",
            "https://accounts.example/",
            "",
            "http://[broken",
        ],
    )
    def test_other_peoples_are_left_alone(self, url: str) -> None:
        others = [hook(3, "order.updated", "disabled", url), hook(4, "coupon.created", url=url)]
        assert plan(*GOOD, *others) == []

    def test_every_step_says_why(self) -> None:
        steps = webhook_plan([hook(1, "order.created", "disabled"), hook(2, "order.updated", url="http://x/k3y")], TOPICS, URL)
        assert [step.message for step in steps] == [
            "webhook 1 (order.created) was switched off in the shop, by hand or after failures; made anew, it counts from 0",
            "webhook 1 (order.created) was switched off in the shop, by hand or after failures; made anew, it counts from 0",
            "webhook 2 (order.updated) points to http://x/k3y",
        ]


class TestTheCalls:
    def test_the_client_manages_webhooks(self) -> None:
        assert isinstance(scripted({}).client(), ManagesWebhooks)

    async def test_a_webhook_is_made_as_recorded(self) -> None:
        url = "http://127.0.0.1:8777/webhooks/woocommerce"
        shop = scripted({"POST webhooks": recorded("001")})
        made = await shop.client().register("order.created", url, "whsec-fjellbutikken-3f9a1c7e52")
        assert made == WebhookSeen("1", "Gateway order.created", "order.created", "active", url)
        assert shop.asked[0].body == rest("001")["request"]["body"] | {"name": "Ongoing WMS gateway: order.created"}

    async def test_one_is_put_right(self) -> None:
        url = "http://127.0.0.1:8777/webhooks/woocommerce"
        shop = scripted({"PUT webhooks/8": recorded("190")})
        found = await shop.client().repair("8", url, "s")
        assert found.modified_at == datetime(2026, 11, 21, 16, 27, 29, tzinfo=UTC)
        assert shop.asked[0].body == {"status": "active", "delivery_url": url, "secret": "s"}

    async def test_one_that_points_elsewhere_afterwards_is_said(self) -> None:
        with pytest.raises(Malformed, match="points to"):
            await scripted({"PUT webhooks/8": recorded("190")}).client().repair("8", URL, "s")

    async def test_one_is_deleted_for_good(self) -> None:
        """Without `force` the shop answers 501 (recorded: 191)."""
        shop = scripted({"DELETE webhooks/8": (200, {"id": 8})})
        await shop.client().delete_webhook("8")
        assert shop.asked[0].query == {"force": "true"}

    async def test_one_that_is_gone_is_gone(self) -> None:
        gone = (404, {"code": "woocommerce_rest_shop_webhook_invalid_id", "message": "Invalid ID."})
        await scripted({"DELETE webhooks/8": gone}).client().delete_webhook("8")
        with pytest.raises(NoSuchRecord):
            await scripted({"PUT webhooks/8": gone}).client().repair("8", URL, "s")

    async def test_a_topic_the_shop_does_not_know_is_a_final_no(self) -> None:
        with pytest.raises(Refused, match="topic is required and must be valid"):
            await scripted({"POST webhooks": recorded("192")}).client().register("order.published", URL, "s")

    async def test_all_are_read_as_recorded(self) -> None:
        shop = scripted({"GET webhooks": recorded("187")})
        found = await shop.client().webhooks()
        assert [(each.id, each.topic, each.status) for each in found] == [
            ("1", "order.created", "active"), ("8", "product.restored", "active"), ("3", "order.deleted", "active"),
        ]  # fmt: skip
        assert shop.asked[0].query == {"status": "all", "per_page": "100", "page": "1"}

    async def test_all_pages_are_read(self) -> None:
        many = [{"id": number, "topic": "order.created"} for number in range(1, 101)]
        shop = scripted({"GET webhooks": [(200, many), (200, [{"id": 101, "topic": "order.updated"}])]})
        assert len(await shop.client().webhooks()) == 101

    def test_old_versions_do_not_announce_what_is_restored(self) -> None:
        assert "order.restored" in scripted({}).client().webhook_topics()
        for old in ("wc/v1", "wc-api/v3", "wc-api/v2"):
            assert scripted({}, {"rest": old}).client().webhook_topics() == (
                "order.created", "order.updated", "order.deleted", "product.created", "product.updated", "product.deleted",
            )  # fmt: skip
