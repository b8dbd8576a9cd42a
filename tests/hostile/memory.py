"""Reads every hostile answer one after the other, and prints by how many MiB the process grew at its highest with each.

A process of its own: what the tests before it have taken says nothing. Linux only, like the gateway's image.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import multiprocessing
from pathlib import Path

from app import json_answers
from app.integrations.sevenoffice24.soap.documents import NotSoap, TooMuch, body_of
from tests.hostile import answers, xml_answers

STATUS = Path("/proc/self/status")


def in_mib(name: str) -> float:
    line = next(each for each in STATUS.read_text().splitlines() if each.startswith(name))
    return int(line.split()[1]) / 1024


def read(kind: str, content: bytes) -> None:
    if kind in answers.JSON:
        with contextlib.suppress(json_answers.NotJson):
            asyncio.run(json_answers.read(content))
    else:
        with contextlib.suppress(NotSoap, TooMuch):
            body_of(content, xml_answers.listed())


def growth(kind: str) -> int:
    content = {**answers.JSON, **xml_answers.XML}[kind]()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
    before = in_mib("VmRSS")
    read(kind, content)
    return round(in_mib("VmHWM") - before)


if __name__ == "__main__":
    xml_answers.listed()  # what is loaded once
    kinds = [*answers.JSON, *xml_answers.XML]
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as fresh:  # nothing is left of the one before
        print(json.dumps(dict(zip(kinds, fresh.map(growth, kinds, chunksize=1), strict=True))))
