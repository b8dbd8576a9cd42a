"""Countries as shops write them."""

from __future__ import annotations

import pytest

from app.domain.countries import country_in_any_language


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Norway", "NO"),
        ("Norge", "NO"),
        (" norge ", "NO"),
        ("Noreg", "NO"),
        ("NO", "NO"),
        ("no", "NO"),
        ("Sweden", "SE"),
        ("Sverige", "SE"),
        ("Danmark", "DK"),
        ("Tyskland", "DE"),
        ("Storbritannia", "GB"),
        ("United  Kingdom", "GB"),
        ("Great Britain", "GB"),
        ("Svalbard og Jan Mayen", "SJ"),
        ("Færøyene", "FO"),
        ("United States", "US"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_its_name_in_the_languages_of_the_north(name: str, code: str | None) -> None:
    assert country_in_any_language(name) == code
