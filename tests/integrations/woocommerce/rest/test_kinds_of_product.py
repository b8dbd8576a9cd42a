"""A product is told by what it has: plugins call their types as they like."""

from __future__ import annotations

from typing import Any

import pytest

from app.integrations.woocommerce.rest.resources import has_variations, is_variation


@pytest.mark.parametrize(
    ("product", "wanted"),
    [
        ({"type": "variable", "variations": []}, True),
        ({"type": "variable-subscription", "variations": [5, 6]}, True),
        ({"type": "pakke", "variations": [5]}, True),
        ({"type": "bundle", "variations": []}, False),
        ({"type": "composite"}, False),
        ({"type": "simple", "variations": []}, False),
        ({"type": "subscription_variation", "parent_id": 4}, False),
        ({}, False),
    ],
)
def test_what_has_variations(product: dict[str, Any], wanted: bool) -> None:
    assert has_variations(product) is wanted


@pytest.mark.parametrize(
    ("product", "wanted"),
    [
        ({"type": "variation", "parent_id": 4}, True),
        ({"type": "subscription_variation", "parent_id": 4}, True),
        ({"type": "abonnement", "parent_id": 4}, True),
        ({"type": "simple", "parent_id": 4}, False),  # part of a grouped product, before WooCommerce 3.0
        ({"type": "bundle", "parent_id": 0}, False),
        ({"type": "variable", "parent_id": 0}, False),
    ],
)
def test_what_is_a_variation(product: dict[str, Any], wanted: bool) -> None:
    assert is_variation(product) is wanted
