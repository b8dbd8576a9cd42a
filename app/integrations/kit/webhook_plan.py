"""How the webhooks that a shop has of us are put right: what must be done so that every wanted topic reaches us once. Pure.

Ours are known by the last part of their address, the connection's own, so that a gateway that has moved finds its webhooks again
and never touches another's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.integrations.protocol import Fault, Mend, WebhookAction, WebhookSeen

_WORDS = {
    Fault.MISSING: "the shop has no webhook for {topic}",
    Fault.DISABLED: "webhook {id} ({topic}) was switched off in the shop, by hand or after failures; made anew, it counts from 0",
    Fault.PAUSED: "webhook {id} ({topic}) is paused in the shop",
    Fault.ELSEWHERE: "webhook {id} ({topic}) points to {url}",
    Fault.DUPLICATE: "webhook {id} is a second one for {topic}",
    Fault.WITHOUT_RIGHTS: "webhook {id} ({topic}) was made by somebody who may no longer see the records; made anew, it is ours",
    Fault.UNWANTED: "webhook {id} ({topic}) is not among the connection's topics",
}


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
