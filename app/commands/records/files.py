"""`gateway files …`: the files of an order in the WMS."""

from __future__ import annotations

import base64
import mimetypes
from pathlib import Path
from typing import Annotated

import typer

from app.commands.kit.remote import DEFAULT_URL, ApiKey, Url, connect
from app.commands.kit.terminal import AsJson, fail, out, print_json, table
from app.commands.records.settling import Kind, Number, OfConnection, chosen

app = typer.Typer(no_args_is_help=True, help="Files of an order in the WMS: documents that were attached, and labels.")
COLUMNS = {"Id": "id", "Name": "name", "Type": "mime_type", "Bytes": "size"}
MOST_SENT = 700 * 1024


def register(app_of_all: typer.Typer, panel: str) -> None:
    app_of_all.add_typer(app, name="files", rich_help_panel=panel)


@app.command("list")
def show_all(
    number: Number, connection: OfConnection = None, url: Url = DEFAULT_URL, api_key: ApiKey = None, as_json: AsJson = False
) -> None:
    """List an order's files: those that were attached, and the labels that the WMS has made."""
    remote = connect(url, api_key)
    found = remote.get(f"/mappings/{chosen(remote, number, connection, Kind.ORDER)['id']}/files")
    if as_json:
        print_json(found)
    else:
        table(found["items"], COLUMNS, f"Files of order {number}")


@app.command("attach")
def attach(
    number: Number,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="A file of this machine, up to 700 KB.")] = None,
    address: Annotated[str | None, typer.Option("--from", metavar="URL", help="Where the file is, up to 5 MB.")] = None,
    name: Annotated[str | None, typer.Option(help="Its name in the WMS. Default: the file's own.", show_default=False)] = None,
    mime_type: Annotated[
        str | None, typer.Option("--type", help="Its type, like application/pdf. Default: by its name.", show_default=False)
    ] = None,
    connection: OfConnection = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    as_json: AsJson = False,
) -> None:
    """Attach a file to an order in the WMS. One with the same name is replaced."""
    if (file is None) == (address is None):
        fail("a file is given with --file or with --from", "give one of the two")
    body = {"name": name or (file.name if file is not None else name_in(address or ""))}
    if file is not None:
        data = file.read_bytes()
        if len(data) > MOST_SENT:
            fail(f"{file} is larger than {MOST_SENT // 1024} KB", "give its address with --from")
        body["data_base64"] = base64.b64encode(data).decode("ascii")
        mime_type = mime_type or mimetypes.guess_type(file.name)[0]
    else:
        body["url"] = address or ""
    if mime_type:
        body["mime_type"] = mime_type
    remote = connect(url, api_key)
    record = chosen(remote, number, connection, Kind.ORDER)
    done = remote.call("PUT", f"/mappings/{record['id']}/files", json=body)
    if as_json:
        print_json(done)
    else:
        out().print(f"{done['name']} is on order {number} in the WMS ({done['size']} bytes).", markup=False)


def name_in(address: str) -> str:
    """The file's name in its address, without what follows it there: that may be a key to the file."""
    return address.partition("#")[0].partition("?")[0].rstrip("/").rpartition("/")[2]


@app.command("get")
def get(
    number: Number,
    file_id: Annotated[int, typer.Argument(metavar="ID", min=1, help="Its id, as the list shows it.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where it is written.")],
    connection: OfConnection = None,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Write one of an order's files, a label say, into a file of this machine."""
    remote = connect(url, api_key)
    record = chosen(remote, number, connection, Kind.ORDER)
    answer = remote.send("GET", f"/mappings/{record['id']}/files/{file_id}")
    if answer.status_code != 200:
        fail(f"the gateway answered {answer.status_code}: {answer.text[:300]}", "look at the list: gateway files list")
    to.write_bytes(answer.content)
    out().print(f"Written: {to}", markup=False)
