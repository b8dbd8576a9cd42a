"""The languages of pages: English as it stands in the code, Norwegian bokmål from its catalogue."""

from __future__ import annotations

import functools
import gettext
import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

DEFAULT = "en"
LANGUAGES = {"en": "English", "nb": "Norsk"}
"""By code, with the name that its readers know."""
_SPOKEN = {"nb": "nb", "no": "nb", "nn": "nb", "en": "en"}
"""What browsers call a language, and ours that its readers understand."""
COOKIE = "gateway_language"
CATALOGUES = Path(__file__).parent / "catalogues"


def of_request(request: Request) -> str:
    """The language that was chosen (`?lang=`, then its cookie), else the first one that the browser asks for and we have."""
    for given in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if given in LANGUAGES:
            return str(given)
    return _accepted(request.headers.get("accept-language", ""))


def _accepted(header: str) -> str:
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:500].split(",")):
        name, _, weight = part.strip().partition(";q=")
        code = _SPOKEN.get(name.strip().lower().partition("-")[0])
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if code is not None and quality > 0:
            wanted.append((-quality, place, code))
    return min(wanted)[2] if wanted else DEFAULT


def files_of(language: str) -> list[Path]:
    """`nb.po`, and `nb.keys.po` for one group of pages. A text may stand in more than one of them, and says the same."""
    return sorted(CATALOGUES.glob(f"{language}.po")) + sorted(CATALOGUES.glob(f"{language}.*.po"))


@functools.cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language. Made once a process, from the text files that translators work on."""
    if not files_of(language):
        return gettext.NullTranslations()
    whole = Catalog(locale=language)
    for file in files_of(language):
        with file.open(encoding="utf-8") as text:
            for message in read_po(text, locale=language):
                if message.id:
                    whole.add(message.id, message.string)
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
