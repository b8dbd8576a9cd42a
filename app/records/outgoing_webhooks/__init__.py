"""Events for the address that a connection gives: kept with the change that they tell of, and sent afterwards.

Signed as Standard Webhooks says (https://www.standardwebhooks.com).
"""

from app.domain import OutgoingType
from app.records.outgoing_webhooks.adding import add, are_wanted

__all__ = ["OutgoingType", "add", "are_wanted"]
