"""An older version of the REST API has the routes of `wc/v3` with the parameters, bodies and answers of its time.

With `strict` a parameter that this version of the shop does not know yet is refused and named. The real shop ignores it, which
for `modified_after` means that everything is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.sandbox.woocommerce.http.listing import pick_fields
from app.sandbox.woocommerce.http.rest import Answer, Call, Endpoint, Operation
from app.sandbox.woocommerce.legacy import old_arguments, old_views, versions
from app.sandbox.woocommerce.legacy.refund_lines import line_of_old
from app.sandbox.woocommerce.model.shop import Shop
from app.sandbox.woocommerce.wire.errors import Invalid, RestError, invalid_params
from app.sandbox.woocommerce.wire.rules import Rules, check_names

Resource = dict[str, Any]

# `wc/v1` reads and writes variations inside their product only, and tells neither the shop's version nor its settings.
_NOT_IN_V1 = ("/products/{id:int}/variations", "/system_status", "/settings", "/shipping", "/taxes", "/coupons")
_BATCHED = ("product", "variation")


@dataclass(frozen=True)
class Dialect:
    """One version of the REST API of one shop."""

    shop: Shop
    namespace: str

    @property
    def version(self) -> versions.Version:
        return versions.parse(self.shop.config.version)

    def endpoints(self, endpoints: Sequence[Endpoint]) -> list[Endpoint]:
        """The endpoints of `wc/v3` as this version has them."""
        if old_views.native(self.namespace, self.version):
            return list(endpoints)
        return [
            endpoint if endpoint.kind is None else replace(endpoint, operations=self._operations(endpoint.kind, endpoint))
            for endpoint in endpoints
            if self.namespace != "wc/v1" or not endpoint.path.startswith(_NOT_IN_V1)
        ]

    def _operations(self, kind: str, endpoint: Endpoint) -> Mapping[str, Operation]:
        return {method: self._spoken(kind, operation) for method, operation in endpoint.operations.items()}

    def _spoken(self, kind: str, operation: Operation) -> Operation:
        body = operation.body
        if body is not None and not (kind in _BATCHED and operation.right == "batch"):
            body = old_arguments.body_rules(self.namespace, self.version, kind, body)
        query = old_arguments.query_rules(self.namespace, self.version, kind, operation.query)
        return replace(operation, handler=self._translated(kind, operation), query=query, body=body)

    def _translated(self, kind: str, operation: Operation) -> Callable[[Call], Answer]:
        items = old_arguments.inside_rules(operation.items) if self.namespace == "wc/v1" else operation.items

        def handler(call: Call) -> Answer:
            if self.namespace == "wc/v1" and kind == "product":
                self._refuse_variation(call)
            query = {name: value for name, value in _query(kind, call.query).items() if name != "_fields"}
            body = self._body(kind, operation, call.body)
            answer = operation.handler(replace(call, query=query, body=body, items=items))
            headers = {name: self._own(value) for name, value in answer.headers.items()}
            return replace(answer, body=self._shown(kind, answer.body, call.fields), headers=headers)

        return handler

    def _refuse_variation(self, call: Call) -> None:
        """`wc/v1` knows variations inside their product only. Raises RestError."""
        record = self.shop.products.record(call.id) if "id" in call.ids else None
        if record is not None and record.kind == "variation":
            raise RestError(404, "woocommerce_rest_product_invalid_id", "Invalid ID.")

    def _own(self, header: str) -> str:
        return header.replace("/wp-json/wc/v3/", f"/wp-json/{self.namespace}/")

    def _body(self, kind: str, operation: Operation, body: Resource) -> Resource:
        if kind == "refund":
            return self._refund_body(body)
        if operation.right == "batch":
            rules = old_arguments.body_rules(self.namespace, self.version, kind, operation.items)
            return {name: self._items(name, rules, items) for name, items in body.items()}
        return _as_v3(body)

    def _items(self, name: str, rules: Rules, items: Any) -> Any:
        if name == "delete" or not isinstance(items, list):
            return items
        strict = self.shop.config.strict
        return [_as_v3(check_names(rules, item, f"{name}[{place}]", strict)) for place, item in enumerate(items)]

    def _refund_body(self, body: Resource) -> Resource:
        """Lines were an object by the line's id, their taxes one by the rate's; a list as of today names no line at all. What is
        refunded was always restocked."""
        lines = body.get("line_items")
        if lines is None or old_arguments.refund_lines_are_a_list(self.namespace, self.version):
            return body
        if not isinstance(lines, dict):
            if self.shop.config.strict:
                fault = Invalid("rest_invalid_type", "line_items is not an object by the ids of lines in this version.")
                raise invalid_params({"line_items": fault})
            lines = {}
        return {**body, "line_items": [line_of_old(int(line_id), line) for line_id, line in lines.items()]}

    # --- what is answered ----------------------------------------------------------------------------------------------------

    def _shown(self, kind: str, body: Any, fields: list[str] | None) -> Any:
        if versions.parse(self.shop.config.wordpress_version) < versions.FIELDS_PARAMETER:
            fields = None
        if isinstance(body, list):
            return [pick_fields(self._one(kind, part), fields, with_links=False) for part in body]
        if isinstance(body, dict) and "id" not in body:
            return {name: self._shown(kind, part, fields) if isinstance(part, list) else part for name, part in body.items()}
        return pick_fields(self._one(kind, body), fields, with_links=True)

    def _one(self, kind: str, resource: Any) -> Any:
        if not isinstance(resource, dict) or "error" in resource:
            return resource
        return old_views.translate(self.shop.products, self.namespace, kind, resource)


def _query(kind: str, query: Resource) -> Resource:
    """A query with the parameters of today."""
    today = dict(query)
    if kind == "order" and isinstance(today.get("status"), str):
        today["status"] = [today["status"]]
    if (in_stock := today.pop("in_stock", None)) is not None:
        today["stock_status"] = "instock" if in_stock else "outofstock"
    return today


def _as_v3(body: Resource) -> Resource:
    """A product's or variation's body with the names of today."""
    known = dict(body)
    if isinstance(known.get("variations"), list):
        known["variations"] = [_as_v3(part) for part in known["variations"]]
    if (in_stock := known.pop("in_stock", None)) is not None:
        known["stock_status"] = "instock" if in_stock else "outofstock"
    if (visible := known.pop("visible", None)) is not None:
        known["status"] = "publish" if visible else "private"
    return known
