"""The functions that every template has for what the engine says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from app.domain.problem import LIFTED_BY
from app.errors import BadInput, Conflict, Forbidden, NotFound, RemoteError, TooManyTries, Unauthenticated
from app.sentence import Coded, Sentence
from app.web import languages
from app.web.said.calls import call_named
from app.web.said.checks import CHECKS
from app.web.said.history import HISTORY
from app.web.said.reasons import REASONS
from app.web.texts import Text, said

NOUNS = {"shop": Text("the shop"), "ERP": Text("the ERP")}
"""What people call the system of a record."""
FAULTS: dict[type[Exception], Text] = {
    NotFound: Text("There is no such thing here, or your key may not see it."),
    Forbidden: Text("Your key may not do this."),
    Unauthenticated: Text("The key is unknown, revoked or over."),
    TooManyTries: Text("There were too many tries. Wait a little."),
    Conflict: Text("It cannot be done as things are now."),
    RemoteError: Text("The other system did not do what was asked."),
}


def functions(language: str) -> dict[str, Callable[..., Any]]:
    """For the templates of a language."""
    return {
        "told": lambda words: told(words, language),
        "reason": lambda code, words="", noun="shop": reason(code, words, noun, language),
        "call_name": lambda call: said(call_named(call), language),
        "check_name": lambda name: CHECKS[name].said(language) if name in CHECKS else name,
        "mistake": lambda error: mistake(error, language),
    }


def told(words: str | Text | None, language: str) -> Markup:
    """A sentence in the reader's language; other words of the engine or of another system as they are, marked as English."""
    if isinstance(words, Text | Sentence):
        return Markup("{}").format(said(words, language))
    if isinstance(words, Coded):
        return reason(words.code, words, "shop", language)
    return _marked(words or "", language)


def reason(code: str | None, words: str | None, noun: str, language: str) -> Markup:
    """Why a record stands still. `words`: the reason as it is stored; without them, and in other languages, by its code."""
    means = meaning(code, noun, language)
    if not means or (words and language == languages.DEFAULT):
        return _marked(words or code or "", language)
    return (
        Markup('{} <span class="hint">{}</span>').format(means, _marked(words, language)) if words else Markup("{}").format(means)
    )


def meaning(code: str | None, noun: str, language: str, *, is_short: bool = False) -> str:
    """What a code means, and what lifts it unless `is_short`. Empty for a code that is not known."""
    text = REASONS.get(code or "") or HISTORY.get(code or "")
    if text is None:
        return ""
    values = {"shop": NOUNS[noun].said(language)}
    lifted = None if is_short else LIFTED_BY.get(code or "")
    sentences = [text.message, *([lifted] if lifted else [])]
    spoken = [languages.translations(language).gettext(each) % values for each in sentences]
    return " ".join(f"{each[:1].upper()}{each[1:].rstrip('.')}." for each in spoken)


def mistake(error: BadInput | RemoteError, language: str) -> Markup:
    """What is wrong with what was given, and what to do."""
    means, words = in_words(error, language)
    parts = [Markup("{}").format(means)] if means else []
    return Markup(" ").join([*parts, *([_marked(words, language)] if words else [])])


def in_words(error: BadInput | RemoteError, language: str) -> tuple[str, str]:
    """The same as two texts: in the reader's language, and what there is in English only. One of them may be empty."""
    fix = error.fix if isinstance(error, BadInput) else None
    given = [each for each in (error.message, fix) if each]
    if language == languages.DEFAULT:
        return ". ".join(str(each) for each in given), ""
    known = [said(each, language) for each in given if isinstance(each, Sentence)]
    english = [str(each) for each in given if not isinstance(each, Sentence)]
    if error.message in english:
        known.insert(0, _kind_of(error, language))
    return _joined(known), _joined(english)


def _kind_of(error: BadInput | RemoteError, language: str) -> str:
    if isinstance(error, BadInput) and error.field and type(error) is BadInput:
        return Text("Something is not right here: %(field)s.", field=error.field).said(language)
    text = next((text for kind, text in FAULTS.items() if isinstance(error, kind)), Text("Something given is not right."))
    return text.said(language)


def _joined(texts: list[str]) -> str:
    """As sentences. One that begins with a field's name begins as that does."""
    begun = [each if each.partition(" ")[0].endswith(":") else f"{each[:1].upper()}{each[1:]}" for each in texts]
    return " ".join(each if each.endswith(("?", ".")) else f"{each}." for each in begun)


def _marked(words: str, language: str) -> Markup:
    if language == languages.DEFAULT or not words:
        return Markup("{}").format(words)
    return Markup('<span lang="en">{}</span>').format(words)
