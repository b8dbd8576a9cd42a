"""The calls on the files of orders: documents to be printed, and labels."""

from __future__ import annotations

from typing import Any

from app.sandbox.kit.queries import Parameter
from app.sandbox.kit.requests import Answer
from app.sandbox.ongoing import assumed
from app.sandbox.ongoing.bodies.files import FileBody, NamelessFileBody
from app.sandbox.ongoing.http.order_calls import order_in_path
from app.sandbox.ongoing.http.request_handler import ApiCall, Endpoint, Write
from app.sandbox.ongoing.model.records import Order, OrderFile

FILES = "/orders/{order_id:int}/files"


def list_files(call: ApiCall) -> Answer:
    order = order_in_path(call)
    return Answer([_shown(order, each) for each in order.files])


def add_file(call: ApiCall) -> Write:
    order, body = order_in_path(call), call.body(FileBody)
    return Write(order.goods_owner_id, lambda: _added(call, order, body.file_name, body))


def put_file(call: ApiCall) -> Write:
    """Creates or replaces by name."""
    name = call.query({"fileName": Parameter(str, required=True)})["fileName"]
    order, body = order_in_path(call, with_query=True), call.body(NamelessFileBody)
    there = next((each for each in order.files if each.name == name), None)
    if there is None:
        return Write(order.goods_owner_id, lambda: _added(call, order, name, body))
    return Write(order.goods_owner_id, lambda: _replaced(there, name, body))


def put_file_by_id(call: ApiCall) -> Write:
    order, body = order_in_path(call), call.body(FileBody)
    there = _file_in_path(call, order)
    return Write(order.goods_owner_id, lambda: _replaced(there, body.file_name, body))


def delete_file(call: ApiCall) -> Write:
    order = order_in_path(call)
    there = _file_in_path(call, order)

    def make() -> Answer:
        order.files.remove(there)
        return _done(there)

    return Write(order.goods_owner_id, make)


def _file_in_path(call: ApiCall, order: Order) -> OrderFile:
    file_id = call.number("file_id")
    there = next((each for each in order.files if each.id == file_id), None)
    if there is None:
        raise assumed.no_such_file(file_id)
    return there


def _added(call: ApiCall, order: Order, name: str, body: Any) -> Answer:
    made = OrderFile(call.warehouse.next_id(), name, body.mime_type, body.file_data_base64)
    order.files.append(made)
    return _done(made)


def _replaced(there: OrderFile, name: str, body: Any) -> Answer:
    there.name, there.mime_type, there.data = name, body.mime_type, body.file_data_base64
    return _done(there)


def _done(file: OrderFile) -> Answer:
    return Answer({"fileId": file.id, "success": True, "message": None})


def _shown(order: Order, file: OrderFile) -> dict[str, Any]:
    return {
        "fileId": file.id,
        "orderId": order.id,
        "articleSystemId": None,
        "fileName": file.name,
        "mimeType": file.mime_type,
        "fileDataBase64": file.data,
        "purchaseOrderId": None,
    }


CALLS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", FILES, list_files),
    ("POST", FILES, add_file),
    ("PUT", FILES, put_file),
    ("PUT", FILES + "/{file_id:int}", put_file_by_id),
    ("DELETE", FILES + "/{file_id:int}", delete_file),
)
