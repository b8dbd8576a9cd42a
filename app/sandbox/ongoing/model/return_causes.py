"""The code list of causes that goods come back for."""

from __future__ import annotations

from collections.abc import Iterable

from app.sandbox.ongoing.bodies.inbound import ReturnCauseBody
from app.sandbox.ongoing.config import ReturnCause


class ReturnCauses:
    """The causes by code, each with its id and what was last written to it."""

    def __init__(self, configured: Iterable[ReturnCause]) -> None:
        self.by_code: dict[str, tuple[int, ReturnCauseBody]] = {}
        for cause_id, cause in enumerate(configured, start=1):
            fields = {"goodsOwnerId": 0, "code": cause.code, "name": cause.name, "isRemoveCause": cause.is_remove_cause}
            self.by_code[cause.code] = (cause_id, ReturnCauseBody.model_validate(fields))

    def put(self, body: ReturnCauseBody) -> int:
        """Create or update by code. Answers the cause's id."""
        known = self.by_code.get(body.code)
        cause_id = known[0] if known else len(self.by_code) + 1
        self.by_code[body.code] = (cause_id, body)
        return cause_id

    def cause(self, code: str) -> ReturnCause:
        """Raises LookupError for a cause that the warehouse does not have."""
        body = self.by_code[code][1]
        return ReturnCause(body.code, body.name, bool(body.is_remove_cause))
