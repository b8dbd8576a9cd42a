"""Lanes: one goods owner or one shop each, one write at a time."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.kit.auth import Admin, Caller, Reader
from app.api.kit.pages import Name, Prose
from app.api.kit.responses import problems
from app.engine.operations import lanes
from app.engine.operations.lanes import Lane

router = APIRouter(prefix="/lanes", tags=["lanes"])


class BlockedView(BaseModel):
    """A method of the WMS that failed several times in a row. After too many failures it is not called until `until`."""

    call: str
    failures: int
    until: datetime | None
    error: str | None


class LaneView(BaseModel):
    """One lane."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "lane_5c1f0a9be2d4",
                "key": "api.ongoingsystems.se/acme/api/v1#77",
                "connections": ["nettbutikk"],
                "paused": False,
                "pause_reason": None,
                "waiting": {"cancellations": 0, "orders": 3, "articles": 120},
                "states": {"waiting": 123, "parked": 1, "running": 1, "held": 2, "dead": 0},
                "oldest": "2026-11-21T09:28:40Z",
                "worked_on": True,
                "lease_until": "2026-11-21T09:30:45Z",
                "blocked": [],
            }
        }
    )

    id: str = Field(description="The id to use in addresses instead of the key.")
    key: str = Field(description="Address of the WMS and goods owner. For reports to a shop: `shop:` and the connection's id.")
    connections: list[str]
    paused: bool
    pause_reason: str | None
    waiting: dict[str, int] = Field(description="Number of waiting jobs by class: cancellations, orders, articles …")
    states: dict[str, int] = Field(description="Number of jobs by state, without those that are done.")
    oldest: datetime | None = Field(description="When the job that has waited longest became ready.")
    worked_on: bool
    lease_until: datetime | None
    blocked: list[BlockedView]


class LaneList(BaseModel):
    """All lanes."""

    items: list[LaneView]
    next_cursor: None = None


class Pause(BaseModel):
    """Why the lane is paused. The reason is shown with everything that waits for the lane."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "The warehouse is counting its stock"}})

    reason: Prose = "paused by an operator"


def is_seen(caller: Caller, lane: Lane) -> bool:
    """A lane shared with a foreign connection needs a key without a limit."""
    return caller.key.connection_ids is None or (bool(lane.connection_ids) and all(map(caller.key.sees, lane.connection_ids)))


async def seen(caller: Caller, lane_id: str) -> Lane:
    """Raises NotFound, also for a lane that the key may not see."""
    lane = await lanes.find(caller.gateway, lane_id)
    if not is_seen(caller, lane):
        raise lanes.no_lane(lane_id)
    return lane


async def _view(caller: Caller, lane_id: str) -> LaneView:
    return LaneView.model_validate(await lanes.find(caller.gateway, lane_id), from_attributes=True)


@router.get("", summary="List lanes", responses=problems())
async def list_lanes(caller: Reader) -> LaneList:
    """Shows what waits in each lane and for how long, whether a worker has it, and what blocks it."""
    found = [lane for lane in await lanes.every(caller.gateway) if is_seen(caller, lane)]
    return LaneList(items=[LaneView.model_validate(lane, from_attributes=True) for lane in found])


@router.post("/{lane_id}/pause", summary="Pause a lane", responses=problems(404))
async def pause_lane(caller: Admin, lane_id: Name, body: Pause | None = None) -> LaneView:
    """Nothing new is sent. A call that has begun is finished. Webhooks are still taken in, and shops are still read."""
    lane = await seen(caller, lane_id)
    await lanes.pause_lane(caller.gateway, lane, (body or Pause()).reason)
    return await _view(caller, lane_id)


@router.post("/{lane_id}/resume", summary="Resume a lane", responses=problems(404))
async def resume_lane(caller: Admin, lane_id: Name) -> LaneView:
    lane = await seen(caller, lane_id)
    await lanes.resume_lane(caller.gateway, lane)
    return await _view(caller, lane_id)
