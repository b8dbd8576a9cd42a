"""The webhooks that a shop has of us: made, looked at and put right. Observed on WooCommerce 11.0.1.

A shop switches a webhook off with the seventh failure in a row, and switching it on again does not reset that count: so one
that is off is made anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.errors import Malformed, NoSuchRecord
from app.integrations.kit.values.path_parts import part
from app.integrations.kit.webhook_plan import webhook_plan
from app.integrations.protocol import WebhookAction, WebhookSeen
from app.integrations.woocommerce.rest.calls import SYSTEM
from app.integrations.woocommerce.rest.dialect import Record
from app.integrations.woocommerce.rest.resources import moment
from app.integrations.woocommerce.shop import Shop
from app.integrations.woocommerce.writes.shipments import written_id
from app.json_reading import Body, identity, plain, text


class Hooks(Shop):
    """Implements `ManagesWebhooks`."""

    def webhook_topics(self) -> tuple[str, ...]:
        topics = dict.fromkeys(self._settings.webhook_topics)
        return tuple(each for each in topics if self._version.has_restored_topic or not each.endswith(".restored"))

    async def webhooks(self) -> tuple[WebhookSeen, ...]:
        """Page by page."""
        found = [each for status in self._calls.dialect.webhook_statuses for each in await self._list(status)]
        return tuple({each.id: each for each in found}.values())

    async def _list(self, status: str) -> list[WebhookSeen]:
        found: list[WebhookSeen] = []
        for page in range(1, 100):
            params = [("status", status), ("per_page", "100"), ("page", str(page))]
            listed = await self._calls.listed("webhooks", params)
            found += [_seen(each) for each in listed]
            if len(listed) < 100:
                break
        return found

    def webhook_plan(
        self, seen: Sequence[WebhookSeen], url: str, without_rights: Collection[str] = ()
    ) -> tuple[WebhookAction, ...]:
        return webhook_plan(seen, self.webhook_topics(), url, without_rights)

    async def register(self, topic: str, url: str, secret: str) -> WebhookSeen:
        body: Record = {"name": f"Ongoing WMS gateway: {topic}", "topic": topic, "delivery_url": url, "secret": secret}
        return self._checked(await self._calls.write("POST", "webhooks", body), "POST webhooks", url)

    async def repair(self, webhook_id: str, url: str, secret: str) -> WebhookSeen:
        path = f"webhooks/{part(webhook_id)}"
        body: Record = {"status": "active", "delivery_url": url, "secret": secret}
        return self._checked(await self._calls.write("PUT", path, body), f"PUT {path}", url)

    def _checked(self, answer: Body, call: str, url: str) -> WebhookSeen:
        written_id(answer.get("id"), call)
        found = _seen(answer)
        if found.delivery_url != url:
            raise Malformed(f"the webhook points to {found.delivery_url} instead of {url}", system=SYSTEM, call=call)
        return found

    async def delete_webhook(self, webhook_id: str) -> None:
        try:
            await self._calls.delete(f"webhooks/{part(webhook_id)}")
        except NoSuchRecord:
            return


def _seen(body: Body) -> WebhookSeen:
    return WebhookSeen(
        id=identity(body.get("id")) or "",
        name=plain(body, "name"),
        topic=text(body, "topic"),
        status=text(body, "status"),
        delivery_url=text(body, "delivery_url"),
        modified_at=moment(body.get("date_modified_gmt")),
    )
