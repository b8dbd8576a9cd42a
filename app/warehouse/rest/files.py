"""The files of an order: documents that the warehouse prints, and the labels of the WMS. Upstream: `/orders/{id}/files`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.http import encode_query
from app.json_reading import Unreadable, required_id, text
from app.warehouse.rest.calls import OngoingCalls, Written


@dataclass(frozen=True)
class OrderFile:
    """One file of an order. `file_id` is the WMS's own."""

    file_id: int
    name: str
    mime_type: str
    data: bytes = field(repr=False)


def read_file(raw: Mapping[str, Any]) -> OrderFile:
    """Raises Unreadable without an id, or with data that is no base64."""
    try:
        data = base64.b64decode(text(raw, "fileDataBase64"))
    except binascii.Error as error:
        raise Unreadable("fileDataBase64 is not base64") from error
    return OrderFile(required_id(raw, "fileId"), text(raw, "fileName"), text(raw, "mimeType"), data)


class Files(OngoingCalls):
    """The files of one goods owner's orders."""

    async def order_files(self, order_id: int) -> tuple[OrderFile, ...]:
        """All of them, with what is in them: the WMS has no list without. Raises NoSuchRecord when there is no such order."""
        answer, call = await self._send("GET", f"orders/{order_id}/files")
        return tuple(self._read(read_file, row, answer, call) for row in self._rows(answer, call))

    async def put_order_file(self, order_id: int, name: str, mime_type: str, data: bytes) -> Written:
        """Creates the file, or replaces the one with this name: a repeat makes no second one."""
        body = {"mimeType": mime_type, "fileDataBase64": base64.b64encode(data).decode("ascii")}
        query = encode_query([("fileName", name)])
        return await self._write("PUT", f"orders/{order_id}/files?{query}", "fileId", body)
