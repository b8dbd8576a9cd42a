"""A sentence for people: in English here, and by its pattern in the other languages of the pages' catalogues."""

from __future__ import annotations

from typing import Any


class Sentence(str):
    """`Sentence("The order is closed in %(shop)s", shop="the shop")`. REST, the command line and logs show it as it is.

    Pages say it in the reader's language: the pattern stands in the catalogues as it is written.
    """

    __slots__ = ("pattern", "values")
    pattern: str
    values: dict[str, Any]

    def __new__(cls, pattern: str, /, **filled: Any) -> Sentence:
        made = super().__new__(cls, pattern % filled)
        made.pattern = pattern
        made.values = filled
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.pattern,), self.values


class Coded(str):
    """A text that is stored as it is, with the stable code by which pages say it in other languages."""

    __slots__ = ("code",)
    code: str | None

    def __new__(cls, text: str | None, code: str | None) -> Coded:
        made = super().__new__(cls, text or "")
        made.code = code
        return made

    def __getnewargs__(self) -> tuple[str, str | None]:  # type: ignore[override]
        return str(self), self.code
