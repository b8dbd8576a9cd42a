"""A strict simulator of a 24Nettbutikk shop's API: orders, products and customers, read and written.

It was written from what is published and what integrators tell; nothing was observed on a real shop. What is not known is a
setting of `NettbutikkConfig`, with the number it has in the table of assumptions. A caller is refused what the real system is
known to refuse (wrong segments, unknown orders, a replaced token) and, with `strict`, what no client of ours should send.

The folders, from the outside in: `command` runs it as a process, and `application` puts it together. `http` takes calls in and
answers them, `model` is what the shop keeps and does, `wire` is how records, paths and refusals look, and `config` is what it is
told. `sample` fills a shop that somebody wants to look at.

Not there: PUT of orders and lines, fulfilling and splitting of lines, gift cards and JSONP. Writing a line changes no order but
its time, and a status moves no goods.
"""

from __future__ import annotations

from app.sandbox.nettbutikk24.application import create_nettbutikk
from app.sandbox.nettbutikk24.config import NettbutikkConfig
from app.sandbox.nettbutikk24.model.shop import Shop

__all__ = ["NettbutikkConfig", "Shop", "create_nettbutikk"]
