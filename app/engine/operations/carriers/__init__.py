"""The carriers that the WMS lists, and those that a connection's settings name: checked when they are saved, and shown."""

from __future__ import annotations

from app.engine.operations.carriers.saving import refuse_unlisted
from app.engine.operations.carriers.shown import Carriers, Fit, carriers_of, fit_of

__all__ = ["Carriers", "Fit", "carriers_of", "fit_of", "refuse_unlisted"]
