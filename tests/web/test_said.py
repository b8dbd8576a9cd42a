"""What the engine says is said in Norwegian too: by its code, with its own words below, marked as English."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.problem import LIFTED_BY
from app.engine.upkeep.alerting.kinds import KINDS
from app.errors import BadInput, Conflict, NotFound
from app.sentence import Sentence
from app.web import languages
from app.web.said import saying
from app.web.said.checks import CHECKS
from app.web.said.kinds import WORDS
from app.web.said.reasons import REASONS
from tests.domain.test_what_lifts import NOTHING_TO_LIFT

APP = Path(__file__).parents[2] / "app"
ENDS = {"article-number-", "missing"}
"""Parts of codes that are put together."""


@pytest.mark.parametrize("code", sorted(LIFTED_BY))
@pytest.mark.parametrize("language", sorted(languages.LANGUAGES))
def test_every_reason_has_a_meaning(code: str, language: str) -> None:
    means = saying.meaning(code, "ERP", language)
    assert means.endswith(".")
    assert "%" not in means
    assert (means == saying.meaning(code, "ERP", "en")) is (language == "en")


def test_every_code_that_there_is_has_a_meaning_and_no_other() -> None:
    quantities = {"without-stock", "stock-summed"}
    assert set(REASONS) - quantities == {*LIFTED_BY, *NOTHING_TO_LIFT} - ENDS


STORED = "The delivery address has no street. Complete the address in the shop"


def test_a_reason_is_said_in_norwegian_with_the_stored_words_below() -> None:
    shown = saying.reason("street-missing", STORED, "shop", "nb")
    assert shown == (
        "Leveringsadressen mangler gateadresse. Fyll ut adressen i butikken. Den går videre når den kommer inn rettet, med "
        f'webhook eller avlesing, eller når innstillingen endres. <span class="hint"><span lang="en">{STORED}</span></span>'
    )


def test_an_english_reader_gets_the_stored_words() -> None:
    assert saying.reason("street-missing", STORED, "shop", "en") == STORED


def test_words_of_others_are_escaped_and_marked() -> None:
    assert saying.reason("new-code", "<b>No</b>", "shop", "nb") == '<span lang="en">&lt;b&gt;No&lt;/b&gt;</span>'
    assert saying.told("<b>No</b>", "nb") == '<span lang="en">&lt;b&gt;No&lt;/b&gt;</span>'


def test_a_sentence_is_its_english_text_and_keeps_what_was_filled_in() -> None:
    sentence = Sentence("give a number from %(least)s to %(most)s", least=1, most=50)
    assert sentence == "give a number from 1 to 50"
    assert saying.told(sentence, "nb") == "oppgi et tall fra 1 til 50"
    assert saying.told(sentence, "en") == "give a number from 1 to 50"


def test_a_mistake_names_its_field() -> None:
    error = BadInput(Sentence("%(field)s: %(words)s", field="limit", words=Sentence("Field required")), field="limit")
    assert saying.mistake(error, "nb") == "limit: feltet må fylles ut."
    plain = BadInput("the goods owner is odd", field="warehouse.goods_owner_id", fix="ask the warehouse")
    expected = (
        'Noe er ikke riktig her: warehouse.goods_owner_id. <span lang="en">The goods owner is odd. Ask the warehouse.</span>'
    )
    assert saying.mistake(plain, "nb") == expected
    assert saying.mistake(plain, "en") == "the goods owner is odd. ask the warehouse"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NotFound("no key has the id 5"), "Dette finnes ikke her, eller nøkkelen din kan ikke se det."),
        (Conflict("it is revoked"), "Det kan ikke gjøres slik det er nå."),
    ],
)
def test_other_faults_are_said_by_their_kind(error: BadInput, said: str) -> None:
    assert saying.mistake(error, "nb").startswith(f'{said} <span lang="en">')


def check_names() -> Iterator[str]:
    """The names that stand as words in what makes checks of a connection test."""
    places = {"Check": 0, "_add": 0, "_can_read": 0, "_read": (0, 1), "Finding": 1, "_for_now": 0}
    folders = [*(APP / "integrations").glob("*/check"), APP / "warehouse", APP / "engine" / "operations"]
    for file in (each for folder in folders for each in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
            place = places.get(called)
            for each in () if place is None else place if isinstance(place, tuple) else (place,):
                given = node.args[each] if isinstance(node, ast.Call) and len(node.args) > each else None
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    yield given.value


def test_every_check_of_a_connection_test_has_a_name() -> None:
    found = set(check_names())
    assert found >= {"orders", "order lines", "goods-owner", "access", "time zone"}
    assert found - set(CHECKS) - {"product-variants"} == set()


def test_every_kind_of_alert_is_said_and_when_it_closes() -> None:
    assert set(WORDS) == set(KINDS)
    norwegian = languages.translations("nb").gettext
    assert all(each.meaning.said("nb") != each.meaning.message for each in WORDS.values())
    assert [each.closes for each in KINDS.values() if norwegian(each.closes) == each.closes] == []
