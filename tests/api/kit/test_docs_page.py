"""/docs works without internet, and asks nobody but this server."""

from __future__ import annotations

import hashlib
import re

from app.api.kit import docs_page
from tests.api.calling import Api

AS_PUBLISHED = {
    "swagger-ui-bundle.js": "4b5a9b35a1adf37f00d39c0bae23cdb37007e2946240ef035137cc85b4d55349",
    "swagger-ui.css": "ca238f7d7c2cf4480c1e77a9c3b9da915ab216e96ffd354e69076560c650c6de",
}
"""SHA-256 of these files in swagger-ui-dist 5.32.6, as npm has it. API keys are typed into what they show."""


async def test_all_that_the_page_needs_comes_from_here(sqlite_harness: Api) -> None:
    page = await sqlite_harness.admin.get("/docs")
    assert page.status_code == 200
    assert "<title>Gateway for Ongoing WMS: REST API</title>" in page.text
    assert "//" not in page.text.replace("<!doctype", "")
    needed = re.findall(r'(?:src|href)="([^":]+)"', page.text)
    assert len(needed) == 4
    for address in needed:
        answer = await sqlite_harness.admin.get(f"/{address}")
        assert answer.status_code == 200, address
        assert answer.headers["content-type"].startswith(("text/css", "text/javascript", "application/json")), address


async def test_scripts_of_others_do_not_run_there(sqlite_harness: Api) -> None:
    policy = (await sqlite_harness.admin.get("/docs")).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert "<script>" not in (await sqlite_harness.admin.get("/docs")).text


async def test_its_files_are_the_ones_that_were_published() -> None:
    place = docs_page.folder()
    assert place is not None
    assert {name: hashlib.sha256((place / name).read_bytes()).hexdigest() for name in docs_page.FILES} == AS_PUBLISHED


async def test_no_other_file_is_given_out(sqlite_harness: Api) -> None:
    for name in ("favicon.png", "..%2fcore.py", "redoc.standalone.js"):
        assert (await sqlite_harness.admin.get(f"/docs/{name}")).status_code == 404
