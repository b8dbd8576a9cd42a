"""A call that has been checked, and the table of what can be called."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.sandbox.kit.requests import Answer
from app.sandbox.mystore.config import MystoreConfig
from app.sandbox.mystore.model.mystore import Mystore
from app.sandbox.mystore.model.shop import Shop
from app.sandbox.mystore.model.tables import Table
from app.sandbox.mystore.model.tokens import Grant
from app.sandbox.mystore.wire.documents import View, Written, read_document
from app.sandbox.mystore.wire.kinds import HIDEABLE, Kind, kinds_of
from app.sandbox.mystore.wire.questions import Question, read_question
from app.sandbox.mystore.wire.refusals import JSON_API, bad_request, refused
from app.sandbox.mystore.wire.resource import Resource

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Call:
    """`ids` are those in the path; `pairs` the query as it came; `url` the address without it; `body` decoded."""

    mystore: Mystore
    shop: Shop
    grant: Grant
    url: str
    ids: Sequence[int] = ()
    pairs: Pairs = ()
    body: Any = None

    @property
    def config(self) -> MystoreConfig:
        return self.mystore.config

    def table(self, kind: str) -> Table:
        return self.shop.tables[kind]

    def kind(self, name: str) -> Kind:
        return kinds_of(self.config)[name]

    def found(self, kind: str) -> Resource:
        """The record in the path. Raises Refused (404)."""
        return self.table(kind).find(self.ids[0])

    def question(self, kind: str, *, is_list: bool = False) -> Question:
        """Raises Refused (400)."""
        return read_question(self.pairs, self.kind(kind), self.config, is_list=is_list)

    def no_question(self) -> None:
        """This call takes no parameters. Raises Refused (400)."""
        for name, _ in self.pairs:
            raise bad_request(f"Unknown parameter {name}")

    def written(self, kind: str, record_id: int | None = None) -> Written:
        """The document that was sent. Raises Refused."""
        self.no_question()
        return read_document(self.body, self.kind(kind), self.shop.tables.exists, record_id)

    def view(self, kind: str, fields: Collection[str] | None = None) -> View:
        hidden = [name for name in self.grant.hidden if name in HIDEABLE]
        return self.shop.site.view(kind, hidden if kind.startswith("product") else (), fields)

    def one(self, resource: Resource, status: int = 200) -> Answer:
        """A document of a single resource."""
        return Answer({"data": self.view(resource.kind).shown(resource)}, status, media_type=JSON_API)

    def made(self, resource: Resource) -> Answer:
        return self.one(resource, 201)


Handler = Callable[[Call], Answer]
BATCHES = ("/non-atomic-batch", "/atomic-batch")
"""Each operation in their bodies counts against the limit."""


@dataclass(frozen=True)
class Operation:
    """One call under `/shops/{shop}`. `path` has `{}` for each id.

    `resource` is what the right that a token needs is for; None needs none. `is_plain`: plain JSON, not JSON:API.
    """

    method: str
    path: str
    handler: Handler
    resource: str | None = None
    is_plain: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.escape(self.path).replace(r"\{\}", r"([0-9]{1,12})"))

    def right(self, config: MystoreConfig) -> str | None:
        if self.resource is None:
            return None
        return f"read:{self.resource}" if self.method == "GET" else config.write_right.format(resource=self.resource)


@dataclass(frozen=True)
class Operations:
    """All that can be called."""

    known: Sequence[Operation] = field(default_factory=tuple)

    def find(self, method: str, path: str) -> tuple[Operation, list[int]]:
        """Raises Refused: 404 for a path that there is not, 405 for a method."""
        here = [(one, found) for one in self.known if (found := one.pattern.fullmatch(path))]
        if not here:
            raise refused(404, f"There is no {path}")
        for one, found in here:
            if one.method == method:
                return one, [int(text) for text in found.groups()]
        raise refused(405, f"{method} is not allowed", {"Allow": _methods(one for one, _ in here)})


def _methods(operations: Iterable[Operation]) -> str:
    return ", ".join(sorted({one.method for one in operations}))
