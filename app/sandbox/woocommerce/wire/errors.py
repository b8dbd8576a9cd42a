"""The REST API's refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RestError(Exception):
    """Answered as `{"code", "message", "data"}`. `data` is `{"status": status}` by default; refund errors have a number there."""

    def __init__(self, status: int, code: str, message: str, data: Any = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.data = {"status": status} if data is None else data

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "data": self.data}


class Invalid(Exception):
    """One value that breaks its rule; `code` and `message` as WordPress gives them, `data` what stands in `details`."""

    def __init__(self, code: str, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data


def invalid_params(faults: Mapping[str, Invalid]) -> RestError:
    """The refusal of one or more parameters, each named (observed on WooCommerce 11.0.1)."""
    return RestError(
        400,
        "rest_invalid_param",
        f"Invalid parameter(s): {', '.join(faults)}",
        {
            "status": 400,
            "params": {name: fault.message for name, fault in faults.items()},
            "details": {name: {"code": f.code, "message": f.message, "data": f.data} for name, f in faults.items()},
        },
    )


def missing_params(names: list[str]) -> RestError:
    return RestError(
        400, "rest_missing_callback_param", f"Missing parameter(s): {', '.join(names)}", {"status": 400, "params": names}
    )


def no_route() -> RestError:
    return RestError(404, "rest_no_route", "No route was found matching the URL and request method.")
