"""What a WooCommerce connection can set. Everything that is only assumed about a shop is a setting here."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from app.integrations.protocol import ConnectionSettings


class SignatureMethod(StrEnum):
    """The hash of OAuth 1.0a; PLAINTEXT is refused by shops (observed on WooCommerce 11.0.1)."""

    HMAC_SHA256 = "HMAC-SHA256"
    HMAC_SHA1 = "HMAC-SHA1"


class VirtualProducts(StrEnum):
    """What virtual products become in the WMS."""

    STOCK = "stock"
    NON_STOCK = "non-stock"


class VariableParents(StrEnum):
    """What the parent of variations becomes in the WMS."""

    ARTICLE = "article"
    SKIP = "skip"


Notify = bool | Literal["not-sent"]


class WooCommerceSettings(ConnectionSettings):
    """A WooCommerce connection. Defaults: requirement, WooCommerce."""

    # what is transferred
    order_statuses: list[str] = Field(
        default_factory=lambda: ["processing"], min_length=1, description="Order statuses that are sent to the warehouse."
    )
    cancelled_statuses: list[str] = Field(
        default_factory=lambda: ["cancelled", "refunded", "failed", "trash"],
        description="Order statuses that cancel the order in the warehouse, if it has not started. `refunded`: refunded in full.",
    )
    article_statuses: list[str] = Field(
        default_factory=lambda: ["publish"], min_length=1, description="Product statuses that become articles."
    )
    virtual_products: VirtualProducts = Field(
        VirtualProducts.STOCK, description="Whether virtual products become stock articles or non-stock articles."
    )
    leave_out_non_stock_lines: bool = Field(
        False,
        description="Leave order lines out whose product is no stock article (with `virtual_products` = non-stock). "
        "Costs a read per product, remembered for ten minutes.",
    )
    variable_parents: VariableParents = Field(
        VariableParents.ARTICLE, description="Whether the parent of variations becomes an article of its own, or is skipped."
    )
    article_number_fallback: str | None = Field(
        None,
        pattern=r"^[^{}]*\{id\}[^{}]*$",
        description="Article number of products and variations without a SKU of their own, with {id} for their id, like WC-{id}. "
        "Without it such records are skipped with the reason.",
    )

    # article fields
    article_categories: bool = Field(False, description="Send product categories as article classes.")
    send_measures: bool = Field(True, description="Send weight and dimensions.")
    send_price: bool = Field(True, description="Send the shop's price as the article's customer price.")
    weight_unit: Literal["kg", "g", "lbs", "oz"] = Field("kg", description="The shop's unit of weight.")
    dimension_unit: Literal["m", "cm", "mm", "in", "yd"] = Field("cm", description="The shop's unit of length.")
    barcode_meta_key: str | None = Field(
        None,
        description="Meta key of the barcode that the warehouse scans. Without it, or where it is empty: the shop's GTIN field.",
    )
    country_of_origin_meta_key: str | None = Field(
        None, description="Meta key of the country of origin (ISO 3166-1 alpha-2 code or English name)."
    )
    tariff_number_meta_key: str | None = Field(None, description="Meta key of the customs tariff number.")

    # order fields
    notify_by_sms: Notify = Field(True, description="Whether the carrier is to send text messages: true, false or not-sent.")
    notify_by_email: Notify = Field(True, description="Whether the carrier is to send e-mails: true, false or not-sent.")
    send_customer_number: bool = Field(
        False, description="Send the shop's customer id as the customer number (guests have none)."
    )

    # how the shop is called
    rest_version: str = Field("wc/v3", pattern=r"^[a-z0-9-]+/v\d+$", description="Namespace of the shop's REST API.")
    oauth_signature_method: SignatureMethod = Field(
        SignatureMethod.HMAC_SHA256, description="Hash of the OAuth 1.0a signature, used over plain http only."
    )
    accepted_sources: list[str] = Field(
        default_factory=list,
        description="Further home addresses under which the same shop signs its webhooks. Deliveries from any other address are "
        "kept but ignored, with an alert (a staging copy with the production secret).",
    )
    page_size: int = Field(100, ge=2, le=100, description="Records per page of a list.")
    overlap_seconds: int = Field(
        5, ge=1, le=3600, description="How far a poll looks back behind the newest record it has seen, in seconds."
    )
    call_timeout_seconds: float = Field(60, gt=0, le=300, description="Longest time one call may take in all, in seconds.")
    remember_seconds: float = Field(
        600,
        ge=0,
        description="How long customers' e-mail addresses and products read beside a record are remembered, in seconds.",
    )
    max_virtual_pages: int = Field(
        10, ge=0, description="Pages of products that the connection test looks through for virtual products."
    )


class WooCommerceCredentials(BaseModel):
    """Where the shop is, and the keys made under WooCommerce → Settings → Advanced → REST API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shop_url: str = Field(description="The shop's home address, like https://shop.example/. A pasted API address is cut.")
    consumer_key: str = Field(min_length=1, description="Begins with ck_.")
    consumer_secret: SecretStr = Field(min_length=1, description="Begins with cs_.")
    webhook_secret: SecretStr | None = Field(
        None, min_length=1, description="The secret that the shop's webhooks are signed with."
    )

    @field_validator("shop_url")
    @classmethod
    def _home(cls, value: str) -> str:
        return home_address(value)


def home_address(url: str) -> str:
    """The shop's home address with a trailing slash, from what a person pasted. Raises ValueError."""
    text = url.strip()
    if "://" not in text:
        text = f"https://{text}"
    for mark in ("?", "#", "/wp-json", "/wc-api", "/wp-admin"):
        text = text.split(mark, 1)[0]
    parts = urlsplit(text)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.port == 0:
        raise ValueError("give the shop's whole address, like https://shop.example/")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}/"
