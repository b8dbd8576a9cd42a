"""A strict simulator of a WooCommerce shop, as version 11.0.1 was observed.

It answers `/wp-json/wc/v3` over HTTP as the real shop does, errors and quirks included. It takes OAuth 1.0a over http and Basic
over https. Its webhooks are pinged, delayed, built when they are sent, never repeated, and disabled by their seventh failure.
Anyone can put products and orders into it over its own API. A test plays every recorded exchange against it.

The folders, from the outside in: `command` runs a shop as a process, and `application` puts one together. `legacy` holds the
older APIs, and is asked what a shop's version decides. `routes` has an endpoint for each call, `http` takes calls in, `model` is
what the shop keeps and does, `wire` is how values and records look on the wire, and `config` is what a shop is told.

`ShopConfig(version="3.4.0")` makes it a shop of another age, from 2.2 on. Such a shop has `wc/v2`, `wc/v1` and the legacy API as
their documentation and source have them; none of those was run. `plugins` gives it a tracking plugin. `permalinks`, `rest_api`
and `maintenance` put something before its API.

It is stricter than the real shop in one thing. A query parameter or a body field that WooCommerce does not know is refused with
`rest_invalid_param` and named, where the real shop ignores it, so that a client of ours never sends junk.
`ShopConfig(strict=False)` gives the real behaviour. Fields that the API shows but does not take (`id`, `total` …) are ignored
in both.

It has the routes that a gateway needs: orders, notes, refunds, products, variations, batches, categories, customers, webhooks,
trackings, system status and a few settings. Every other route is answered with `rest_no_route`.
"""

from __future__ import annotations

from app.sandbox.woocommerce.application import create_shop
from app.sandbox.woocommerce.config import Coupon, ShopConfig, TaxRate
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.wire.errors import RestError

__all__ = ["Coupon", "RestError", "Shop", "ShopConfig", "TaxRate", "create_shop"]
