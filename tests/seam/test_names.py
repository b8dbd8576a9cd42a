"""A system's names stand in its own folders: what the gateway does for all systems is free of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app"
SHARED = ("integrations/registry.py", "storage/migrations/", "demo/", "sandbox/__main__.py")
NAMES = {
    "woocommerce": re.compile(r"woocommerce|x-wc|consumer_(key|secret)", re.IGNORECASE),
    "mystore": re.compile(r"mystore(?![`\"/])", re.IGNORECASE),
    "sevenoffice24": re.compile(r"24 ?sevenoffice|sevenoffice24|finago", re.IGNORECASE),
    "nettbutikk24": re.compile(r"24 ?nettbutikk|nettbutikk24", re.IGNORECASE),
}


@pytest.mark.parametrize("system", NAMES)
def test_a_system_is_named_in_its_own_folders_only(system: str) -> None:
    own = (f"integrations/{system}/", f"sandbox/{system}/", *SHARED)
    found = [
        f"{place}: {line.strip()}"
        for file in sorted(APP.rglob("*.py"))
        if not (place := file.relative_to(APP).as_posix()).startswith(own)
        for line in file.read_text().splitlines()
        if NAMES[system].search(line)
    ]
    assert found == []
