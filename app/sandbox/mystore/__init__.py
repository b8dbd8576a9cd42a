"""A strict simulator of mystore: its authorization server with the pages, its JSON:API, its webhooks.

It was written from what is published and what integrators tell; nothing was observed on a real shop. What is not known is a
setting of `MystoreConfig`, with the number it has in the table of assumptions. A caller is refused what the real system is known
to refuse (unknown fields and parameters, missing rights, too many calls) and, with `strict`, what no client of ours should send.

The folders, from the outside in: `command` runs it as a process, and `application` puts it together. `routes` has an operation
for each call, `http` takes calls in and has the pages, `model` is what the shops keep and do, `wire` is how records, questions
and refusals look, and `config` is what it is told. `sample` fills a shop that somebody wants to look at.

Not there: creating an order's parts moves no goods, `sort` and `include` are refused, and of categories, tax classes and
manufacturers only the ids exist.
"""

from __future__ import annotations

from app.sandbox.mystore.application import create_mystore
from app.sandbox.mystore.config import Client, MystoreConfig, PersonalToken, Status, User
from app.sandbox.mystore.model.mystore import Mystore
from app.sandbox.mystore.model.shop import Shop

__all__ = ["Client", "Mystore", "MystoreConfig", "PersonalToken", "Shop", "Status", "User", "create_mystore"]
