"""A person in front of a browser without a screen: pages are read for their forms, and forms are sent as a browser sends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx

from app.errors import GatewayError

TIMEOUT_SECONDS = 60.0
_UNSENT = ("submit", "button", "reset", "image", "file")


class PageIsAnother(GatewayError):
    """The page is not the one that the person waits for."""


@dataclass
class Button:
    """One that sends its form. `name` empty: nothing of it is sent."""

    name: str
    value: str
    text: str = ""


@dataclass
class PageForm:
    """A form as the page has it: its fields with what stands in them, in their order, and its buttons."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    unticked: set[tuple[str, str]] = field(default_factory=set)
    buttons: list[Button] = field(default_factory=list)

    def knows(self, name: str) -> bool:
        return any(name == each for each, _ in (*self.fields, *self.unticked))


class _Reader(HTMLParser):
    """Finds the forms of a page, and its words."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.words: list[str] = []
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._button: Button | None = None
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(PageForm(given.get("action", "")))
        elif not self.forms:
            return
        elif tag == "input":
            self._input(given)
        elif tag == "select":
            self._select, self._options = given.get("name", ""), []
        elif tag == "option":
            self._options.append((given.get("value", ""), "selected" in given))
        elif tag == "textarea":
            self._area = (given.get("name", ""), [])
        elif tag == "button":
            self._button = Button(given.get("name", ""), given.get("value", ""))
            self.forms[-1].buttons.append(self._button)

    def _input(self, given: dict[str, str]) -> None:
        name, kind, form = given.get("name", ""), given.get("type", "text"), self.forms[-1]
        if not name or kind in _UNSENT:
            return
        if kind in ("checkbox", "radio"):
            one = (name, given.get("value", "on"))
            form.fields.append(one) if "checked" in given else form.unticked.add(one)
        else:
            form.fields.append((name, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            chosen = [value for value, is_chosen in self._options if is_chosen] or [value for value, _ in self._options[:1]]
            self.forms[-1].fields += [(self._select, value) for value in chosen]
            self._select = None
        elif tag == "textarea" and self._area is not None:
            name, lines = self._area
            self.forms[-1].fields += [(name, "".join(lines))] if name else []
            self._area = None
        elif tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)
            return
        self.words.append(data)
        if self._button is not None:
            self._button.text += data


@dataclass
class Visitor:
    """One browser, with cookies of its own. `status`, `url`, `text` and `forms` are those of the page it is on."""

    http: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(trust_env=False, follow_redirects=True, timeout=TIMEOUT_SECONDS)
    )
    status: int = 0
    url: str = ""
    text: str = ""
    forms: list[PageForm] = field(default_factory=list)
    came_by: list[str] = field(default_factory=list)
    """The addresses that led here, each of which sent the browser on."""

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.http.aclose()

    async def opens(self, url: str) -> None:
        self._see(await self.http.get(url))

    async def types(self, button: str, *ticks: tuple[str, str], **typed: str) -> None:
        """Fills in the form with that button, ticks further boxes, and presses the button, which is told by its name and value
        (`decision=allow`) or by its words. Raises PageIsAnother."""
        form, pressed = self._with_button(button)
        missing = [name for name in (*typed, *(name for name, _ in ticks)) if not form.knows(name)]
        if missing:
            raise PageIsAnother(f"{self.url} has no field {missing[0]}")
        sent = [(name, typed.get(name, value)) for name, value in form.fields]
        sent += ticks
        if pressed.name:
            sent.append((pressed.name, pressed.value))
        body: dict[str, list[str]] = {}
        for name, value in sent:
            body.setdefault(name, []).append(value)
        self._see(await self.http.post(str(httpx.URL(self.url).join(form.action)), data=body))

    def boxes(self, name: str) -> list[tuple[str, str]]:
        """The boxes of that name, and of the names beneath it (`settings.processes.stock`), that are not ticked."""
        return sorted(box for form in self.forms for box in form.unticked if f"{box[0]}.".startswith(f"{name}."))

    def _with_button(self, button: str) -> tuple[PageForm, Button]:
        for form in self.forms:
            for each in form.buttons:
                if button in (f"{each.name}={each.value}", " ".join(each.text.split())):
                    return form, each
        raise PageIsAnother(f"{self.url} ({self.status}) has no button {button}: {' '.join(self.text.split())[:500]}")

    def _see(self, answer: httpx.Response) -> None:
        reader = _Reader()
        reader.feed(answer.text)
        reader.close()
        self.status, self.url, self.forms = answer.status_code, str(answer.url), reader.forms
        self.text = " ".join(" ".join(reader.words).split())
        self.came_by = [str(each.url) for each in answer.history]
