"""Pages are read as a browser reads them: what stands in a form is sent, and the button that was pressed."""

from __future__ import annotations

from urllib.parse import parse_qsl

import httpx
import pytest

from app.demo.mystore.visitor import PageIsAnother, Visitor

PAGE = """
<title>Connect</title><form method="get" action="/language"><button name="lang" value="nb">Norsk</button></form>
<form method="post" action="start?x=1"><input type="hidden" name="csrf" value="a&amp;b"><input name="url">
<input name="name" value="shop"><input type="checkbox" name="processes" value="orders" checked>
<input type="checkbox" name="processes" value="stock"><input type="checkbox" name="agreed">
<textarea name="note">two
lines &amp; more</textarea><select name="status"><option value="">none</option><option value="3" selected>Sendt</option></select>
<select name="other"><option value="1">one</option><option value="2">two</option></select>
<button name="action" value="save">Save</button><button>Go
  on</button></form>
"""


def visitor(sent: list[httpx.Request]) -> Visitor:
    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if request.url.path == "/oauth/start" and request.method == "POST":
            return httpx.Response(303, headers={"Location": "/oauth/settings"})
        return httpx.Response(200, html=PAGE)

    return Visitor(httpx.AsyncClient(transport=httpx.MockTransport(answer), follow_redirects=True))


async def test_a_form_is_sent_with_what_stands_in_it() -> None:
    sent: list[httpx.Request] = []
    async with visitor(sent) as person:
        await person.opens("http://gateway.test/oauth/start")
        await person.types("action=save", ("processes", "stock"), url="https://wms.test/")
        assert (person.status, person.url) == (200, "http://gateway.test/oauth/settings")
        assert person.came_by == ["http://gateway.test/oauth/start?x=1"]
    assert str(sent[1].url) == "http://gateway.test/oauth/start?x=1"
    assert sorted(parse_qsl(sent[1].content.decode(), keep_blank_values=True)) == [
        ("action", "save"),
        ("csrf", "a&b"),
        ("name", "shop"),
        ("note", "two\nlines & more"),
        ("other", "1"),
        ("processes", "orders"),
        ("processes", "stock"),
        ("status", "3"),
        ("url", "https://wms.test/"),
    ]


async def test_a_button_is_told_by_its_words_too_and_sends_nothing_without_a_name() -> None:
    sent: list[httpx.Request] = []
    async with visitor(sent) as person:
        await person.opens("http://gateway.test/oauth/start")
        assert person.boxes("processes") == [("processes", "stock")]
        await person.types("Go on")
    assert "action" not in dict(parse_qsl(sent[1].content.decode()))


@pytest.mark.parametrize(("button", "typed"), [("Delete", {}), ("Go on", {"password": "x"})])
async def test_another_page_is_not_filled_in(button: str, typed: dict[str, str]) -> None:
    async with visitor([]) as person:
        await person.opens("http://gateway.test/oauth/start")
        with pytest.raises(PageIsAnother):
            await person.types(button, **typed)
