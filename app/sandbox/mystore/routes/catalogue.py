"""Writing products, variants and options."""

from __future__ import annotations

from app.sandbox.kit.requests import Answer
from app.sandbox.mystore.http.calls import Call, Handler, Operation
from app.sandbox.mystore.wire.documents import identifier, read_related
from app.sandbox.mystore.wire.kinds import RIGHTS
from app.sandbox.mystore.wire.refusals import JSON_API

MADE = ("products", "product-variants", "product-attributes", "product-options", "product-option-values")
_VALUES = "product-option-values"


def catalogue_operations() -> list[Operation]:
    return [
        *(Operation("POST", f"/{kind}", _create(kind), RIGHTS[kind]) for kind in MADE),
        Operation("PATCH", "/products/{}", _change("products"), "products"),
        Operation("PATCH", "/product-variants/{}", _change("product-variants"), "product-variants"),
        Operation("PATCH", f"/product-options/{{}}/relationships/{_VALUES}", _relate_values, "product-options"),
    ]


def _create(kind: str) -> Handler:
    return lambda call: call.made(call.shop.catalogue.create(kind, call.written(kind)))


def _change(kind: str) -> Handler:
    """Where the shop's stock app has its own idea of a quantity, the answer still repeats what was written."""

    def answer(call: Call) -> Answer:
        found = call.found(kind)
        written = call.written(kind, found.id)
        call.shop.catalogue.write(found, written)
        document = call.view(kind).shown(found)
        if "quantity" in document["attributes"]:
            document["attributes"]["quantity"] = written.attributes.get("quantity", found["quantity"])
        return Answer({"data": document}, media_type=JSON_API)

    return answer


def _relate_values(call: Call) -> Answer:
    """Which values an option has."""
    call.no_question()
    option = call.found("product-options")
    values = read_related(call.kind("product-options").relations[_VALUES], call.body, call.shop.tables.exists)
    call.table("product-options").relate(option, {_VALUES: values})
    return Answer({"data": [identifier(_VALUES, one) for one in option.many(_VALUES)]}, media_type=JSON_API)
