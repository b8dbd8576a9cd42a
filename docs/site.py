"""Hooks of the documentation's site (mkdocs.yml): what lies beside docs/ becomes a page, and links to it lead there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

BESIDE = {"SECURITY.md": "security.md", "CHANGELOG.md": "changelog.md"}
"""Files at the top, and their pages."""
ROOT = Path(__file__).parents[1]


def on_files(files: Any, config: Any) -> Any:
    for name, page in BESIDE.items():
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    for name, page in BESIDE.items():
        markdown = re.sub(rf"\]\(((?:\.\./)*?)(?:\.\./)?{re.escape(name)}", rf"](\g<1>{page}", markdown)
    return markdown
