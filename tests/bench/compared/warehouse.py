"""`python -m tests.bench.compared.warehouse PORT`: the simulated WMS in its own process, so that its computing is not ours."""

from __future__ import annotations

import sys

import uvicorn

from app.sandbox.ongoing import WarehouseConfig, create_warehouse
from app.sandbox.ongoing.config import User

GOODS_OWNERS = tuple(range(77, 127))
"""Fifty, one for each lane that is measured side by side."""

if __name__ == "__main__":
    app = create_warehouse(WarehouseConfig(users=(User("gateway", "gateway", GOODS_OWNERS),)))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
