"""What stands before the shop's API: permalinks, a security plugin, maintenance."""

from __future__ import annotations

from dataclasses import dataclass

_CHOICES: dict[str, tuple[str | bool, ...]] = {
    "permalinks": ("pretty", "plain", "plain-nginx"),
    "rest_api": ("open", "forbidden", "members-only"), "maintenance": (True, False),
}  # fmt: skip


@dataclass
class Front:
    """`permalinks`: pretty, plain, or plain behind a server that leads all to WordPress (plain-nginx). `rest_api`: open,
    forbidden (a firewall's page with 403) or members-only (a plugin lets in only callers whose login is good). Can be changed
    while the shop is open; raises ValueError for a word it does not know."""

    permalinks: str = "pretty"
    rest_api: str = "open"
    maintenance: bool = False

    def change(self, **wishes: str | bool) -> None:
        for name, value in wishes.items():
            if value not in _CHOICES[name]:
                raise ValueError(f"{name} is one of {', '.join(map(str, _CHOICES[name]))}")
            setattr(self, name, value)
