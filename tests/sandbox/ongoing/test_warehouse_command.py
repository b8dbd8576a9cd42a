"""The simulator as a command."""

from __future__ import annotations

from typing import Any

import pytest
import uvicorn

from app.sandbox.ongoing import User, WarehouseConfig
from app.sandbox.ongoing.command import main, read_config


def test_the_config_is_json_on_top_of_the_defaults() -> None:
    config = read_config(
        '{"warehouse": "acme", "users": [["gw", "secret", [77, 78]]], "edit_blocked_from": 300, "write_seconds": 0.5}'
    )
    assert config == WarehouseConfig(
        warehouse="acme", users=(User("gw", "secret", (77, 78)),), edit_blocked_from=300, write_seconds=0.5
    )  # fmt: skip
    named = read_config('{"users": [{"user": "gw", "password": "secret", "goods_owner_ids": [77]}]}')
    assert named.users == (User("gw", "secret", (77,)),)


def test_the_application_is_served_on_the_loopback_address(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: served.append((app.state.warehouse.config.warehouse, options)))
    main(["--port", "8123", "--config", '{"warehouse": "acme"}'])
    assert served == [("acme", {"host": "127.0.0.1", "port": 8123, "log_level": "warning", "date_header": False})]


@pytest.mark.parametrize("config", ["{", '{"wharehouse": "acme"}', '{"unknown_articles": "ignore"}'])
def test_a_wrong_config_ends_with_the_reason(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--port", "8123", "--config", config])
    assert "WarehouseConfig" in capsys.readouterr().err or config == "{"
