"""A shop over https that can be called without signing, and a receiver for its webhooks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from app.sandbox.woocommerce import Shop
from tests.sandbox.woocommerce.recorded.recorded_shop import ApiClient, Receiver, StoppedClock, open_shop, receiving

HTTPS_HOME = "https://fjellbutikken.example"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def app(clock: StoppedClock) -> Starlette:
    return open_shop(HTTPS_HOME, clock)[0]


@pytest.fixture
def shop(app: Starlette) -> Shop:
    found: Shop = app.state.shop
    return found


@pytest.fixture
def api(app: Starlette) -> ApiClient:
    return ApiClient(app, HTTPS_HOME)


@pytest.fixture(scope="package")
def running_receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def receiver(running_receiver: Receiver) -> Receiver:
    """The receiver with a clean slate."""
    running_receiver.answers = running_receiver.pings = 200
    running_receiver.received.clear()
    return running_receiver
