"""What of an article the warehouse is given beside the system's field table. Requirement: Ongoing WMS, articles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum

from pydantic import Field, field_validator

from app.given import Flag, Given
from app.json_reading import number

MOST_PIECES = Decimal(1_000_000)
_BETWEEN = re.compile(r"[,;\n]")
_COUNT = re.compile(r"[\d.]+")


def entries_in(text: str) -> Iterator[str]:
    """Texts with commas, semicolons or line breaks between them."""
    yield from (entry for entry in (each.strip() for each in _BETWEEN.split(text)) if entry)


def counted(entry: str) -> tuple[str, Decimal | None]:
    """`TEE-M*2` is two of TEE-M. None where no count stands behind it, or none that anybody can mean."""
    what, _, times = (part.strip() for part in entry.rpartition("*"))
    count = number(times) if what and _COUNT.fullmatch(times) else None
    if count is None or not 0 < count <= MOST_PIECES:
        return entry, None
    return what, count


def parts_in(text: str) -> dict[str, Decimal]:
    """How many pieces of each article number, from a text like `TEE-M*2, CAP-1`. Raises ValueError for what is no such list."""
    found: dict[str, Decimal] = {}
    for entry in entries_in(text):
        part, count = counted(entry)
        if "*" in part:
            raise ValueError(f"{entry!r} is no article number with a count, like TEE-M*2")
        found[part] = found.get(part, Decimal(0)) + (count or Decimal(1))
    return found


class ScannedCode(StrEnum):
    """Which of an article's codes stands on its label, and is scanned."""

    BAR_CODE = "bar-code"
    ARTICLE_NUMBER = "article-number"
    PRODUCT_CODE = "product-code"


class ArticleSettings(Given):
    """Bar codes, pictures, classes and kits. A path is one in the system's own product, as in `extra_article_fields`."""

    scanned_code: ScannedCode = Field(
        ScannedCode.BAR_CODE,
        description=(
            "Which code the warehouse scans (`barCodeInfo.barCode`): bar-code (the system's field), article-number or "
            "product-code. With one of the last two the system's own bar code goes along as a further one."
        ),
    )
    bar_code_field: str | None = Field(
        None, min_length=1, description="Path of the bar code of a piece, in place of the system's own field."
    )
    package_bar_code_field: str | None = Field(
        None, min_length=1, description="Path of the bar code of the package (`barCodeInfo.barCodePackage`)."
    )
    more_bar_codes_fields: list[str] = Field(
        default_factory=list,
        max_length=10,
        description=(
            "Paths of further bar codes (`barCodeInfo.alternativeBarCodes`). A field may hold several, with commas between them. "
            "CODE*6 is a code that stands for 6 pieces."
        ),
    )
    warn_without_bar_code: Flag = Field(
        False, description="Alert, once for the connection, when stock articles are sent that have no code to be scanned."
    )
    send_pictures: Flag = Field(False, description="Send the address of the product's picture (`linkToPicture`).")
    picture_field: str | None = Field(
        None, min_length=1, description="Path of the picture's address or file name, in place of the system's own field."
    )
    picture_base_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s]+$",
        description="Address before a picture's file name, for systems that give no whole address: https://cdn.example/images/.",
    )
    class_fields: list[str] = Field(
        default_factory=list,
        max_length=10,
        description=(
            "Paths of what becomes the article's classes in the WMS (`articleClassesInfo.classes`). A field may hold several, "
            "with commas between them. Each is both code and name."
        ),
    )
    parts_field: str | None = Field(
        None,
        min_length=1,
        description=(
            "Path of a text that lists what one piece of a kit is made of: TEE-M*2, CAP-1. The WMS gets the kit as a structure "
            "article and picks the parts. Empty: no kit."
        ),
    )
    kits: dict[str, str] = Field(
        default_factory=dict,
        description=(
            "Kits by article number, each with its parts like TEE-M*2, CAP-1: so many pieces of these article numbers. Goes "
            "before parts_field."
        ),
    )

    @field_validator("kits")
    @classmethod
    def _whole_kits(cls, value: dict[str, str]) -> dict[str, str]:
        for kit, text in value.items():
            try:
                parts = parts_in(text)
            except ValueError as error:
                raise ValueError(f"the kit {kit}: {error}") from error
            if not parts or kit in parts:
                raise ValueError(f"the kit {kit} has no parts, or is one of them: write it like TEE-M*2, CAP-1")
        return value

    @property
    def paths(self) -> Iterator[str]:
        """Every path in the system's product that is read."""
        single = (self.bar_code_field, self.package_bar_code_field, self.picture_field, self.parts_field)
        yield from (path for path in single if path)
        yield from self.more_bar_codes_fields
        yield from self.class_fields
