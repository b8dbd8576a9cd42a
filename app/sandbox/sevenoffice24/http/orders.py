"""InvoiceService."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from app.sandbox.sevenoffice24.http.calls import Call, Handler, Result, chosen, searched
from app.sandbox.sevenoffice24.model.office import Refusal
from app.sandbox.sevenoffice24.model.saving import RefusedItem
from app.sandbox.sevenoffice24.wire.common import API_EXCEPTION
from app.sandbox.sevenoffice24.wire.envelopes import unprocessable
from app.sandbox.sevenoffice24.wire.invoice import ORDER, ROW
from app.sandbox.sevenoffice24.wire.tables import ListOf, Values, sequence

ALONE = sequence("SaveInvoicesResult", "APIException:APIException", {"APIException": API_EXCEPTION})
"""An exception directly under the result, which no description has."""


def get_invoices(call: Call) -> Result:
    """Rows are there only when they are asked for."""
    wanted = searched(call)
    names = chosen(call.values.get("invoiceReturnProperties"), ORDER, call.config)
    rows = ROW.only(chosen(call.values.get("rowReturnProperties"), ROW, call.config))
    orders = call.tenant.orders
    widest, moment = call.config.widest_search_days, wanted.get("ChangedAfter")
    if widest is not None and moment is not None and moment < call.office.clock() - timedelta(days=widest):
        raise unprocessable("Timeout expired. The timeout period elapsed prior to completion of the operation.")
    shown = ORDER.only(names, {"InvoiceRows": ListOf("InvoiceRow", rows)})
    return Result([one.values for one in orders.search(wanted)], ListOf("InvoiceOrder", shown))


def get_order_sync_list(call: Call) -> Result:
    return Result(call.tenant.orders.sync_list(call.values.get("syncParams", {})))


def save_invoices(call: Call) -> Result:
    """Each order that is not taken has its reason; or nothing is saved and the reason stands alone, as the settings say."""
    saving, given = call.tenant.saving, call.values.get("invoices", [])
    if call.config.save_errors == "result":
        try:
            for one in given:
                saving.check(one)
        except RefusedItem as error:
            _refuse(call, error)
            return Result({"APIException": error.as_values()}, ALONE)
    return Result([_saved(call, one) for one in given])


def _saved(call: Call, given: Values) -> Values:
    try:
        return call.tenant.saving.save(given)
    except RefusedItem as error:
        _refuse(call, error)
        return {**given, "APIException": error.as_values()}


def _refuse(call: Call, error: RefusedItem) -> None:
    call.office.refusals.append(Refusal("item", "SaveInvoices", str(error)))


def get_delivery_methods(call: Call) -> Result:
    return Result([{"Id": number, "Description": text} for number, text in call.tenant.orders.methods.items()])


HANDLERS: Mapping[str, Handler] = {
    "GetInvoices": get_invoices,
    "GetOrderSyncList": get_order_sync_list,
    "SaveInvoices": save_invoices,
    "GetDeliveryMethods": get_delivery_methods,
}
