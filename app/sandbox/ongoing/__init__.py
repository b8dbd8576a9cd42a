"""A strict simulator of Ongoing WMS, seen from a goods owner's REST API: articles, orders and code lists.

It takes what the vendor's contract states and nothing else, keeps the rules that are documented or were observed, and has every
assumption about undocumented answers in `assumed.py`.
"""

from app.sandbox.ongoing.application import create_warehouse
from app.sandbox.ongoing.config import TransporterContract, User, WarehouseConfig
from app.sandbox.ongoing.warehouse import Warehouse

__all__ = ["TransporterContract", "User", "Warehouse", "WarehouseConfig", "create_warehouse"]
