"""What a file is called in the WMS when it is attached from an address, and nobody has given it a name."""

from __future__ import annotations

import pytest

from app.commands.records.files import name_in


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://shop.example/documents/1001.pdf", "1001.pdf"),
        ("https://shop.example/documents/1001.pdf?key=a/secret#page=2", "1001.pdf"),
        ("https://shop.example/documents/1001.pdf/", "1001.pdf"),
    ],
)
def test_it_has_the_name_in_its_address_without_what_follows_it(address: str, name: str) -> None:
    assert name_in(address) == name
