"""Whose address counts: the connection's own, and what trusted proxies say, whatever else a caller has written."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.api.kit.addresses import caller_address, neighbourhood, parsed_address, scheme_of
from app.settings import Settings


def scope(peer: str | None, *lines: str, proto: str = "") -> dict[str, object]:
    headers = [(b"x-forwarded-for", line.encode()) for line in lines]
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    return {"client": None if peer is None else (peer, 40000), "headers": headers, "scheme": "http"}


def trusting(*proxies: str) -> Settings:
    return Settings(trusted_proxies=list(proxies))


PROXIES = ("10.0.0.0/8", "fd00::/8", "127.0.0.1")


@pytest.mark.parametrize(
    ("peer", "lines", "address"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.5",), "198.51.100.7"),
        ("10.0.0.2", (), "10.0.0.2"),
        ("10.0.0.2", ("203.0.113.5",), "203.0.113.5"),
        ("10.0.0.2", ("192.0.2.1, 203.0.113.5",), "203.0.113.5"),
        ("10.0.0.2", ("192.0.2.1", "203.0.113.5, 10.9.9.9"), "203.0.113.5"),
        ("10.0.0.2", ("nonsense, 203.0.113.5",), "203.0.113.5"),
        ("10.0.0.2", ("203.0.113.5, nonsense",), "10.0.0.2"),
        ("10.0.0.2", ("203.0.113.5,",), "10.0.0.2"),
        ("10.0.0.2", ("203.0.113.5, " + "9" * 70_000,), "10.0.0.2"),
        ("10.0.0.2", ("10.0.0.4, 10.0.0.3",), "10.0.0.4"),
        ("10.0.0.2", ("203.0.113.5:5123",), "203.0.113.5"),
        ("10.0.0.2", ("[2001:db8::7]:443",), "2001:db8::7"),
        ("10.0.0.2", ("2001:DB8:0::7",), "2001:db8::7"),
        ("10.0.0.2", ("::ffff:203.0.113.5",), "203.0.113.5"),
        ("::ffff:10.0.0.2", ("203.0.113.5",), "203.0.113.5"),
        ("fd00::1", ("203.0.113.5",), "203.0.113.5"),
        ("10.0.0.2", ("203.0.113.5\xff",), "10.0.0.2"),
        ("10.0.0.2", (", ".join(["10.0.0.1"] * 2000),), "10.0.0.2"),
        (None, ("203.0.113.5",), ""),
    ],
)
def test_the_last_address_that_is_no_trusted_proxy_counts(peer: str | None, lines: tuple[str, ...], address: str) -> None:
    assert caller_address(scope(peer, *lines), trusting(*PROXIES).trusted_networks) == address


def test_nobody_is_trusted_unless_named() -> None:
    assert Settings().trusted_networks == ()
    assert caller_address(scope("127.0.0.1", "203.0.113.5"), ()) == "127.0.0.1"
    assert caller_address(scope("::ffff:198.51.100.7"), ()) == "198.51.100.7"


def test_proxies_are_named_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.9,fd00::/8")
    assert [str(each) for each in Settings().trusted_networks] == ["10.0.0.0/8", "192.0.2.9/32", "fd00::/8"]


@pytest.mark.parametrize("wrong", ["10.0.0.0/33", "proxy.example", "10.0.0", "*"])
def test_what_is_no_range_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(ValidationError, match=r"no address and no range of addresses like 10\.0\.0\.0/8"):
        trusting("10.0.0.0/8", wrong)


def test_one_line_of_ipv6_is_one_caller() -> None:
    assert neighbourhood("2001:db8:1:2:3::9") == neighbourhood("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert neighbourhood("203.0.113.5") == "203.0.113.5"
    assert neighbourhood("") == ""


def test_an_address_is_read_back() -> None:
    assert str(parsed_address("203.0.113.5")) == "203.0.113.5"
    assert parsed_address("") is None


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [
        ("127.0.0.1", "https", "https"),
        ("::1", "HTTPS", "https"),
        ("10.0.0.2", "https", "https"),
        ("198.51.100.7", "https", "http"),
        ("127.0.0.1", "gopher", "http"),
        ("127.0.0.1", "", "http"),
        (None, "https", "http"),
    ],
)
def test_the_scheme_is_believed_from_this_machine_and_from_trusted_proxies(peer: str | None, said: str, scheme: str) -> None:
    assert scheme_of(scope(peer, proto=said), trusting("10.0.0.0/8").trusted_networks) == scheme
