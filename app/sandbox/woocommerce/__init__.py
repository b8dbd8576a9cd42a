"""A strict simulator of a WooCommerce shop, as version 11.0.1 was observed.

It answers `/wp-json/wc/v3` over HTTP as the real shop does, errors and quirks included: OAuth 1.0a over http, Basic over https;
webhooks are pinged, delayed, built when they are sent, never repeated, and disabled by their seventh failure. Anyone can put
products and orders into it over its own API. Every recorded exchange is played against it by a test.

`ShopConfig(version="3.4.0")` makes it a shop of another age, from 2.2 on, with `wc/v2`, `wc/v1` and the legacy API as their
documentation and source have them (`legacy`); none of those was run. `plugins` gives it a tracking plugin (`tracking`),
`permalinks`, `rest_api` and `maintenance` something that stands before its API (`front`).

It is stricter than the real shop in one thing: a query parameter or a body field that WooCommerce does not know is refused with
`rest_invalid_param` and named, where the real shop ignores it, so that a client of ours never sends junk.
`ShopConfig(strict=False)` gives the real behaviour. Fields that the API shows but does not take (`id`, `total` …) are ignored
in both.

Beyond the routes a gateway needs (orders, notes, refunds, products, variations, batches, categories, customers, webhooks,
trackings, system status, a few settings) there are none: `rest_no_route`.
"""

from __future__ import annotations

from app.sandbox.woocommerce.application import create_shop
from app.sandbox.woocommerce.config import Coupon, ShopConfig, TaxRate
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.wire.errors import RestError

__all__ = ["Coupon", "RestError", "Shop", "ShopConfig", "TaxRate", "create_shop"]
