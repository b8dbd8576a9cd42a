"""Files of one order. The gateway keeps none of them: they are in the WMS, and are read there each time."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import select

from app.domain import Kind
from app.engine.core import leases
from app.engine.core.queue import Task
from app.engine.core.runtime import Gateway
from app.errors import BadInput, Conflict, NoSuchRecord, NotFound, RemoteError, TooLarge
from app.http import CallLimits, fetch
from app.outgoing.addresses import check_address, plain_address
from app.records import mappings
from app.records.connections import Connection, Status
from app.records.mappings import Mapping, Note
from app.storage.audit.changes import Change, note
from app.storage.tables import lanes
from app.warehouse.rest.files import OrderFile

MOST_BYTES = 5 * 1024 * 1024
"""Largest file that is fetched from an address."""
MOST_SENT = 700 * 1024
"""Largest file that can be sent with the call itself, in bytes: as base64 it fits the largest body that the API takes."""
TYPES = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "text/plain": (),
    "application/zpl": (b"^XA", b"~", b"CT~"),
}
"""What may be attached, and how such a file begins. A page of HTML, say of a login, is never taken for a document."""
FETCH_SECONDS = 20.0
LANE_SECONDS = 15.0
"""How long a write waits for its turn in the goods owner's lane."""
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Given:
    """A file to attach: its name in the WMS, and either an address or what is in it (base64). `mime_type` None: as the address
    says."""

    name: str
    url: str | None = None
    data: str | None = None
    mime_type: str | None = None


@dataclass(frozen=True)
class Attached:
    """A file that the WMS has now. `size` in bytes."""

    file_id: int
    name: str
    mime_type: str
    size: int


async def listed(gateway: Gateway, mapping: Mapping) -> tuple[OrderFile, ...]:
    """What the WMS has of the order: what was attached, and its own labels. Raises Conflict, NotFound, RemoteError."""
    connection = await gateway.connection_now(mapping.connection_id)
    try:
        return await gateway.warehouse(connection).order_files(_wms_id(mapping))
    except NoSuchRecord as error:
        raise _gone(mapping) from error


async def one(gateway: Gateway, mapping: Mapping, file_id: int) -> OrderFile:
    """Raises NotFound too when the order has no such file."""
    found = next((each for each in await listed(gateway, mapping) if each.file_id == file_id), None)
    if found is None:
        raise NotFound(f"order {mapping.number} has no file {file_id}", field="file_id", fix="list its files")
    return found


async def attach(gateway: Gateway, mapping: Mapping, given: Given) -> Attached:
    """Puts the file on the order in the WMS. One with the same name is replaced. Raises BadInput, Conflict, RemoteError."""
    order_id, connection = _wms_id(mapping), await gateway.connection_now(mapping.connection_id)
    if connection.status is not Status.ACTIVE:
        fix = f"POST /connections/{connection.name}/activate, or /resume"
        raise Conflict(f"{connection.name} is {connection.status.value}", field="connection", fix=fix)
    data, mime_type = await _content(gateway, given)
    async with _turn(gateway, connection):
        try:
            written = await gateway.warehouse(connection).put_order_file(order_id, given.name, mime_type, data)
        except NoSuchRecord as error:
            raise _gone(mapping) from error
    attached = Attached(written.id, given.name, mime_type, len(data))
    now = gateway.clock()
    async with gateway.database.begin() as db:
        words = f"The file {given.name} was attached in the WMS ({mime_type}, {len(data)} bytes)"
        await mappings.note(db, mapping.id, now, Note("file-attached", words))
        note(db, f"order {mapping.number}", (Change("file", None, given.name),), connection_ids=(connection.id,))
    return attached


def _wms_id(mapping: Mapping) -> int:
    if mapping.kind != Kind.ORDER:
        raise Conflict(f"{mapping.number} is no order", field="mapping_id", fix="give an order: only orders have files here")
    if mapping.wms_id is None:
        raise Conflict(
            f"order {mapping.source_number or mapping.source_id} is not in the WMS yet",
            field="mapping_id",
            fix="attach the file once it is there",
        )
    return mapping.wms_id


def _gone(mapping: Mapping) -> NotFound:
    return NotFound(f"the WMS has order {mapping.number} no longer", field="mapping_id", fix="look for it in the WMS")


# --- what is in the file ------------------------------------------------------------------------------------------------


async def _content(gateway: Gateway, given: Given) -> tuple[bytes, str]:
    if (given.url is None) == (given.data is None):
        raise BadInput("give either url or data_base64", field="url", fix="give the address of the file, or what is in it")
    if given.url is not None:
        data, said = await _fetched(gateway, given.url)
    else:
        data, said = _decoded(given.data or ""), ""
    mime_type = (given.mime_type or said).split(";")[0].strip().lower()
    if mime_type not in TYPES:
        known = ", ".join(sorted(TYPES))
        words = f"{mime_type or 'no type'} cannot be attached"
        raise BadInput(words, field="mime_type", fix=f"give one of {known}")
    begins = TYPES[mime_type]
    if not data or (begins and not data.startswith(begins)):
        raise BadInput(f"the file is no {mime_type}", field="mime_type", fix="give the type that the file has")
    return data, mime_type


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("data_base64 is not base64", field="data_base64", fix="encode the file as base64") from error
    if len(data) > MOST_SENT:
        fix = "give its address (url) instead"
        raise BadInput(f"the file is larger than {MOST_SENT // 1024} KB", field="data_base64", fix=fix)
    return data


async def _fetched(gateway: Gateway, url: str) -> tuple[bytes, str]:
    """What is at the address, and of which type it says that is. No redirect is followed."""
    try:
        address = plain_address(url)
    except ValueError as error:
        raise BadInput(f"url: {error}", field="url", fix="give the address of the file") from error
    check_address(address, gateway.settings.reach, "url")
    request = gateway.http.build_request("GET", address, headers={"Accept": ", ".join(TYPES)})
    try:
        answer = await fetch(gateway.http, request, CallLimits("the file's address", FETCH_SECONDS, MOST_BYTES))
    except TooLarge as error:
        words = f"the file is larger than {MOST_BYTES // 1024 // 1024} MB"
        raise BadInput(words, field="url", fix="attach a smaller one") from error
    except RemoteError as error:
        raise BadInput(f"the file cannot be fetched: {error.message}", field="url", fix="try the address in a browser") from error
    if answer.status != 200:
        raise BadInput(f"the file's address answered {answer.status}", field="url", fix="give the address of the file itself")
    return answer.content, answer.headers.get("Content-Type", "")


# --- one write at a time --------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _turn(gateway: Gateway, connection: Connection) -> AsyncIterator[None]:
    """Holds the goods owner's lane meanwhile: one writes to the WMS at a time. Raises Conflict when it is paused or busy."""
    async with gateway.database.read() as db:
        if await db.scalar(select(lanes.c.paused).where(lanes.c.key == connection.lane)):
            raise Conflict("the goods owner's lane is paused", field="connection", fix="resume the lane, then try again")
    ends = asyncio.get_running_loop().time() + LANE_SECONDS
    longest = connection.settings.warehouse.call_timeout_seconds * leases.LEASE_PER_CALL
    seconds = max(gateway.settings.lease_seconds, longest)
    lease = await leases.acquire(gateway.database, connection.lane, seconds)
    while lease is None and asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(LOOK_SECONDS)
        lease = await leases.acquire(gateway.database, connection.lane, seconds)
    if lease is None:
        raise Conflict(
            "the goods owner's lane is busy", field="connection", fix="try again in a minute: a repeat makes no second file"
        )
    try:
        yield
    finally:
        await leases.release(gateway.database, lease)
        await gateway.wake_ups.send(Task.DRAIN, connection.lane)
