"""ProductService: products, their categories, and their stock."""

from __future__ import annotations

from dataclasses import replace

from app.sandbox.sevenoffice24.wire.common import API_EXCEPTION, INTS, STRINGS, Service, operation
from app.sandbox.sevenoffice24.wire.scalars import FLAG
from app.sandbox.sevenoffice24.wire.tables import ListOf, sequence

SEARCH = sequence(
    "ProductSearchParameters",
    "Id:int CategoryId:int No:string EAN1:string Name:string Price:decimal DateChanged:dateTime ProductIds:ArrayOfInt",
    {"ArrayOfInt": INTS},
)
PRODUCT = replace(
    sequence(
        "Product",
        "CashPriceIncTax:double WebPrice:decimal SupplierId:int Id:int Name:string TaxRate:decimal Stock:decimal"
        " StatusId:int CategoryId:int PriceGroupID:int InPrice:decimal Description:string DescriptionLong:string Cost:decimal"
        " EAN1:string Price:decimal No:string DateChanged:dateTime APIException:APIException Weight:decimal"
        " MinimumStock:decimal OrderProposal:decimal StockLocation:string SupplierProductCode:string"
        " SupplierProductName:string Web:boolean? ProductCode:string StockControlled:boolean? NewOffer:boolean?"
        " NewProduct:boolean?",
        {"APIException": API_EXCEPTION},
    ),
    is_record=True,
)
CATEGORY = sequence(
    "Category", "Id:int Name:string No:string ParentId:int APIException:APIException", {"APIException": API_EXCEPTION}
)

SERVICE = Service(
    "/Logistics/Product/V001/ProductService.asmx",
    (
        operation("SetStockQuantity", FLAG, "productId:int! stockQuantity:decimal!"),
        operation(
            "GetProducts",
            ListOf("Product", PRODUCT),
            "searchParams:ProductSearchParameters returnProperties:ArrayOfString",
            {"ProductSearchParameters": SEARCH, "ArrayOfString": STRINGS},
        ),
        operation("GetCategories", ListOf("Category", CATEGORY), "returnProperties:ArrayOfString", {"ArrayOfString": STRINGS}),
    ),
)
