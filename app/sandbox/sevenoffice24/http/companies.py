"""CompanyService."""

from __future__ import annotations

from collections.abc import Mapping

from app.sandbox.kit.paging import page_of
from app.sandbox.sevenoffice24.http.calls import Call, Handler, Result, chosen, searched
from app.sandbox.sevenoffice24.wire.company import COMPANY
from app.sandbox.sevenoffice24.wire.envelopes import unprocessable
from app.sandbox.sevenoffice24.wire.tables import ListOf

PAGE_SIZE = 1000


def get_companies(call: Call) -> Result:
    """Something must be searched for."""
    names = chosen(call.values.get("returnProperties"), COMPANY, call.config)
    wanted = searched(call)
    companies = call.tenant.companies
    if not any(wanted.values()):
        raise unprocessable("At least one search parameter must be specified")
    return Result(companies.search(wanted), ListOf("Company", COMPANY.only(names)))


def get_company_sync_list(call: Call) -> Result:
    wanted = call.values.get("syncSearchParameters", {})
    page = page_of(call.tenant.companies.sync_list(wanted), max(1, wanted.get("Page", 1)), PAGE_SIZE)
    counts = {"CurrentPage": page.number, "TotalPages": page.pages, "TotalItems": page.total, "ItemsPerPage": page.size}
    return Result({**counts, "Items": list(page.items)})


HANDLERS: Mapping[str, Handler] = {"GetCompanies": get_companies, "GetCompanySyncList": get_company_sync_list}
