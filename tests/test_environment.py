"""What must and must not be importable where the gateway runs."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import app

ROOT = Path(app.__file__).parent.parent


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(lock: str) -> set[str]:
    """The names of the packages in a lock."""
    return {line.partition("==")[0] for line in (ROOT / lock).read_text().splitlines() if re.match(r"[a-z]", line)}


def test_httpx2_is_not_importable() -> None:
    """respx does not intercept it, and authlib binds to it silently as soon as it is there."""
    assert importlib.util.find_spec("httpx2") is None


def test_neither_httpx2_nor_fakeredis_is_among_what_the_gateway_runs_on() -> None:
    assert {"httpx2", "fakeredis"} & locked("requirements.lock") == set()
    assert {"httpx2"} & locked("requirements-dev.lock") == set()


def test_this_python_is_one_the_project_promises() -> None:
    assert project()["project"]["requires-python"] == ">=3.11"
    assert sys.version_info[:2] >= (3, 11)


def test_the_pythons_it_is_tested_with_are_named_alike_everywhere() -> None:
    """The package's classifiers, the Makefile and the README."""
    named = [line.rpartition(" ")[2] for line in project()["project"]["classifiers"] if "Python :: 3." in line]
    assert named == ["3.11", "3.12", "3.13", "3.14"]
    makefile = (ROOT / "Makefile").read_text()
    assert "PYTHONS := $(PYTHON) python3.14 python3.13 python3.12 python3.11\n" in makefile
    assert "OLDEST := 11\nNEWEST := 14\n" in makefile
    assert "Python 3.11 to 3.14" in (ROOT / "README.md").read_text()


def test_everything_that_is_declared_is_locked() -> None:
    declared = project()["project"]
    run = {re.split(r"[\[<>=]", line)[0] for line in declared["dependencies"]}
    dev = {re.split(r"[\[<>=]", line)[0] for line in declared["optional-dependencies"]["dev"]}
    assert run - locked("requirements.lock") == set()
    assert (run | dev) - locked("requirements-dev.lock") == set()
    assert locked("requirements-build.lock") >= {"hatchling"}


def test_the_tests_run_on_the_versions_that_the_gateway_is_shipped_with() -> None:
    pins = {lock: set(re.findall(r"^[a-z][^ ]*==[^ ]+", (ROOT / lock).read_text(), re.MULTILINE)) for lock in LOCKS}
    assert pins["requirements.lock"] - pins["requirements-dev.lock"] == set()
    assert pins["requirements-build.lock"] - pins["requirements-dev.lock"] == set()


LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock")
