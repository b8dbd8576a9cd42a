"""Texts that Python code gives to pages: said in the reader's language when they are shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.web import languages


@dataclass(frozen=True, init=False)
class Text:
    """`Text("The key %(name)s is revoked.", name=key.name)`. The message stands in the catalogues as it is written here."""

    message: str
    values: dict[str, Any] = field(default_factory=dict)

    def __init__(self, message: str, **given: Any) -> None:
        object.__setattr__(self, "message", message)
        object.__setattr__(self, "values", given)

    def said(self, language: str) -> str:
        text = languages.translations(language).gettext(self.message)
        return text % {name: each.said(language) if isinstance(each, Text) else each for name, each in self.values.items()}
