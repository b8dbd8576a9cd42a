"""Texts that Python code gives to pages: said in the reader's language when they are shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.sentence import Sentence
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
        return _filled(self.message, self.values, language)


def said(words: Any, language: str) -> Any:
    """A text of a page or a sentence of the engine in a language; anything else as it is."""
    if isinstance(words, Text):
        return words.said(language)
    return _filled(words.pattern, words.values, language) if isinstance(words, Sentence) else words


def _filled(message: str, values: dict[str, Any], language: str) -> str:
    text = languages.translations(language).gettext(message)
    return text % {name: said(value, language) for name, value in values.items()}
