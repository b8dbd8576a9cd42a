"""Settings in the environment that belong to one system are known as the others are."""

from __future__ import annotations

from app.integrations.registry import deployment_variables
from app.settings import misspelt_variables


def test_those_of_a_system_are_known_and_a_misspelt_one_is_told() -> None:
    known = deployment_variables()
    assert {"GATEWAY_MYSTORE_CLIENT_ID", "GATEWAY_MYSTORE_CLIENT_SECRET", "GATEWAY_MYSTORE_AUTH_URL"} <= known
    given = {"GATEWAY_MYSTORE_API_URL": "https://api.mystore.no", "GATEWAY_MYSTORE_CLIENT_SECERT": "x"}
    assert misspelt_variables(given, known) == [
        "GATEWAY_MYSTORE_CLIENT_SECERT is no setting of the gateway: did you mean GATEWAY_MYSTORE_CLIENT_SECRET?"
    ]
