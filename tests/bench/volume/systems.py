"""The polled systems that are measured with a large shop. One more is one more line."""

from __future__ import annotations

from collections.abc import Mapping

from tests.bench.volume import nettbutikk24, sevenoffice24
from tests.bench.volume.system import System

SYSTEMS: Mapping[str, System] = {each.name: each for each in (nettbutikk24.SYSTEM, sevenoffice24.SYSTEM)}
