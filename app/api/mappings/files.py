"""The files of an order: attached to it in the WMS, listed and downloaded from there."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api.kit.auth import Admin, Reader, Syncer
from app.api.kit.pages import LARGEST_ID, NO_NUL, Id, Word
from app.api.kit.responses import problems
from app.api.mappings.resource import seen
from app.engine.operations import files
from app.given import Given
from app.warehouse.rest.files import OrderFile

router = APIRouter(prefix="/mappings", tags=["mappings"])

FileName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^/\\\x00-\x1f]+$")]
Address = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=NO_NUL)]
Data = Annotated[str, StringConstraints(min_length=1, max_length=960_000, pattern=NO_NUL)]
FileId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
_FILE: dict[str, Any] = {"id": 31, "name": "delivery-note.pdf", "mime_type": "application/pdf", "size": 48213}


class FileRequest(Given):
    """A file to attach: its address, or what is in it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"name": "delivery-note.pdf", "url": "https://shop.example/documents/5093.pdf"}},
    )

    name: FileName = Field(description="Its name in the WMS. A file of the order with this name is replaced.")
    url: Address | None = Field(None, description="Where it is, up to 5 MB. No redirect is followed.")
    data_base64: Data | None = Field(None, description="What is in it, as base64, up to 700 KB; in place of `url`.")
    mime_type: Word | None = Field(
        None, description="application/pdf, application/zpl, image/png, image/jpeg or text/plain. Default: as the address says."
    )


class FileView(BaseModel):
    """A file of an order, as the WMS has it."""

    model_config = ConfigDict(json_schema_extra={"example": _FILE})

    id: int = Field(description="The WMS's own.")
    name: str
    mime_type: str
    size: int = Field(description="In bytes.")


class FileList(BaseModel):
    """All files of an order: those that were attached, and the WMS's own labels."""

    items: list[FileView]


@router.get("/{mapping_id}/files", summary="List an order's files in the WMS", responses=problems(404, 409, 424))
async def list_files(caller: Reader, mapping_id: Id) -> FileList:
    """Documents that were attached, and labels that the WMS has made. They are read in the WMS now."""
    found = await files.listed(caller.gateway, await seen(caller, mapping_id))
    shown = [FileView(id=each.file_id, name=each.name, mime_type=each.mime_type, size=len(each.data)) for each in found]
    return FileList(items=shown)


@router.put("/{mapping_id}/files", summary="Attach a file to an order in the WMS", responses=problems(404, 409, 424))
async def attach_file(caller: Syncer, mapping_id: Id, body: FileRequest) -> FileView:
    """A delivery note, a return label, whatever is to lie in the parcel. It goes on the order in the WMS; one with the same name
    is replaced, so that a repeat makes no second file. The gateway keeps no copy."""
    given = files.Given(body.name, body.url, body.data_base64, body.mime_type)
    done = await files.attach(caller.gateway, await seen(caller, mapping_id), given)
    return FileView(id=done.file_id, name=done.name, mime_type=done.mime_type, size=done.size)


@router.get(
    "/{mapping_id}/files/{file_id}",
    summary="Download an order's file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"example": "%PDF-1.7"}}}, **problems(404, 409, 424)},
)
async def download_file(caller: Admin, mapping_id: Id, file_id: FileId) -> Response:
    """The file itself. A label names a person: it is for the right admin."""
    return download_of(await files.one(caller.gateway, await seen(caller, mapping_id), file_id))


def download_of(found: OrderFile) -> Response:
    """What a browser saves and never shows: whoever made the file may have written anything into it."""
    name = quote(found.name or str(found.file_id), safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "X-Content-Type-Options": "nosniff"}
    return Response(found.data, media_type="application/octet-stream", headers=headers)
