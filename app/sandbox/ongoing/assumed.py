"""Every status code and text that the vendor documents nowhere, in one place.

INF marks what is inferred by us. The few that were observed on live tenants say so. Nobody may build on the exact words: they are
here to try a caller that classifies by status and shows the text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from app.sandbox.kit import requests

WILDCARDS = "!%_^\\"


class Refused(requests.Refused):
    """The call is refused with `status` and `message`; `headers` go into the answer."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(requests.Answer({"Message": message}, status, headers or {}))


# ---- the call as such


def login_refused() -> Refused:
    """401 is observed; the text is INF."""
    return Refused(401, "Authorization has been denied for this request.", {"WWW-Authenticate": 'Basic realm="Ongoing WMS"'})


def goods_owner_refused(goods_owner_id: int) -> Refused:
    """INF: that it is 403, for a goods owner that does not exist as well as for one that this user may not see."""
    return Refused(403, f"The user has no access to goods owner {goods_owner_id}.")


def locked_out(seconds: float) -> Refused:
    """INF: the vendor's page breaks off inside the status code ("42…"); Retry-After in whole seconds is assumed."""
    headers = {"Retry-After": str(max(1, math.ceil(seconds)))}
    return Refused(429, "Too many consecutive failed calls to this method. Try again later.", headers)


def no_such_route(path: str) -> Refused:
    """INF: the words of the web framework that the vendor uses."""
    return Refused(404, f"No HTTP resource was found that matches the request URI '{path}'.")


def method_refused(method: str) -> Refused:
    """INF."""
    return Refused(405, f"The requested resource does not support http method '{method}'.")


def media_type_refused(content_type: str) -> Refused:
    """INF."""
    return Refused(415, f"The request entity's media type '{content_type}' is not supported for this resource.")


def body_refused(faults: Iterable[str]) -> Refused:
    """INF: 400 and the words; `faults` are place and reason."""
    return Refused(400, "The request is invalid. " + "; ".join(faults))


def query_refused(name: str, reason: str) -> Refused:
    """INF, like `body_refused`, for a query parameter."""
    return Refused(400, f"The request is invalid. Query parameter '{name}': {reason}")


def too_far_back(name: str, hours: int) -> Refused:
    """400 with a text that says so: observed for stockInfoChangedFrom (24 hours); INF for orderUpdatedTimeFrom (2 days)."""
    return Refused(400, f"The value of '{name}' must be within {hours} hours of the current time.")


SERVER_FAULT = "An error has occurred."
"""Observed: 500 with this text under a capitalised `Message`."""

LOGIN_FAULT = "An error has occurred. Login failed: wrong user name or password."
"""INF: a refused login that comes as a 500, which only its text gives away."""


# ---- orders


def no_such_order(name: object) -> Refused:
    """INF. `name` is an order id, or an order number."""
    return Refused(404, f"The order {name} was not found.")


def no_such_parcel(parcel_id: int) -> Refused:
    """INF."""
    return Refused(404, f"The parcel {parcel_id} was not found.")


def no_such_file(file_id: int) -> Refused:
    """INF."""
    return Refused(404, f"The file {file_id} was not found.")


def no_such_order_line(line_id: int) -> Refused:
    """INF."""
    return Refused(404, f"The order line {line_id} was not found.")


def order_started(number: str, status: int, text: str) -> Refused:
    """INF: the vendor only says that update and cancel are refused once the warehouse has started."""
    return Refused(
        400, f"The order {number} cannot be changed: the warehouse has started working on it (status {status} {text})."
    )


def order_cancelled(number: str) -> Refused:
    """INF: an update of a cancelled order."""
    return Refused(400, f"The order {number} cannot be changed: it is cancelled.")


def already_cancelled(number: str) -> Refused:
    """INF; one integrator matches the text "already … cancel"."""
    return Refused(400, f"The order {number} is already cancelled.")


def row_number_twice(place: str, row_number: str) -> Refused:
    """INF."""
    return Refused(400, f"The request is invalid. {place}: row number '{row_number}' occurs more than once.")


def unknown_transporter(place: str, code: str | None, service: str | None) -> Refused:
    """INF."""
    return Refused(
        400, f"The request is invalid. {place}: there is no transporter contract for code '{code}', service '{service}'."
    )


def unknown_warehouse(warehouse_id: int) -> Refused:
    """INF."""
    return Refused(400, f"The request is invalid. warehouseId: there is no warehouse {warehouse_id}.")


def unknown_article(place: str, number: str) -> Refused:
    """INF: only where the warehouse is set up to refuse unknown articles."""
    return Refused(400, f"The request is invalid. {place}: there is no article '{number}'.")


def unknown_status(number: int) -> Refused:
    """INF."""
    return Refused(400, f"The request is invalid. orderStatusNumber: there is no order status {number}.")


def allocated_not_picked(number: str) -> Refused:
    """INF from the SOAP pages: a jump to 400 or above is refused while allocated goods are not picked."""
    return Refused(400, f"The status of order {number} cannot be changed: it has allocated goods that are not picked.")


def number_taken(kind: str, number: str) -> Refused:
    """INF: an update by id that would give the record the number of another."""
    return Refused(400, f"There is already another {kind} with the number {number}.")


def other_goods_owner(kind: str, record_id: int, goods_owner_id: int) -> Refused:
    """INF: an update by id whose body names another goods owner."""
    return Refused(
        400, f"The request is invalid. goodsOwnerId: the {kind} {record_id} does not belong to goods owner {goods_owner_id}."
    )


def back_order_number(number: str, sequence: int) -> str:
    """INF: no source says how the warehouse numbers a back order."""
    return f"{number}-{sequence}"


# ---- returns and purchase orders


def no_such_record(kind: str, name: object) -> Refused:
    """INF. `name` is an id or a number."""
    return Refused(404, f"The {kind} {name} was not found.")


def order_not_returnable(order_id: int) -> Refused:
    """INF: a return order that refers to an order which this goods owner does not have."""
    return Refused(400, f"The request is invalid. customerOrder.orderId: there is no order {order_id}.")


def line_not_returnable(place: str, line_id: int, order_id: int) -> Refused:
    """INF."""
    return Refused(400, f"The request is invalid. {place}: the order {order_id} has no line {line_id}.")


def unknown_return_cause(place: str, code: str) -> Refused:
    """INF."""
    return Refused(400, f"The request is invalid. {place}: there is no return cause '{code}'.")


def inbound_started(kind: str, number: str) -> Refused:
    """INF: the vendor only says that update and cancel are refused once receiving has begun."""
    return Refused(400, f"The {kind} {number} cannot be changed: the warehouse has started receiving it.")


def record_cancelled(kind: str, number: str) -> Refused:
    """INF: an update, or a second cancellation, of a cancelled record."""
    return Refused(400, f"The {kind} {number} is already cancelled.")


def unknown_status_of(field: str, number: int) -> Refused:
    """INF."""
    return Refused(400, f"The request is invalid. {field}: there is no status {number}.")


# ---- articles


def no_such_article(article_id: int) -> Refused:
    """INF."""
    return Refused(404, f"The article {article_id} was not found.")


def wildcard_in_number(place: str, number: str) -> Refused:
    """INF: the vendor states no rule; the requirement (Ongoing WMS: articles) forbids them because they are search wildcards."""
    return Refused(400, f"The request is invalid. {place}: '{number}' contains one of the characters {' '.join(WILDCARDS)}")


# ---- answers to writes


def written(kind: str, number: str, created: bool, side_effects: Iterable[str] = ()) -> str:
    """INF: the words. That HTML breaks and side effects can be in them is from the vendor's samples."""
    return "<br/>".join([f"The {kind} {number} was {'created' if created else 'updated'}.", *side_effects])


def cancelled(number: str) -> str:
    """INF."""
    return f"The order {number} was cancelled."
