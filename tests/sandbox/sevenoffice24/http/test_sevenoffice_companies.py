"""CompanyService, as section 4 of the contract has it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.sandbox.sevenoffice24.calling import Site, names

ASKED = names(
    "returnProperties", "Id", "OrganizationNumber", "Name", "Addresses", "PhoneNumbers", "EmailAddresses", "Type", "DateChanged"
)
NAME = names("returnProperties", "Name")
SYNC = "<syncSearchParameters>{}</syncSearchParameters>"
ANY = '<Active xsi:nil="true"/>'


def search(content: str) -> str:
    return f"<searchParams>{content}</searchParams>"


async def test_a_company_as_the_contract_shows_it(site: Site) -> None:
    site.tenant.add_company("Ullvarefabrikken AS", Type="Supplier")
    (company,) = await site.result("GetCompanies", search("<ChangedAfter>2026-05-04T07:58:00Z</ChangedAfter>") + ASKED)
    assert company == {
        "Id": "2200",
        "OrganizationNumber": "999888777",
        "Name": "Ullvarefabrikken AS",
        "Addresses": {
            "Post": {"Street": "Postboks 1", "PostalCode": "0101", "PostalArea": "OSLO", "Country": "NO"},
            "Delivery": {"Street": "Kaia 7", "PostalCode": "0150", "PostalArea": "OSLO", "Country": "NO"},
            "Invoice": {"Street": "Postboks 1", "PostalCode": "0101", "PostalArea": "OSLO", "Country": "NO"},
        },
        "PhoneNumbers": {
            "Mobile": {"Value": "+4791111111"},
            "Work": {"Description": "Sentralbord", "Value": "+4755555555"},
        },
        "EmailAddresses": {
            "Invoice": {"Value": "faktura@fjordsport.example"},
            "Primary": {"Value": "post@fjordsport.example"},
        },
        "Type": "Supplier",
        "DateChanged": "2026-05-04T08:00:00",
    }


@pytest.mark.parametrize("content", ["", search(""), search("<CompanyIds/>"), search("<CompanyName></CompanyName>")])
async def test_something_must_be_searched_for(site: Site, content: str) -> None:
    fault = await site.fault("GetCompanies", content)
    assert fault.endswith("---> At least one search parameter must be specified")


async def test_everything_that_is_searched_for_must_fit(site: Site) -> None:
    site.tenant.add_company("A", ExternalId="x-1")
    site.clock.at += timedelta(minutes=5)
    site.tenant.add_company("B", PhoneNumbers={"Work": {"Value": "123"}}, EmailAddresses={"Work": {"Value": "b@example.no"}})

    async def found(content: str) -> list[str]:
        return [row["Name"] for row in await site.result("GetCompanies", search(content) + NAME) or []]

    assert await found("<CompanyId>2201</CompanyId>") == ["B"]
    assert await found("<CompanyIds><int>2201</int><int>2200</int><int>7</int></CompanyIds>") == ["A", "B"]
    assert await found("<ChangedAfter>2026-05-04T08:00:00Z</ChangedAfter>") == ["B"]
    assert await found("<ExternalId>x-1</ExternalId>") == ["A"]
    assert await found("<OrganizationNumber>999888777</OrganizationNumber>") == ["A", "B"]
    assert await found("<CompanyEmail>b@example.no</CompanyEmail><CompanyPhone>123</CompanyPhone>") == ["B"]
    assert await found("<CompanyName>A</CompanyName><CompanyPhone>123</CompanyPhone>") == []


async def test_a_page_of_the_list_of_all(site: Site) -> None:
    for number in range(1001):
        site.tenant.add_company(f"K{number}")
    site.clock.at += timedelta(minutes=5)
    site.tenant.delete_company(2201)
    site.tenant.change_company(2202, Name="Renamed")
    page = await site.result("GetCompanySyncList", SYNC.format(f"<Page>2</Page>{ANY}"))
    counts = (page["CurrentPage"], page["TotalPages"], page["TotalItems"], page["ItemsPerPage"])
    assert counts == ("2", "2", "1001", "1000")
    assert [one["CompanyId"] for one in page["Items"]] == ["3200"]
    deleted = await site.result("GetCompanySyncList", SYNC.format("<Active>false</Active>"))
    assert [(one["CompanyId"], one["Active"]) for one in deleted["Items"]] == [("2201", "false")]
    since = f"{ANY}<ChangedAfter>2026-05-04T08:01:00Z</ChangedAfter>"
    changed = await site.result("GetCompanySyncList", SYNC.format(since))
    assert [one["CompanyId"] for one in changed["Items"]] == ["2201", "2202"]
