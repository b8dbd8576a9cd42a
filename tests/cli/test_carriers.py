"""`gateway connections carriers`."""

from __future__ import annotations

from tests.cli.fake_gateway import FakeGateway, fake_gateway

__all__ = ["fake_gateway"]

NAMED = {"setting": "transporters.flat_rate", "code": "DHL", "service_code": "PAKET", "is_listed": True, "problem": None}
FOUND = {
    "listed": [{"name": "DHL Express", "code": "DHL", "services": ["PAKET"]}],
    "named": [{**NAMED, "fix": None}],
    "fits": {"setting": "transporters.flat_rate", "code": "DHL", "service_code": "PAKET"},
}


def test_it_lists_them_and_says_which_an_order_would_get(fake: FakeGateway) -> None:
    fake.answers = {"GET /connections/fjell/carriers": FOUND}
    result = fake.run("connections", "carriers", "fjell", "--method", "flat_rate", "--weight", "2.5")
    assert result.exit_code == 0, result.output
    asked = {"method": "flat_rate", "country": "NO", "weight_kg": "2.5"}
    assert fake.asked[-1] == ("GET /connections/fjell/carriers", asked)
    assert "Such an order goes with DHL PAKET (transporters.flat_rate)." in result.stdout


def test_one_that_the_warehouse_does_not_list_is_exit_code_1(fake: FakeGateway) -> None:
    gone = {**NAMED, "is_listed": False, "problem": "the warehouse lists no transporter 'DHL'", "fix": "use one of BRING"}
    fake.answers = {"GET /connections/fjell/carriers": {**FOUND, "named": [gone], "fits": None}}
    result = fake.run("connections", "carriers", "fjell")
    assert result.exit_code == 1
    assert "transporters.flat_rate: the warehouse lists no transporter 'DHL'. use one of BRING" in result.stderr
