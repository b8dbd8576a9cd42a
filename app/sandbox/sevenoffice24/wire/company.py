"""CompanyService: customers and suppliers."""

from __future__ import annotations

from dataclasses import replace

from app.sandbox.sevenoffice24.wire.common import ADDRESSES, API_EXCEPTION, INTS, STRINGS, Service, operation
from app.sandbox.sevenoffice24.wire.scalars import choice
from app.sandbox.sevenoffice24.wire.tables import ListOf, sequence

COMPANY_TYPE = choice("CompanyType", "None", "Lead", "Consumer", "Business", "Supplier")
DISTRIBUTION_METHOD = choice("DistributionMethod", "Unchanged", "Print", "EMail", "ElectronicInvoice", "Default")
CURRENCY_TYPE = choice("CurrencyType", "LOCAL", "DKK", "EUR", "GBP", "NOK", "SEK", "USD")

SEARCH = sequence(
    "CompanySearchParameters",
    "ExternalId:string CompanyId:int CompanyIds:ArrayOfInt CompanyName:string ChangedAfter:dateTime CompanyEmail:string"
    " CompanyPhone:string OrganizationNumber:string",
    {"ArrayOfInt": INTS},
)
SYNC = sequence("SyncSearchParameters", "Page:int Active:boolean!? ChangedAfter:dateTime RegisteredAfter:dateTime")
SYNC_COMPANY = sequence(
    "SyncCompany", "CompanyId:int ExternalId:string DateChanged:dateTime DateRegistered:dateTime! Active:boolean!"
)
PAGE = sequence(
    "PageOfSyncCompany",
    "CurrentPage:long! TotalPages:long! TotalItems:long! ItemsPerPage:long! Items:ArrayOfSyncCompany",
    {"ArrayOfSyncCompany": ListOf("SyncCompany", SYNC_COMPANY)},
)
PHONE = sequence("PhoneNumber", "Description:string Value:string")
PHONES = replace(
    sequence(
        "PhoneNumbers",
        "Home:PhoneNumber Fax:PhoneNumber Mobile:PhoneNumber Primary:PhoneNumber Work:PhoneNumber",
        {"PhoneNumber": PHONE},
    ),
    has_nil_members=True,
)
EMAIL = sequence("EmailAddress", "Description:string Name:string Value:string")
EMAILS = replace(
    sequence(
        "EmailAddresses",
        "Home:EmailAddress Invoice:EmailAddress Primary:EmailAddress Work:EmailAddress Alternative:EmailAddress",
        {"EmailAddress": EMAIL},
    ),
    has_nil_members=True,
)
RELATION = sequence(
    "Relation",
    "ContactId:int CompanyId:int FirstName:string LastName:string Role:string RoleId:int PhoneNumbers:PhoneNumbers"
    " EmailAddresses:EmailAddresses Fax:string",
    {"PhoneNumbers": PHONES, "EmailAddresses": EMAILS},
)
MAP = sequence("CompanyMap", "MapType:int! ExternalId:string CompanyId:int!")
COMPANY = replace(
    sequence(
        "Company",
        "APIException:APIException Id:int ExternalId:string OrganizationNumber:string Name:string FirstName:string"
        " NickName:string Addresses:Addresses PhoneNumbers:PhoneNumbers EmailAddresses:EmailAddresses Url:string"
        " Country:string Note:string InvoiceLanguage:string Type:CompanyType=None Username:string Password:string"
        " IncorporationDate:dateTime DateCreated:dateTime Status:int PriceList:int Owner:int BankAccountNo:string"
        " BankAccountType:string BankAccountCountry:string BankAccountBic:string TermsOfDeliveryId:int AccountDebit:short=0"
        " AccountCredit:short=0 Discount:decimal=0.0 TypeGroup:int ShareCapital:decimal NumberOfEmployees:int"
        " Turnover:decimal Profit:decimal IndustryId:int MemberNo:int DateChanged:dateTime BlockInvoice:boolean=false"
        " Relations:ArrayOfRelation Maps:ArrayOfCompanyMap DistributionMethod:DistributionMethod=Unchanged"
        " CurrencyId:CurrencyType=LOCAL PaymentTime:short GlnNumber:string Factoring:boolean? LedgerCustomerAccount:short"
        " LedgerSupplierAccount:short VatNumber:string Private:boolean? ExplicitlySpecifyNewCompanyId:boolean?",
        {
            "APIException": API_EXCEPTION,
            "Addresses": ADDRESSES,
            "PhoneNumbers": PHONES,
            "EmailAddresses": EMAILS,
            "CompanyType": COMPANY_TYPE,
            "ArrayOfRelation": ListOf("Relation", RELATION),
            "ArrayOfCompanyMap": ListOf("CompanyMap", MAP),
            "DistributionMethod": DISTRIBUTION_METHOD,
            "CurrencyType": CURRENCY_TYPE,
        },
    ),
    is_record=True,
)

SERVICE = Service(
    "/CRM/Company/V001/CompanyService.asmx",
    (
        operation("GetCompanySyncList", PAGE, "syncSearchParameters:SyncSearchParameters", {"SyncSearchParameters": SYNC}),
        operation(
            "GetCompanies",
            ListOf("Company", COMPANY),
            "searchParams:CompanySearchParameters returnProperties:ArrayOfString",
            {"CompanySearchParameters": SEARCH, "ArrayOfString": STRINGS},
        ),
    ),
)
