"""Whose data it is on the other side, and how fast it may be asked for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """One customer of one system: a shop, or a company in an ERP that all its customers reach at the same address.

    `key` tells one account from every other, of any system: failures are counted by it, calls are paced by it, and
    credentials that give another key point elsewhere. It holds no secret and never changes for the same account. `label` is
    what people know it by.
    """

    key: str
    label: str
    base_url: str | None = None
    """Where it is called, when that is the connection's to say. Checked before anything is sent to it."""
    base_url_field: str = "base_url"
    """The credential that `base_url` comes from, named when it is refused."""

    def is_at(self, other: Account) -> bool:
        """Whether secrets for the one may be sent where the other is: the same account, at the same address."""
        return (self.key, self.base_url) == (other.key, other.base_url)


@dataclass(frozen=True)
class Pace:
    """At most `calls` calls in `seconds` seconds for one account, by all processes of the gateway together.

    `one_at_a_time`: no call begins before the one before it is answered. `row`: the accounts with the same one are counted
    together, like all those at an address that counts its callers. `is_told`: the client reads from the answers when calls must
    rest, and says so (`Opened.pause`); otherwise that is known from the status 429.
    """

    calls: int
    seconds: float
    one_at_a_time: bool = False
    row: str | None = None
    is_told: bool = False


IN_TURN = "in-turn"
"""Member of a request's extensions: makes the call when its turn has come, given what makes it, and returns the answer. Of an
account that is called one at a time nobody else calls meanwhile."""
CALLS_COUNTED = "calls"
"""Member of a request's extensions: as how many calls the system counts it. Without one it is a single call."""
