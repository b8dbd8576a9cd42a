"""The demo's warehouse has a goods owner of its own for each system."""

from __future__ import annotations

from app.demo.goods_owners import GOODS_OWNERS, warehouse_config
from app.integrations.registry import INTEGRATIONS


def test_every_system_has_one() -> None:
    assert GOODS_OWNERS.keys() == INTEGRATIONS.keys()


def test_no_two_systems_share_one() -> None:
    assert len(set(GOODS_OWNERS.values())) == len(GOODS_OWNERS)


def test_woocommerce_keeps_its_own() -> None:
    assert GOODS_OWNERS["woocommerce"] == 77


def test_mystore_has_another() -> None:
    assert GOODS_OWNERS["mystore"] == 78


def test_the_warehouses_user_may_act_for_all_of_them() -> None:
    (user,) = warehouse_config("demo", "gateway", "secret")["users"]
    assert user == ["gateway", "secret", sorted(GOODS_OWNERS.values())]
