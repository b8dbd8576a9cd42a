"""The gateway over HTTP: what its answers become."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from app.commands.kit.remote import DEFAULT_URL, Problem, Remote, connect, segment
from app.commands.kit.terminal import NotAllowed, Unreachable

Handler = Callable[[httpx.Request], httpx.Response]


def gateway(handler: Handler) -> Remote:
    return Remote("http://gateway.example/", "gw_key", httpx.MockTransport(handler))


def answering(status: int, **document: object) -> Remote:
    return gateway(lambda request: httpx.Response(status, json=document))


def test_the_key_goes_as_a_bearer_token_and_parameters_without_value_are_left_out() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"fine": True})

    assert gateway(handler).get("/events", state="held", connection=None) == {"fine": True}
    assert seen[0].headers["Authorization"] == "Bearer gw_key"
    assert str(seen[0].url) == "http://gateway.example/events?state=held"


def test_lists_are_read_page_by_page_up_to_the_limit() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params.get("cursor", "0"))
        last = first + int(request.url.params["limit"])
        more = str(last) if last < 250 else None
        return httpx.Response(
            200, json={"items": [{"id": number} for number in range(first, min(last, 250))], "next_cursor": more}
        )

    assert [row["id"] for row in gateway(handler).items("/jobs", 130)] == list(range(130))
    assert len(gateway(handler).items("/jobs", 1000)) == 250


def test_a_problem_document_says_what_is_wrong_where_and_what_to_do() -> None:
    remote = answering(
        422, title="Something given is not right", detail="shop.shop_url: missing", field="shop.shop_url", fix="give it"
    )
    with pytest.raises(Problem) as caught:
        remote.get("/connections")
    assert (caught.value.message, caught.value.field, caught.value.fix) == ("shop.shop_url: missing", "shop.shop_url", "give it")


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_not_is_told_apart(status: int) -> None:
    with pytest.raises(NotAllowed, match="this API key is unknown"):
        answering(status, detail="this API key is unknown").get("/runs")


def test_a_gateway_that_is_not_ready_counts_as_unreachable() -> None:
    with pytest.raises(Unreachable, match="503: the gateway's database cannot be reached"):
        answering(503, detail="the gateway's database cannot be reached").get("/runs")


def test_an_outside_system_that_failed_does_not_make_the_gateway_unreachable() -> None:
    with pytest.raises(Problem, match="the shop: it does not answer"):
        answering(502, detail="the shop: it does not answer").call("POST", "/mappings/1/resync")


def test_a_proxy_without_its_gateway_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="502"):
        gateway(lambda request: httpx.Response(502, text="<html>Bad Gateway</html>")).get("/runs")


def test_nobody_there_is_unreachable() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused")

    with pytest.raises(Unreachable, match=r"http://gateway\.example does not answer \(Connection refused\)"):
        gateway(handler).get("/runs")


def test_something_else_at_the_address_is_named() -> None:
    with pytest.raises(Problem, match="is not a gateway's address"):
        gateway(lambda request: httpx.Response(200, text="<html>Welcome</html>")).get("/runs")


def test_a_name_is_one_part_of_a_path() -> None:
    assert segment("a/b ?") == "a%2Fb%20%3F"


class TestWhichGateway:
    @pytest.fixture(autouse=True)
    def _elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        for name in ("GATEWAY_URL", "GATEWAY_API_KEY", "GATEWAY_PORT", "GATEWAY_DATA_DIRECTORY"):
            monkeypatch.delenv(name, raising=False)

    def test_without_an_address_it_is_this_machine_at_the_port_of_its_settings(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert connect(DEFAULT_URL, "k").url == "http://127.0.0.1:8080"
        (tmp_path / ".env").write_text("GATEWAY_PORT=8199\n")
        assert connect(DEFAULT_URL, "k").url == "http://127.0.0.1:8199"
        monkeypatch.setenv("GATEWAY_PORT", "8200")
        assert connect(DEFAULT_URL, None).url == "http://127.0.0.1:8200"

    def test_an_address_in_the_file_counts_and_one_that_is_given_counts_more(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_text("GATEWAY_URL=https://gateway.example/\n")
        assert connect(DEFAULT_URL, "k").url == "https://gateway.example"
        assert connect("http://10.0.0.5:8080", "k").url == "http://10.0.0.5:8080"

    def test_a_refused_key_names_the_address_and_where_the_key_was_found(self) -> None:
        refused = httpx.MockTransport(lambda request: httpx.Response(401, json={"detail": "this API key is unknown"}))
        remote = Remote("http://127.0.0.1:8080", "gw_x", refused, key_from="data/admin.key")
        with pytest.raises(NotAllowed) as caught:
            remote.get("/lanes")
        words = "this API key is unknown (asked: http://127.0.0.1:8080, with the key in data/admin.key)"
        assert str(caught.value) == words
