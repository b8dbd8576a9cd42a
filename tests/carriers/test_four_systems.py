"""Carriers and customs, of each of the four systems, read back from the simulated WMS (requirement: Ongoing WMS)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.calling import Site, open_site
from tests.carriers.systems import SYSTEMS, System


@pytest.fixture
async def site(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Site]:
    """On SQLite: nothing here depends on the database."""
    async with open_site(sqlite_database, tmp_path, public_url="http://gateway.test") as opened:
        yield opened


@pytest.fixture(params=SYSTEMS, ids=lambda each: each.name)
def system(request: pytest.FixtureRequest, site: Site) -> System:
    made: System = request.param(site)
    return made


def rule(code: str, service: str, **more: Any) -> dict[str, Any]:
    return {"transporter_code": code, "transporter_service_code": service, **more}


async def test_an_order_gets_its_carrier_by_method_country_and_weight(system: System) -> None:
    system.product("LETT", "0.4")
    system.product("TUNG", "2.5")
    system.product("UVEID")
    home, abroad = system.order("LETT", "Pakke levert hjem", point="152347"), system.order("LETT", "Post", "SE")
    heavy, light, unknown = (system.order(number, "Post") for number in ("TUNG", "LETT", "UVEID"))
    await system.connect(
        transporter_rules=[
            rule("BRING", "PA_DOREN", method="*Hjem*", return_transporter_code="DHL", return_transporter_service_code="PAKET"),
            rule("POSTNORD", "MYPACK_COLLECT", countries=["SE"]),
            rule("BRING", "BUSINESS_PARCEL", over_kg=1, up_to_kg=35),
            rule("BRING", "SERVICEPAKKE", up_to_kg=1, method="Post"),
        ],
        vat_codes={"25": "MVA25"},
        **system.point,
    )
    await system.sync()
    assert system.carrier(home) == ("BRING", "PA_DOREN")
    returned = system.there(home).body.return_transporter
    assert (returned.transporter_code, returned.transporter_service_code) == ("DHL", "PAKET")
    assert system.carrier(abroad) == ("POSTNORD", "MYPACK_COLLECT")
    assert system.carrier(heavy) == ("BRING", "BUSINESS_PARCEL")  # 2 x 2.5 kg
    assert system.carrier(light) == ("BRING", "SERVICEPAKKE")  # 2 x 0.4 kg
    assert system.carrier(unknown) is None
    assert (system.there(home).body.service_point_code, system.there(light).body.service_point_code) == ("152347", None)
    words = "The order's weight is not known (UVEID has none), so it fits no carrier rule with a weight"
    assert words in str(await system.explained(unknown))
    (line,) = system.there(home).body.order_lines
    assert (line.vat.code, line.vat.percent) == ("MVA25", 25)


async def test_an_order_abroad_waits_until_its_articles_have_what_customs_need(system: System) -> None:
    system.product("TOLL", "0.4")
    system.product("HEL", "0.4", origin="PT", tariff="61091000")
    at_home, abroad = system.order("TOLL", "Post"), system.order("TOLL", "Post", "SE")
    complete = system.order("HEL", "Post", "SE")
    await system.connect(customs_required=True, **system.customs)
    await system.sync()
    assert system.there(at_home).lines
    whole = system.there(complete).lines[0].article.body
    assert (whole.country_of_origin_code, whole.statistics_number) == ("PT", "61091000")
    assert system.site.warehouse.order(abroad) is None
    held = await system.site.stored.mapping(abroad, "order")
    assert (held.transfer, held.reason_code) == ("held", "customs-article-incomplete")
    assert str(held.reason).startswith(
        "Article TOLL goes to SE and lacks a country of origin (countryOfOriginCode) and a customs tariff number "
        "(statisticsNumber)"
    )
    sent = system.site.warehouse.model.articles[(77, "TOLL")].body
    put_right = {**sent.as_sent(), "countryOfOriginCode": "PT", "statisticsNumber": "61091000"}
    system.site.warehouse.model.put_article(type(sent).model_validate(put_right))
    await system.site.client.post(f"/mappings/{held.id}/resync")
    await system.site.work()
    (line,) = system.there(abroad).body.order_lines
    assert line.prices.currency_code == "NOK"
    assert line.prices.line_price > 0
    assert line.prices.customer_line_price >= line.prices.line_price  # two pieces, or one where the shop gives one
