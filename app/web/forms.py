"""Forms as browsers send them, read within limits."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request

MOST_FIELDS = 500


class Form:
    """What was typed. A field that is missing is empty. No NUL characters: no database takes them."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self._fields = {name: [each.replace("\x00", "") for each in values] for name, values in fields.items()}

    def __getitem__(self, name: str) -> str:
        return (self._fields.get(name) or [""])[0]

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be given more than once."""
        return list(self._fields.get(name, ()))

    def names(self) -> list[str]:
        return list(self._fields)

    def __contains__(self, name: str) -> bool:
        return name in self._fields


async def read_form(request: Request) -> Form:
    """The form in the body; empty for a body that is none. The app's own limit for bodies holds (413)."""
    body = await request.body()
    if "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        return Form({})
    try:
        return Form(parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:  # too many fields
        return Form({})
