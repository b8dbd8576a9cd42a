"""A whole gateway in the test's own event loop, with a simulated shop and a simulated warehouse behind real HTTP servers.

`Harness` puts the parts together. Each part also works alone: the clock, the servers, the shop, the warehouse, and what the
gateway has stored.
"""

from tests.harness.clock import Clock
from tests.harness.connections import LONG_AGO
from tests.harness.database import Stored
from tests.harness.harness import Harness, open_harness
from tests.harness.shop import (
    ADDRESS,
    BILLING,
    FIXTURES,
    KEY,
    SECRET,
    WEBHOOK_SECRET,
    Resource,
    SimulatedShop,
    signature,
)
from tests.harness.warehouse import GOODS_OWNER, WAREHOUSE, SimulatedWarehouse

__all__ = [
    "ADDRESS",
    "BILLING",
    "FIXTURES",
    "GOODS_OWNER",
    "KEY",
    "LONG_AGO",
    "SECRET",
    "WAREHOUSE",
    "WEBHOOK_SECRET",
    "Clock",
    "Harness",
    "Resource",
    "SimulatedShop",
    "SimulatedWarehouse",
    "Stored",
    "open_harness",
    "signature",
]
