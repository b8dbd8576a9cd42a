"""The webhooks that a shop has of us: made, looked at and put right. Observed on WooCommerce 11.0.1.

A shop switches a webhook off with the seventh failure in a row, and switching it on again does not reset that count: so one
that is off is made anew. Ours are known by the last part of their address, the connection's own, so that a gateway that has moved
finds its webhooks again and never touches another's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.errors import Malformed, NoSuchRecord
from app.integrations.protocol import Fault, Mend, WebhookAction, WebhookSeen
from app.integrations.woocommerce.rest.calls import SYSTEM
from app.integrations.woocommerce.rest.dialect import Record
from app.integrations.woocommerce.rest.resources import moment
from app.integrations.woocommerce.shop import Shop
from app.integrations.woocommerce.writes.shipments import written_id
from app.json_reading import Body, identity, plain, text

_WORDS = {
    Fault.MISSING: "the shop has no webhook for {topic}",
    Fault.DISABLED: "the shop has switched webhook {id} ({topic}) off after failures; made anew, it counts from 0",
    Fault.PAUSED: "webhook {id} ({topic}) is paused in the shop",
    Fault.ELSEWHERE: "webhook {id} ({topic}) points to {url}",
    Fault.DUPLICATE: "webhook {id} is a second one for {topic}",
    Fault.WITHOUT_RIGHTS: "webhook {id} ({topic}) was made by somebody who may no longer see the records; made anew, it is ours",
    Fault.UNWANTED: "webhook {id} ({topic}) is not among the connection's topics",
}


class Hooks(Shop):
    """Implements `ManagesWebhooks`."""

    def webhook_topics(self) -> tuple[str, ...]:
        topics = dict.fromkeys(self._settings.webhook_topics)
        return tuple(each for each in topics if self._version.has_restored_topic or not each.endswith(".restored"))

    async def webhooks(self) -> tuple[WebhookSeen, ...]:
        """Page by page. The legacy API lists those that are switched off only when asked for them."""
        statuses = ("active", "paused", "disabled") if self._version.is_legacy else ("all",)
        found = [each for status in statuses for each in await self._list(status)]
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
        path = f"webhooks/{webhook_id}"
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
            await self._calls.delete(f"webhooks/{webhook_id}")
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


def webhook_plan(
    seen: Sequence[WebhookSeen], wanted: Sequence[str], url: str, without_rights: Collection[str] = ()
) -> tuple[WebhookAction, ...]:
    """What must be done so that every wanted topic reaches `url` once. Pure."""
    ours = [each for each in seen if _is_ours(each, url)]
    steps = [
        step for topic in wanted for step in _of_topic(topic, [each for each in ours if each.topic == topic], url, without_rights)
    ]
    return (*steps, *(_step(Mend.DELETE, Fault.UNWANTED, each.topic, each) for each in ours if each.topic not in wanted))


def _of_topic(topic: str, ours: Sequence[WebhookSeen], url: str, without_rights: Collection[str]) -> list[WebhookAction]:
    usable = sorted(
        (each for each in ours if each.status != "disabled" and each.id not in without_rights),
        key=lambda each: (each.delivery_url != url, each.status != "active", int(each.id or 0)),
    )
    spent = [each for each in ours if each not in usable]
    steps = [] if usable else [_step(Mend.REGISTER, _why(spent, without_rights), topic, next(iter(spent), None))]
    if usable and usable[0].delivery_url != url:
        steps.append(_step(Mend.REPAIR, Fault.ELSEWHERE, topic, usable[0]))
    elif usable and usable[0].status != "active":
        steps.append(_step(Mend.REPAIR, Fault.PAUSED, topic, usable[0]))
    steps += [_step(Mend.DELETE, _why([each], without_rights), topic, each) for each in spent]
    return steps + [_step(Mend.DELETE, Fault.DUPLICATE, topic, each) for each in usable[1:]]


def _why(spent: Sequence[WebhookSeen], without_rights: Collection[str]) -> Fault:
    if not spent:
        return Fault.MISSING
    return Fault.WITHOUT_RIGHTS if spent[0].id in without_rights else Fault.DISABLED


def _step(mend: Mend, fault: Fault, topic: str, about: WebhookSeen | None) -> WebhookAction:
    message = _WORDS[fault].format(topic=topic, id=about.id if about else "", url=about.delivery_url if about else "")
    return WebhookAction(mend, fault, topic, None if mend is Mend.REGISTER or about is None else about.id, message)


def _is_ours(webhook: WebhookSeen, url: str) -> bool:
    return _own_part(webhook.delivery_url) == _own_part(url) != ""


def _own_part(url: str) -> str:
    """The unguessable id at the end of the address, whatever host stands before it."""
    return url.strip().split("?", 1)[0].rstrip("/").rpartition("/")[2]
