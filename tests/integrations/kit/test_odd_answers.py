"""What is said of text around the JSON: what it looks like, and nothing that is secret or about people."""

from __future__ import annotations

import pytest

from app.integrations.kit.odd_answers import excerpt, what_stands_around

PHP = "switch it off"


@pytest.mark.parametrize(
    ("junk", "message", "fix"),
    [
        ("<br />\n<b>Deprecated</b>:  Function a is <strong>deprecated</strong>", "PHP's messages stand around", PHP),
        ("PHP Fatal error:  Uncaught Error", "PHP's messages stand around", PHP),
        ("\ufeff", "a byte order mark stands before", "save the file that it comes from"),
        ("<!-- Cached page 14:02 -->", "something else stands around", "find the plugin or cache that writes it"),
    ],
)
def test_it_is_said_by_what_it_looks_like(junk: str, message: str, fix: str) -> None:
    said = what_stands_around(junk, PHP)
    assert said[0].startswith(message)
    assert said[1].startswith(fix)


@pytest.mark.parametrize(
    ("junk", "expected"),
    [
        ("Notice: key ck_2a7071b0704987ab36a44128 and cs_1", "Notice: key … and …"),
        ("mail kari.testmo@example.com, phone +47 900 00 000", "mail … phone …"),
        ("in /srv/www/x.php?token=abcdefg on line 29", "in /srv/www/x.php?token=… on line 29"),
        ("password=Hemmelig1", "password=…"),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "…"),
        ("<p class='a'>two\n  lines</p>", "two lines"),
        ("x" * 20 + " " + "y " * 200, "x" * 20 + " " + "y " * 69 + "y…"),
    ],
)
def test_the_excerpt_is_short_and_holds_nothing_secret(junk: str, expected: str) -> None:
    assert excerpt(junk) == expected
