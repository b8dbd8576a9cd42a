"""The page of lanes. A lane is one goods owner's way into the WMS, or one shop's way back."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from pydantic import StringConstraints
from starlette.responses import Response

from app.api.queue import lanes as over_rest
from app.console.kit.console import Console
from app.console.kit.page import Page
from app.domain import Right
from app.engine.operations import lanes
from app.given import Given
from app.web.texts import Text

LANES = "/console/lanes"


class Pause(Given):
    """The form. The reason is shown with everything that waits for the lane."""

    reason: Annotated[str, StringConstraints(max_length=500)] = "paused by an operator"


def register(console: Console) -> None:
    console.get(LANES, lanes_page)
    console.post(f"{LANES}/{{lane_id}}/pause", pause, right=Right.ADMIN, back=LANES)
    console.post(f"{LANES}/{{lane_id}}/resume", resume, right=Right.ADMIN, back=LANES)


async def lanes_page(page: Page) -> Response:
    found = [lane for lane in await lanes.every(page.gateway) if over_rest.is_seen(page.viewer, lane)]
    waiting: Counter[str] = Counter()
    for lane in found:
        waiting.update({name: many for name, many in lane.waiting.items() if many})
    return page.render(
        "lanes/list.html",
        lanes=found,
        waiting=waiting.most_common(),
        oldest=min((lane.oldest for lane in found if lane.oldest is not None), default=None),
        now=page.gateway.clock(),
    )


async def pause(page: Page) -> Response:
    lane = await over_rest.seen(page.viewer, page.path["lane_id"])
    await lanes.pause_lane(page.gateway, lane, page.given(Pause).reason)
    return page.done(LANES, Text("The lane is paused. What has begun is finished; nothing new is sent until it is resumed."))


async def resume(page: Page) -> Response:
    lane = await over_rest.seen(page.viewer, page.path["lane_id"])
    await lanes.resume_lane(page.gateway, lane)
    return page.done(LANES, Text("The lane goes on. What has waited is sent now."))
