"""The four services by their paths."""

from __future__ import annotations

from collections.abc import Mapping

from app.sandbox.sevenoffice24.wire import authenticate, company, invoice, product
from app.sandbox.sevenoffice24.wire.common import Service

SERVICES: Mapping[str, Service] = {
    one.path: one for one in (authenticate.SERVICE, product.SERVICE, invoice.SERVICE, company.SERVICE)
}
