"""24SevenOffice in examples, for the OpenAPI document and the command line."""

from __future__ import annotations

from app.integrations.protocol.reference import Reference
from app.integrations.sevenoffice24.whole import WHOLE_ARTICLE, WHOLE_ORDER

REFERENCE = Reference(
    docs="connecting-24sevenoffice.md",
    credentials={
        "application_id": "11111111-2222-3333-4444-555555555555",
        "username": "api@warehouse.example",
        "password": "s3cret",
        "identity_id": "99999999-8888-7777-6666-555555555555",
    },
    settings={"time_zone": "UTC", "default_country": "NO", "order_number_prefix": "SO-"},
    facts={
        "identities": [{"id": "99999999-8888-7777-6666-555555555555", "name": "Ullvare Engros AS", "usable": True}],
        "delivery_methods": [{"id": "3", "name": "Pakke hjem"}],
        "products_without_number": 0,
        "newest_change": "2026-05-04T08:02:40+00:00",
    },
    secret_names=frozenset({"ASP.NET_SessionId", "LoginResult"}),
    whole_order=WHOLE_ORDER,
    whole_article=WHOLE_ARTICLE,
)
