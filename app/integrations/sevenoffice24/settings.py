"""What a 24SevenOffice (Finago Office) connection can set. What the vendor does not say is a setting.

The numbers (Q1 …) are those of the list of open questions in docs/connecting-24sevenoffice.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationInfo, field_validator, model_validator

from app.errors import nearest
from app.given import Flag
from app.integrations.protocol import ConnectionSettings, StockSettings
from app.integrations.protocol.choices.articles import ArticleSettings
from app.integrations.protocol.quantities import StockFigure
from app.integrations.protocol.settings import LONGEST_HOURS

OrderState = Literal[
    "None",
    "Offer",
    "Pack",
    "Invoiced",
    "Web",
    "Repeating",
    "CollectingOrder",
    "Return",
    "Distribution",
    "Rest",
    "ForInvoicing",
    "OvertimeRent",
    "Confirmed",
    "OrderState_Sent",
    "Production",
    "PaymentReminder",
    "OnAccount",
    "Lending",
    "InvoicedCashAccount",
    "InvoicedPack",
    "Inactive",
    "Hours",
    "OrderState_SuperStore",
    "Draft",
]
"""The wire's words for an order's status. Upstream: 24SevenOffice, order status values."""
STATES: tuple[OrderState, ...] = get_args(OrderState)
CompanyType = Literal["None", "Lead", "Consumer", "Business", "Supplier"]
_SUPPLIERS: list[CompanyType] = ["Supplier"]
_TRANSFERRED: list[OrderState] = ["Confirmed"]
_KEPT: list[OrderState] = ["Production", "Pack", "CollectingOrder"]
_DONE: list[OrderState] = [
    "OrderState_Sent",
    "Rest",
    "ForInvoicing",
    "Invoiced",
    "InvoicedCashAccount",
    "InvoicedPack",
    "PaymentReminder",
]
PRODUCT_MEMBERS = frozenset(
    (
        *("CashPriceIncTax", "WebPrice", "SupplierId", "Id", "Name", "TaxRate", "Stock", "StatusId", "CategoryId"),
        *("PriceGroupID", "InPrice", "Description", "DescriptionLong", "Cost", "EAN1", "Price", "No", "DateChanged"),
        *("Weight", "MinimumStock", "OrderProposal", "StockLocation", "SupplierProductCode", "SupplierProductName"),
        *("Web", "ProductCode", "StockControlled", "NewOffer", "NewProduct"),
    )
)
ORDER_MEMBERS = frozenset(
    (
        *("OrderId", "CustomerId", "CustomerName", "CustomerDeliveryName", "CustomerDeliveryPhone", "Addresses"),
        *("OrderStatus", "InvoiceId", "DateOrdered", "DateInvoiced", "DateChanged", "PaymentTime", "CustomerReferenceNo"),
        *("ProjectId", "OurReference", "IncludeVAT", "YourReference", "OrderTotalIncVat", "OrderTotalVat"),
        *("InvoiceTitle", "InvoiceText", "Paid", "OCR", "CustomerOrgNo", "Currency", "PaymentMethodId"),
        *("ProductionManagerId", "SalesOpportunityId", "TypeOfSaleId", "Distributor", "DistributionMethod"),
        *("DepartmentId", "ExternalStatus", "InvoiceEmailAddress", "InvoiceRows", "ProductionNumber", "DeliveryDate"),
        *("ReferenceInvoiceId", "ReferenceOrderId", "ReferenceNumber", "SkipStock", "AccrualDate", "AccrualLength"),
        *("RoundFactor", "InvoiceTemplateId", "VippsNumber", "DeliveryMethod", "DeliveryAlternative", "SendToFactoring"),
        *("Commission", "UserDefinedDimensions", "GLNNumber", "CustomerDeliveryId"),
    )
)
"""What can be asked of a product and of an order. Upstream: 24SevenOffice, types."""


class SevenOfficeStock(StockSettings):
    """Requirement: 24SevenOffice, stock."""

    figure: StockFigure = Field(
        StockFigure.ON_SHELF,
        description="The WMS's figure that the ERP's stock is compared with: all that is on the shelf, or what may be sold.",
    )


class SevenOfficeAdapterSettings(ConnectionSettings):
    """A 24SevenOffice connection. Defaults: requirement, 24SevenOffice."""

    retired: ClassVar[Mapping[str, str]] = {
        **ConnectionSettings.retired,
        "settings.calls_per_hour": "GATEWAY_24SEVENOFFICE_CALLS_PER_HOUR",
    }
    filters: ClassVar[frozenset[str]] = frozenset(("order_states", "imported_status", "kept_states", "done_states"))

    deep_sweep_hours: float = Field(
        1,
        ge=0.01,
        le=LONGEST_HOURS,
        description="How often orders that are open in the warehouse are asked for by their ids, in hours. It finds those that "
        "were deleted. An order that changes its status is found by the next poll.",
    )

    # calls
    call_timeout_seconds: float = Field(
        90, ge=0.01, le=600, description="How long one call may take, in seconds. Long lists take the ERP a while."
    )

    # times and lists
    time_zone: str = Field("UTC", description="(Q1) Time zone (IANA name) of the ERP's dates that name none.")
    overlap_minutes: float = Field(
        5, ge=2, le=24 * 60, description="(Q1) How far a poll looks back before the newest record it has seen, in minutes."
    )
    list_first_hours: float = Field(
        24,
        ge=0.01,
        le=LONGEST_HOURS,
        description="A poll that looks back further than this, in hours, asks for the ids of orders first, and then for the "
        "orders in batches.",
    )
    ids_per_call: int = Field(200, ge=1, le=1000, description="(Q7) How many orders, products or companies one call asks for.")
    load_by_category: Flag = Field(
        True,
        description="(Q5) The first load of products goes by their categories, in batches. Off: one list of them all, where "
        "products have no categories.",
    )

    # articles
    weight_unit: Literal["kg", "g"] = Field("kg", description="(Q6) The unit of a product's weight in the ERP.")
    article_number_fallback: str | None = Field(
        None,
        pattern=r"^[^{}]*\{id\}[^{}]*$",
        description="Article number for products without one. {id} stands for the product's id, like 24SO-{id}. Without this "
        "setting such products are skipped with the reason.",
    )

    # suppliers
    supplier_types: list[CompanyType] = Field(
        default_factory=_SUPPLIERS.copy,
        min_length=1,
        description="(Q8) Types of company that are suppliers, in the API's words. A company has one type only: a firm that is "
        "customer and supplier may be a Business. A full sync of suppliers reads those of a type that is added.",
    )

    # orders
    order_states: list[OrderState] = Field(
        default_factory=_TRANSFERRED.copy,
        min_length=1,
        description="Statuses whose orders are transferred, in the API's words. An order that leaves them is cancelled in "
        "the WMS unless its new status is one of `kept_states` or `done_states`.",
    )
    kept_states: list[OrderState] = Field(
        default_factory=_KEPT.copy,
        description="(Q2) Statuses in which an order is not transferred, and one that is in the WMS stays there.",
    )
    done_states: list[OrderState] = Field(
        default_factory=_DONE.copy,
        description="(Q2) Statuses of orders that the ERP is done with: nothing of them is sent any more.",
    )
    deleted_after_polls: int = Field(
        2,
        ge=1,
        le=10,
        description="(Q5) An order counts as deleted, and is cancelled in the WMS, when so many polls have asked for it by its "
        "id and have not been given it.",
    )
    quantity_field: Literal["Quantity", "QuantityOrdered", "QuantityRest"] = Field(
        "Quantity", description="(Q9) The row's field that says how many pieces are to be sent."
    )
    default_currency: str = Field(
        "NOK", pattern="^[A-Z]{3}$", description="Currency (ISO 4217) of orders that name none: the ERP's own."
    )
    line_prices: Flag = Field(
        False, description="Send the prices of order lines, without VAT. They are sent anyway with `customs_required`."
    )
    pick_up_methods: list[str] = Field(
        default_factory=list,
        description="Delivery methods, by id or description, whose orders are picked up: they need no address.",
    )

    # status
    sent_status: OrderState = Field("OrderState_Sent", description="(Q2) The status that an order gets when all of it was sent.")
    partial_status: OrderState | None = Field(
        None,
        description="(Q9) The status that an order gets when a part of it was sent. Null: none, the order stays open until it is "
        "complete.",
    )
    imported_status: OrderState | None = Field(
        None,
        description="The status that an order gets when it has come into the WMS, like Pack; with `processes.import_status`. "
        "Orders in it are polled as those in `order_states` are.",
    )
    skip_stock_on_status: Flag = Field(
        False,
        description="(Q2) Send SkipStock with a status, so that the ERP leaves its stock alone. What else that skips is unknown.",
    )

    stock: SevenOfficeStock = Field(default_factory=lambda: SevenOfficeStock())

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {value!r}: give one like Europe/Oslo") from error
        return value

    @field_validator("extra_article_fields", "extra_order_fields")
    @classmethod
    def _known_members(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        _in_erp(value.values(), PRODUCT_MEMBERS if info.field_name == "extra_article_fields" else ORDER_MEMBERS)
        return value

    @field_validator("articles")
    @classmethod
    def _known_product_members(cls, value: ArticleSettings) -> ArticleSettings:
        _in_erp(value.paths, PRODUCT_MEMBERS)
        return value

    @model_validator(mode="after")
    def _imported_is_named(self) -> Self:
        if self.processes.import_status and self.imported_status is None:
            raise ValueError("import_status is switched on: name the status in imported_status, like Pack")
        return self

    @model_validator(mode="after")
    def _sent_is_no_start(self) -> Self:
        if self.sent_status in self.transferred_states:
            raise ValueError(f"orders in {self.sent_status} were sent: take it out of order_states and imported_status")
        return self

    @property
    def transferred_states(self) -> tuple[OrderState, ...]:
        """Those of orders that are to be in the warehouse."""
        return tuple(dict.fromkeys((*self.order_states, *((self.imported_status,) if self.imported_status else ()))))

    @property
    def completed_states(self) -> frozenset[OrderState]:
        """Those of orders that the ERP is done with."""
        return frozenset((*self.done_states, self.sent_status)) - {*self.transferred_states, self.partial_status}

    @property
    def leaving_states(self) -> tuple[OrderState, ...]:
        """Those that cancel an order which was transferred."""
        kept = {*self.transferred_states, *self.completed_states, *self.kept_states, self.partial_status}
        return tuple(state for state in STATES if state not in kept)


def _in_erp(paths: Iterable[str], known: frozenset[str]) -> None:
    """Raises ValueError for a path to what the ERP does not have."""
    for path in paths:
        first = path.partition(".")[0]
        if first not in known:
            meant = nearest(first, known)
            raise ValueError(f"the ERP has no {first}" + (f": did you mean {meant}?" if meant else ""))


def own_settings(given: ConnectionSettings) -> SevenOfficeAdapterSettings:
    """The settings of a 24SevenOffice connection, as what they are. Raises TypeError for another system's."""
    if not isinstance(given, SevenOfficeAdapterSettings):
        raise TypeError(f"settings of another integration: {type(given).__name__}")
    return given
