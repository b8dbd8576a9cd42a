"""The legacy API's refusals."""

from __future__ import annotations

from typing import Any


class LegacyError(Exception):
    """Answered as `{"errors": [{"code", "message"}]}`."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    @property
    def entry(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}

    def body(self) -> dict[str, Any]:
        return {"errors": [self.entry]}


def missing(resource: str, verb: str) -> LegacyError:
    """The body lacks its envelope, or is no JSON at all."""
    return LegacyError(400, f"woocommerce_api_missing_{resource}_data", f"No {resource} data specified to {verb} {resource}")


def not_found(resource: str, record_id: int) -> LegacyError:
    return LegacyError(404, f"woocommerce_api_no_{resource}_found", f"No {resource} found with the ID equal to {record_id}")
