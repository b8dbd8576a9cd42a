"""A system's names stand in its own folders: what the gateway does for all systems is free of them."""

from __future__ import annotations

import re
from pathlib import Path

APP = Path(__file__).parents[2] / "app"
OWN = ("integrations/woocommerce/", "sandbox/woocommerce/", "integrations/registry.py", "storage/migrations/", "demo/")
NAMES = re.compile(r"woocommerce|x-wc|consumer_(key|secret)", re.IGNORECASE)


def test_woocommerce_is_named_in_its_own_folders_only() -> None:
    found = [
        f"{place}: {line.strip()}"
        for file in sorted(APP.rglob("*.py"))
        if not (place := file.relative_to(APP).as_posix()).startswith(OWN)
        for line in file.read_text().splitlines()
        if NAMES.search(line)
    ]
    assert found == []
