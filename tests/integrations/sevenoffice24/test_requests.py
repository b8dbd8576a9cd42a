"""Every request that the gateway makes is what the vendor's own descriptions ask for."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app.errors import LoginRefused
from app.integrations.sevenoffice24 import soap as package
from app.integrations.sevenoffice24.soap.operations import identities_of
from tests.integrations.sevenoffice24.calling import CREDENTIALS, Asked, Client, Office, result
from tests.integrations.sevenoffice24.test_descriptions import FILES, THEIRS, XS

OURS = Path(next(iter(package.__path__))) / "descriptions"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def schema(path: Path, folder: Path) -> etree.XMLSchema:
    """The types of a description. The guid has a namespace, and so a file, of its own."""
    main, *others = etree.parse(path).getroot().iter(f"{XS}schema")
    for index, other in enumerate(others):
        (folder / f"{path.stem}{index}.xsd").write_bytes(etree.tostring(other))
        for imported in main.iter(f"{XS}import"):
            imported.set("schemaLocation", str(folder / f"{path.stem}{index}.xsd"))
    return etree.XMLSchema(etree.fromstring(etree.tostring(main)))


async def every_request() -> list[Asked]:
    office = Office(lambda asked: result(asked.operation, "true" if asked.operation == "SetStockQuantity" else None))
    credentials = CREDENTIALS.model_copy(update={"identity_id": "99999999-8888-7777-6666-555555555555"})
    it = Client(office, credentials=credentials)
    soap = it.soap
    await soap.get_products({"ProductIds": [1, 2], "DateChanged": NOON, "No": "A"}, ["Id", "No"])
    await soap.get_products({}, ["Id"])
    await soap.get_product_categories()
    await soap.set_stock_quantity(1042, Decimal("2.5"))
    search: dict[str, Any] = {"OrderIds": [1], "OrderStates": ["Confirmed"], "ChangedAfter": NOON}
    await soap.get_invoices(search, ["OrderId", "InvoiceRows"], ["RowId"])
    await soap.get_order_sync_list()
    await soap.get_order_sync_list(NOON)
    await soap.save_invoices([{"SendToFactoring": True, "OrderStatus": "OrderState_Sent", "CustomerId": 2, "OrderId": 1}])
    await soap.get_delivery_methods()
    await soap.get_companies({"CompanyIds": [1]}, ["Id", "PhoneNumbers"])
    await soap.get_company_sync_list(1, NOON)
    await soap.get_identities()
    with pytest.raises(LoginRefused):  # this office wants a session for it
        await identities_of(it.calls, credentials)
    soap.begin_run()
    await soap.get_delivery_methods()
    return office.asked


def service(asked: Asked) -> str:
    return next(name for name in FILES if name in asked.url.rpartition("/")[2].lower())


@pytest.mark.parametrize("whose", ["ours", "the vendor's"])
async def test_every_request_is_valid(whose: str, tmp_path: Path) -> None:
    if whose != "ours" and not THEIRS.is_dir():
        pytest.skip("the vendor's WSDLs are not beside this copy")
    paths = {name: OURS / f"{name}.wsdl" if whose == "ours" else THEIRS / f"{file}.wsdl" for name, file in FILES.items()}
    schemas = {name: schema(path, tmp_path) for name, path in paths.items()}
    requests = await every_request()
    wrong = [
        (asked.operation, str(schemas[service(asked)].error_log))
        for asked in requests
        if not schemas[service(asked)].validate(etree.fromstring(etree.tostring(asked.request)))
    ]
    assert wrong == []
    assert {asked.operation for asked in requests} == {
        "Login",
        "HasSession",
        "GetIdentities",
        "GetIdentitiesWithCredential",
        "GetProducts",
        "GetCategories",
        "SetStockQuantity",
        "GetInvoices",
        "GetOrderSyncList",
        "SaveInvoices",
        "GetDeliveryMethods",
        "GetCompanies",
        "GetCompanySyncList",
    }
