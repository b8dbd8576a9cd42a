"""The webhooks that a shop has of us: one for each topic. What the shop refuses to make is to be made by hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.errors import LoginRefused, Malformed, NoSuchRecord, Refused
from app.integrations.kit.values.path_parts import part
from app.integrations.kit.webhook_plan import webhook_plan
from app.integrations.mystore.rest.calls import SYSTEM
from app.integrations.mystore.rest.lists import everything
from app.integrations.mystore.rest.resources import Resource, attributes, moment, resource_id
from app.integrations.mystore.shop import Shop
from app.integrations.protocol import WebhookAction, WebhookSeen
from app.json_reading import Body, text


class Hooks(Shop):
    """Implements `ManagesWebhooks`."""

    async def webhooks(self) -> tuple[WebhookSeen, ...]:
        """Page by page."""
        listed = await everything(self._calls, "webhooks", self._settings.page_size)
        return tuple(seen for each in listed if (seen := self._seen(each)) is not None)

    def webhook_plan(
        self, seen: Sequence[WebhookSeen], url: str, without_rights: Collection[str] = ()
    ) -> tuple[WebhookAction, ...]:
        return webhook_plan(seen, tuple(dict.fromkeys(self._settings.webhook_topics)), url, without_rights)

    async def register(self, topic: str, url: str, secret: str) -> WebhookSeen:
        """The shop may answer with the secret that it signs with. None is sent: the shop has no field for one."""
        body: Resource = {"type": "webhooks", "attributes": self._attributes(topic, url)}
        try:
            made = await self._calls.write("POST", "webhooks", body)
        except (Refused, LoginRefused) as error:
            message = f"{error.message}; make the webhook by hand: topic {topic}, address {url}"
            raise Refused(message, system=SYSTEM, call=error.call, status=error.status, answer=error.answer) from error
        return self._checked(made, "POST webhooks", topic, url)

    async def repair(self, webhook_id: str, url: str, secret: str) -> WebhookSeen:
        """Sets the address. The shop has no status of webhooks that is known, and no secret that could be written."""
        path = f"webhooks/{part(webhook_id)}"
        changes = {self._settings.webhook_url_attribute: url}
        made = await self._calls.write("PATCH", path, {"type": "webhooks", "id": webhook_id, "attributes": changes})
        return self._checked(made, f"PATCH {path}", text(attributes(made), self._settings.webhook_topic_attribute), url)

    async def delete_webhook(self, webhook_id: str) -> None:
        try:
            await self._calls.delete(f"webhooks/{part(webhook_id)}")
        except NoSuchRecord:
            return

    def _attributes(self, topic: str, url: str) -> dict[str, str]:
        return {self._settings.webhook_topic_attribute: topic, self._settings.webhook_url_attribute: url}

    def _checked(self, made: Body, call: str, topic: str, url: str) -> WebhookSeen:
        found = self._seen(made)
        if found is None:
            raise Malformed("the shop did not say under which id the webhook was written", system=SYSTEM, call=call)
        if found.delivery_url and found.delivery_url != url:
            raise Malformed(f"the webhook points to {found.delivery_url} instead of {url}", system=SYSTEM, call=call)
        return found

    def _seen(self, resource: Body) -> WebhookSeen | None:
        own, inside = resource_id(resource), attributes(resource)
        if own is None:
            return None
        return WebhookSeen(
            id=own,
            name="",
            topic=text(inside, self._settings.webhook_topic_attribute).strip().lower(),
            status=_status(inside),
            delivery_url=text(inside, self._settings.webhook_url_attribute),
            modified_at=moment(inside.get("updated_at"), self._settings.timezone),
            secret=text(inside, "secret"),
        )


def _status(inside: Body) -> str:
    """Where a shop says nothing of it, a webhook works."""
    status = text(inside, "status").strip().lower()
    return {"": "active", "1": "active", "0": "disabled"}.get(status, status)
