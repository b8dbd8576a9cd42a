"""Files of an order: attached in the WMS once by name, listed and given; whatever system the order comes from."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.engine.operations import files
from app.sandbox.ongoing.model.records import OrderFile
from tests.api.calling import Site
from tests.harness.servers import serve
from tests.longwork.shops import SHOPS, connect, sync

PDF = b"%PDF-1.7 a delivery note"


def sent(data: bytes, mime_type: str = "application/pdf") -> dict[str, Any]:
    return {"name": "note.pdf", "data_base64": base64.b64encode(data).decode(), "mime_type": mime_type}


async def order_in_warehouse(site: Site, system: str) -> tuple[str, str]:
    """Its number, and the address of its files."""
    shop = SHOPS[system](site)
    shop.product("SOKK-1", 7)
    number = shop.order("SOKK-1")
    await connect(site, shop, processes={"stock": False})
    await sync(site, "articles", "orders", full=True)
    return number, f"/mappings/{(await site.explained(number, kind='order'))['id']}/files"


@pytest.mark.parametrize("system", SHOPS)
async def test_a_file_is_attached_once_by_its_name_and_given_back(site: Site, system: str) -> None:
    number, path = await order_in_warehouse(site, system)
    for data in (PDF, PDF + b", changed"):
        put = await site.client.put(path, json=sent(data))
        assert put.status_code == 200, put.text
    there = site.warehouse.order(number)
    assert there is not None
    assert [(each.name, base64.b64decode(each.data)) for each in there.files] == [("note.pdf", PDF + b", changed")]
    there.files.append(OrderFile(90, "label-1.zpl", "application/zpl", base64.b64encode(b"^XA^XZ").decode()))
    listed = (await site.client.get(path)).json()["items"]
    assert [(each["name"], each["size"]) for each in listed] == [("note.pdf", len(PDF) + 9), ("label-1.zpl", 6)]
    label = await site.client.get(f"{path}/90")
    assert (label.content, label.headers["Content-Disposition"]) == (b"^XA^XZ", "attachment; filename*=UTF-8''label-1.zpl")
    assert (await site.client.get(f"{path}/91")).status_code == 404


async def test_a_file_is_fetched_from_its_address(site: Site) -> None:
    number, path = await order_in_warehouse(site, "woocommerce")

    async def document(request: Request) -> Response:
        return Response(PDF, media_type="application/pdf")

    async def elsewhere(request: Request) -> Response:
        return RedirectResponse("/documents/1.pdf")

    app = Starlette(routes=[Route("/documents/1.pdf", document), Route("/moved.pdf", elsewhere)])
    server = serve("documents", app)
    put = await site.client.put(path, json={"name": "1.pdf", "url": f"{server.url}/documents/1.pdf"})
    assert (put.status_code, put.json()["size"]) == (200, len(PDF)), put.text
    moved = await site.client.put(path, json={"name": "1.pdf", "url": f"{server.url}/moved.pdf"})
    assert (moved.status_code, "answered 307" in moved.text) == (422, True), moved.text
    there = site.warehouse.order(number)
    assert there is not None
    assert [base64.b64decode(each.data) for each in there.files] == [PDF]


async def test_what_cannot_be_attached_is_said(site: Site) -> None:
    number, path = await order_in_warehouse(site, "woocommerce")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": "a.pdf"}, "url"),
        (sent(b"<html>log in</html>"), "mime_type"),
        (sent(PDF, "application/x-msdownload"), "mime_type"),
        ({**sent(PDF), "url": "https://shop.example/a.pdf"}, "url"),
        ({"name": "a.pdf", "url": "ftp://shop.example/a.pdf"}, "url"),
        ({"name": "a.pdf", "url": f"{site.shop.url}/nothing-here.pdf", "mime_type": "application/pdf"}, "url"),
        ({**sent(PDF), "name": "../a.pdf"}, "name"),
    ]
    for body, field in wrong:
        answer = await site.client.put(path, json=body)
        assert (answer.status_code, field in answer.text) == (422, True), answer.text
    there = site.warehouse.order(number)
    assert there is not None
    assert there.files == []
    reader = await site.door.caller("read")
    assert (await reader.get(path)).status_code == 200
    assert (await reader.put(path, json=sent(PDF))).status_code == 403
    assert (await reader.get(f"{path}/1")).status_code == 403


async def test_a_larger_file_is_not_read_to_its_end(site: Site) -> None:
    number, path = await order_in_warehouse(site, "woocommerce")
    large, sent_in_all = b"%PDF-" + b"x" * files.MOST_BYTES, b", ".join([b"{[" * 100] * 4000)

    async def document(request: Request) -> Response:
        return Response(large if request.url.path == "/large.pdf" else sent_in_all, media_type="text/plain")

    server = serve("documents", Starlette(routes=[Route("/{name}", document)]))
    put = await site.client.put(path, json={"name": "1.pdf", "url": f"{server.url}/large.pdf", "mime_type": "application/pdf"})
    assert (put.status_code, "larger than 5 MB" in put.text) == (422, True), put.text
    put = await site.client.put(path, json={"name": "1.txt", "url": f"{server.url}/brackets.txt"})
    assert (put.status_code, put.json()["size"]) == (200, len(sent_in_all)), put.text
    there = site.warehouse.order(number)
    assert there is not None
    assert [each.name for each in there.files] == ["1.txt"]


async def test_nothing_is_attached_while_the_lane_is_paused(site: Site) -> None:
    number, path = await order_in_warehouse(site, "woocommerce")
    lane = (await site.lane())["id"]
    assert (await site.client.post(f"/lanes/{lane}/pause", json={"reason": "stock-taking"})).status_code == 200
    put = await site.client.put(path, json=sent(PDF))
    assert (put.status_code, "paused" in put.text) == (409, True), put.text
    assert (await site.client.post(f"/lanes/{lane}/resume")).status_code == 200
    assert (await site.client.put(path, json=sent(PDF))).status_code == 200
    there = site.warehouse.order(number)
    assert there is not None
    assert len(there.files) == 1
