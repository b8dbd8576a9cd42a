"""24Nettbutikk in examples, for the OpenAPI document and the command line."""

from __future__ import annotations

from app.integrations.nettbutikk24.whole import WHOLE_ARTICLE, WHOLE_ORDER
from app.integrations.protocol.reference import Reference

REFERENCE = Reference(
    docs="connecting-24nettbutikk.md",
    credentials={"api_url": "https://shop.example.no/api/v1/", "api_key": "0123456789abcdef"},
    settings={"order_number_prefix": "NB-", "status_sent": "Sendt", "status_sent_rest": "Sendt med rest"},
    facts={
        "auth_mode": "basic",
        "statuses": [{"status": "Mottatt", "orders": 12, "rest": 0}, {"status": "Sendt", "orders": 88, "rest": 2}],
        "proposals": {"status_import": ["Mottatt"], "status_sent": "Sendt", "rest_write": "rest_flag"},
    },
    secret_names=frozenset({"access_token"}),
    whole_order=WHOLE_ORDER,
    whole_article=WHOLE_ARTICLE,
)
