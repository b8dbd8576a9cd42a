"""PHP and WordPress have their own ways with JSON, query strings, entities and casts."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any
from urllib.parse import parse_qsl

_KEY = re.compile(r"^([^\[]+)((?:\[[^\[\]]*\])*)$")
_INDEX = re.compile(r"\[([^\[\]]*)\]")
_ENTITY = re.compile(r"&(?:amp|#0*38|#x0*26|lt|#0*60|#x0*3c|gt|#0*62|#x0*3e|quot|#0*34|#x0*22|#0*39|#x0*27|apos);", re.IGNORECASE)
_ENTITY_TEXT = {
    **dict.fromkeys(("amp", "#38", "#x26"), "&"),
    **dict.fromkeys(("lt", "#60", "#x3c"), "<"),
    **dict.fromkeys(("gt", "#62", "#x3e"), ">"),
    **dict.fromkeys(("quot", "#34", "#x22"), '"'),
    **dict.fromkeys(("#39", "#x27", "apos"), "'"),
}
_BARE_AMPERSAND = re.compile(r"&(?!#?\w+;)")
_TAG = re.compile(r"<[^<>]*>")
_SCANDINAVIAN = str.maketrans({"ø": "o", "å": "a", "æ": "ae", "ß": "ss", "đ": "d", "ł": "l"})


def to_json(value: Any) -> bytes:
    r"""JSON as PHP's `json_encode` writes it: pure ASCII, `\/` for a slash, no blanks."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def number(value: float) -> float | int:
    """A PHP number as JSON shows it: a whole float has no decimals."""
    return int(value) if float(value).is_integer() else value


def parse_query(text: str) -> dict[str, Any]:
    """A query string or form as PHP reads it: `a[0]=x` and `a[]=x` become nested, in the order given; a plain name given twice
    keeps the last value."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        match = _KEY.match(name)
        if match is None:
            found[name] = value
            continue
        place = found
        path = [match[1].replace(".", "_").replace(" ", "_"), *_INDEX.findall(match[2])]
        for step in path[:-1]:
            inner = place.setdefault(step or str(len(place)), {})
            if not isinstance(inner, dict):
                inner = place[step] = {}
            place = inner
        place[path[-1] or str(len(place))] = value
    return found


def as_lists(value: Any) -> Any:
    """Nested query values with the indexes 0, 1, 2 … as lists."""
    if not isinstance(value, dict):
        return value
    inner = {key: as_lists(part) for key, part in value.items()}
    return list(inner.values()) if list(inner) == [str(i) for i in range(len(inner))] else inner


def to_int(value: Any) -> int:
    """PHP's `(int)`, which never fails: `"12 stk"` is 12, `"sju"` is 0, 7.9 is 7, true is 1 (observed in batches)."""
    if isinstance(value, bool | int | float):
        return int(value)
    match = re.match(r"\s*[+-]?\d+", value) if isinstance(value, str) else None
    return int(match[0]) if match else 0


def decode_entities(text: str) -> str:
    """The few entities WordPress decodes in a webhook's secret before it signs, in one pass."""

    def plain(match: re.Match[str]) -> str:
        name = match[0][1:-1].lower()
        name = re.sub(r"^#(x?)0+", r"#\1", name)
        return _ENTITY_TEXT[name]

    return _ENTITY.sub(plain, text)


def encode_entities(text: str) -> str:
    """Text typed in the shop's own pages as it is stored: `&` becomes `&amp;`, brackets become entities."""
    return _BARE_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def all_entities(text: str) -> str:
    """Every letter as an entity, as currency symbols are written."""
    return "".join(f"&#{ord(letter)};" for letter in text)


def title(text: str) -> str:
    """A product's name as it is stored: tags stripped, `&` as `&amp;` (observed)."""
    return _BARE_AMPERSAND.sub("&amp;", _TAG.sub("", text))


def slug(text: str) -> str:
    """`Turjakke Dovre – rød` → `turjakke-dovre-rod`."""
    plain = decode_entities(text).lower().translate(_SCANDINAVIAN)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_]+", "-", re.sub(r"[\"'.]", "", plain)).strip("-")


def meta_value(value: Any) -> Any:
    """A meta value as it comes back: numbers as text, lists and objects as they were (observed)."""
    if isinstance(value, bool):
        return "1" if value else ""
    return str(number(value)) if isinstance(value, int | float) else value
