"""InvoiceService: orders, which are offers before and invoices after, and the ways of delivery."""

from __future__ import annotations

from dataclasses import replace

from app.sandbox.sevenoffice24.wire.common import ADDRESSES, API_EXCEPTION, INTS, STRINGS, Service, operation
from app.sandbox.sevenoffice24.wire.scalars import choice
from app.sandbox.sevenoffice24.wire.tables import ListOf, sequence

STATE = choice(
    "OrderSlipStateType",
    "None", "Offer", "Pack", "Invoiced", "Web", "Repeating", "CollectingOrder", "Return", "Distribution", "Rest", "ForInvoicing",
    "OvertimeRent", "Confirmed", "OrderState_Sent", "Production", "PaymentReminder", "OnAccount", "Lending",
    "InvoicedCashAccount", "InvoicedPack", "Inactive", "Hours", "OrderState_SuperStore", "Draft",
)  # fmt: skip
INVOICED = ("Invoiced", "InvoicedCashAccount", "InvoicedPack")
ROW_TYPE = choice("RowType", "Normal", "Text", "TextBold")
CHANGE_STATE = choice("ChangeState", "None", "Add", "Edit", "Delete")
DISTRIBUTOR = choice("Distributor", "Default", "Manual", "Auto")
DISTRIBUTION_METHOD = choice("DistributionMethod", "Unchanged", "Print", "EMail", "ElectronicInvoice")

SEARCH = sequence(
    "InvoiceSearchParameters",
    "CustomerIds:ArrayOfInt ChangedAfter:dateTime OrderStates:ArrayOfOrderSlipStateType InvoiceIds:ArrayOfInt"
    " OrderIds:ArrayOfInt ExternalStatus:ArrayOfInt",
    {"ArrayOfInt": INTS, "ArrayOfOrderSlipStateType": ListOf("OrderSlipStateType", STATE)},
)
SYNC = sequence("InvoiceSyncParameters", "ChangedAfter:dateTime RegisteredAfter:dateTime!")
DELIVERY_METHOD = sequence("DeliveryMethod", "Id:int Description:string")
CURRENCY = sequence("Currency", "Rate:decimal=1 Unit:short=1 Symbol:string")
TAX_SETTINGS = sequence("TaxSettings", "TaxAccount:int TaxCode:int TaxRate:decimal")
DIMENSIONS = ListOf("UserDefinedDimension", sequence("UserDefinedDimension", "TypeId:int Name:string Value:string"))
ROW = replace(
    sequence(
        "InvoiceRow",
        "ProductId:int RowId:int VatRate:decimal Price:decimal Name:string DiscountRate:decimal Quantity:decimal"
        " QuantityDelivered:decimal QuantityOrdered:decimal QuantityRest:decimal Cost:decimal ChangeState:ChangeState=None"
        " TypeGroupId:int SequenceNumber:short Hidden:boolean=false Type:RowType=Normal InPrice:decimal AccrualDate:dateTime"
        " AccrualLength:int AccountProject:boolean? ProjectId:int DepartmentId:int ProductNo:string TaxSettings:TaxSettings"
        " UserDefinedDimensions:ArrayOfUserDefinedDimension SerialNumber:string",
        {
            "ChangeState": CHANGE_STATE,
            "RowType": ROW_TYPE,
            "TaxSettings": TAX_SETTINGS,
            "ArrayOfUserDefinedDimension": DIMENSIONS,
        },
    ),
    is_record=True,
)
ORDER = replace(
    sequence(
        "InvoiceOrder",
        "OrderId:int CustomerId:int CustomerName:string CustomerDeliveryName:string CustomerDeliveryPhone:string"
        " Addresses:Addresses OrderStatus:OrderSlipStateType=Web InvoiceId:int DateOrdered:dateTime DateInvoiced:dateTime"
        " DateChanged:dateTime PaymentTime:int CustomerReferenceNo:string ProjectId:int OurReference:int IncludeVAT:boolean!?"
        " YourReference:string OrderTotalIncVat:decimal OrderTotalVat:decimal InvoiceTitle:string InvoiceText:string"
        " Paid:dateTime OCR:string CustomerOrgNo:string Currency:Currency PaymentMethodId:int PaymentAmount:decimal"
        " ProductionManagerId:int SalesOpportunityId:int TypeOfSaleId:int Distributor:Distributor=Default"
        " DistributionMethod:DistributionMethod=Unchanged DepartmentId:int ExternalStatus:int InvoiceEmailAddress:string"
        " InvoiceRows:ArrayOfInvoiceRow APIException:APIException ProductionNumber:string DeliveryDate:dateTime"
        " ReferenceInvoiceId:int ReferenceOrderId:int ReferenceNumber:string SkipStock:boolean=false AccrualDate:dateTime"
        " AccrualLength:int RoundFactor:decimal InvoiceTemplateId:guid VippsNumber:string DeliveryMethod:DeliveryMethod"
        " DeliveryAlternative:string SendToFactoring:boolean? Commission:decimal"
        " UserDefinedDimensions:ArrayOfUserDefinedDimension GLNNumber:string CustomerDeliveryId:int",
        {
            "Addresses": ADDRESSES,
            "OrderSlipStateType": STATE,
            "Currency": CURRENCY,
            "Distributor": DISTRIBUTOR,
            "DistributionMethod": DISTRIBUTION_METHOD,
            "ArrayOfInvoiceRow": ListOf("InvoiceRow", ROW),
            "APIException": API_EXCEPTION,
            "DeliveryMethod": DELIVERY_METHOD,
            "ArrayOfUserDefinedDimension": DIMENSIONS,
        },
    ),
    is_record=True,
)
ORDERS = ListOf("InvoiceOrder", ORDER)

SERVICE = Service(
    "/Economy/InvoiceOrder/V001/InvoiceService.asmx",
    (
        operation("GetOrderSyncList", INTS, "syncParams:InvoiceSyncParameters", {"InvoiceSyncParameters": SYNC}),
        operation(
            "GetInvoices",
            ORDERS,
            "searchParams:InvoiceSearchParameters invoiceReturnProperties:ArrayOfString rowReturnProperties:ArrayOfString",
            {"InvoiceSearchParameters": SEARCH, "ArrayOfString": STRINGS},
        ),
        operation("SaveInvoices", ORDERS, "invoices:ArrayOfInvoiceOrder", {"ArrayOfInvoiceOrder": ORDERS}),
        operation("GetDeliveryMethods", ListOf("DeliveryMethod", DELIVERY_METHOD)),
    ),
)
