"""What a connection sets about stock: which figure counts, of which warehouses, and what is shown and written."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.given import Flag, Given

LONGEST_SWEEP_HOURS = 8_784
"""A year."""


class ParentQuantity(StrEnum):
    """What is written to a product that keeps one quantity for variations which are articles of their own."""

    NOTHING = "nothing"
    SUM = "sum"


class StockFigure(StrEnum):
    """Which of the WMS's figures an outside system shows."""

    SELLABLE = "sellableNumberOfItems"
    ON_SHELF = "numberOfItems"


class StockSettings(Given):
    """What the shop is told of the stock. Requirement: Ongoing WMS, stock values."""

    figure: StockFigure = Field(
        StockFigure.SELLABLE,
        description="The WMS's figure that the shop is given: what may be sold, or all that is on the shelf, sold or not.",
    )
    floor: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="Lowest quantity that is written, in pieces. The sellable number of the WMS can be negative.",
    )
    deduct_waiting_orders: Flag = Field(
        True, description=("Subtract orders that wait in the gateway: the shop has sold them and the WMS does not know them yet.")
    )
    full_sweep_hours: float = Field(
        12,
        ge=0.01,
        le=LONGEST_SWEEP_HOURS,
        description=("How often all quantities are compared, in hours. This finds quantities that were edited in the shop."),
    )
    parent_quantity: ParentQuantity = Field(
        ParentQuantity.NOTHING,
        description=(
            "What is written to a product that keeps one quantity for variations which are articles of their own. nothing: it is "
            "left as it is, and listed with the reason. sum: what may be sold of all its variations together."
        ),
    )
    warehouses: list[Annotated[int, Field(ge=1, le=2_147_483_647)]] = Field(
        default_factory=list,
        max_length=50,
        description=(
            "The WMS's warehouses whose stock counts, by their ids there. None named: all of them together. A warehouse that the "
            "WMS does not list is refused."
        ),
    )
    adjustments: Flag = Field(
        False,
        description=(
            "Read the WMS's corrections of its stock (counted, found, scrapped) with the stock, show them, and confirm each to "
            "the WMS once."
        ),
    )
    scrapped_causes: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=list,
        max_length=100,
        description=(
            "Codes of the WMS's causes of corrections that mean scrapped goods. A WMS that says so itself needs none. Upper and "
            "lower case are the same."
        ),
    )
    look_only: Flag = Field(
        False,
        description="Only compare the quantities of both sides and show what would be written. Nothing is written to the shop.",
    )

    @property
    def is_on_shelf(self) -> bool:
        """Whether all pieces count that are there, and not only those that may be sold."""
        return self.figure is StockFigure.ON_SHELF

    @property
    def deducts_waiting(self) -> bool:
        """Whether what waits in the gateway is taken off. What is sold and not sent is still on the shelf."""
        return self.deduct_waiting_orders and not self.is_on_shelf
