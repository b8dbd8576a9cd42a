"""A form made from a model: what it shows, and what comes of what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

import pytest

from app.errors import BadInput
from app.integrations.protocol import Choice
from app.integrations.registry import INTEGRATIONS
from app.warehouse.credentials import OngoingCredentials
from app.web.forms import Form
from app.web.model_form import Input, ModelForm, fields_of_form, with_choices
from app.web.model_form.form import Typed

OSLO = ZoneInfo("Europe/Oslo")
WOO = INTEGRATIONS["woocommerce"].settings_model
MYSTORE = INTEGRATIONS["mystore"].settings_model
FORM = ModelForm("settings", WOO, fields_of_form(WOO), OSLO)
NOW: dict[str, Any] = WOO().model_dump(mode="json")


def sent(form: ModelForm, typed: Mapping[str, Typed]) -> Form:
    """The form as a browser sends it: an empty switch is not in it, and a text has the line ends of a form."""
    pairs: list[tuple[str, str]] = []
    for field in form.fields:
        name, value = form.input_name(field), typed[field.name]
        if field.input is Input.TABLE:
            for row in value:
                pairs += zip((f"{name}#key", *(f"{name}#{each.name}" for each in field.columns)), row, strict=True)
        elif field.input is Input.ROWS:
            for row in value:
                pairs += zip((f"{name}#place", *(f"{name}#{each.name}" for each in field.columns)), row, strict=True)
        elif isinstance(value, tuple):
            pairs += [(name, str(each)) for each in value]
        elif value or field.input is not Input.SWITCH:
            pairs.append((name, value.replace("\n", "\r\n")))
    return Form(parse_qs(urlencode(pairs), keep_blank_values=True))


def changed(**typed: Typed) -> dict[str, Any]:
    """The change that comes of WooCommerce's form when these inputs are typed over (`__` for a dot)."""
    whole = {**FORM.shown(NOW), **{name.replace("__", "."): value for name, value in typed.items()}}
    return FORM.change(NOW, FORM.typed(sent(FORM, whole)))


@pytest.mark.parametrize("name", sorted(INTEGRATIONS))
@pytest.mark.parametrize("is_example", [False, True])
def test_what_is_sent_as_it_was_shown_changes_nothing_of_any_system(name: str, is_example: bool) -> None:
    system = INTEGRATIONS[name]
    given = dict(system.reference.settings) if is_example else {}
    settings = system.settings_model.model_validate(given).model_dump(mode="json")
    form = ModelForm("settings", system.settings_model, fields_of_form(system.settings_model), OSLO)
    assert form.change(settings, form.typed(sent(form, form.shown(settings)))) == {}


@pytest.mark.parametrize(
    ("typed", "change"),
    [
        ({"stock__floor": "2"}, {"stock": {"floor": 2}}),
        ({"brake__max_share": "0,25"}, {"brake": {"max_share": 0.25}}),
        ({"stock__floor": ""}, {"stock": {"floor": None}}),
        ({"stock__floor": "many"}, {"stock": {"floor": "many"}}),
        ({"processes__returns": "on"}, {"processes": {"returns": True}}),
        ({"processes__orders": ""}, {"processes": {"orders": False}}),
        ({"stock__figure": "numberOfItems"}, {"stock": {"figure": "numberOfItems"}}),
        ({"default_country": "NO"}, {"default_country": "NO"}),
        ({"order_number_prefix": "W-"}, {"order_number_prefix": "W-"}),
        ({"customs_home_countries": "NO\nSJ\n"}, {"customs_home_countries": ["NO", "SJ"]}),
        ({"plugins": "Gift wrap\nBundles"}, {"plugins": "Gift wrap\nBundles"}),
        ({"go_live": "2026-12-01"}, {"go_live": "2026-11-30T23:00:00+00:00"}),
        ({"go_live": "2026-07-01 12:30"}, {"go_live": "2026-07-01T10:30:00+00:00"}),
        ({"go_live": "soon"}, {"go_live": "soon"}),
        (
            {"transporters": (("flat_rate:3", "BRING", "SERVICEPAKKE"), ("", "", ""))},
            {"transporters": {"flat_rate:3": {"transporter_code": "BRING", "transporter_service_code": "SERVICEPAKKE"}}},
        ),
        (
            {
                "transporter_rules": (
                    ("2", "*", "", "", "0,5", "BRING", "SERVICEPAKKE", "", ""),
                    ("1", "*hjem*", "NO, SE", "", "", "BRING", "PA_DOREN", "", ""),
                    ("", "", "", "", "", "", "", "", ""),
                )
            },
            {
                "transporter_rules": [
                    {
                        "method": "*hjem*",
                        "countries": ["NO", "SE"],
                        "transporter_code": "BRING",
                        "transporter_service_code": "PA_DOREN",
                    },
                    {
                        "method": "*",
                        "up_to_kg": 0.5,
                        "transporter_code": "BRING",
                        "transporter_service_code": "SERVICEPAKKE",
                    },
                ]
            },
        ),
        ({"extra_order_fields": (("freeText1", "meta_data.a=b"),)}, {"extra_order_fields": {"freeText1": "meta_data.a=b"}}),
    ],
)
def test_what_is_typed_is_a_change_of_that_alone(typed: dict[str, Any], change: dict[str, Any]) -> None:
    assert changed(**typed) == change


def test_a_table_that_was_emptied_is_sent_empty() -> None:
    settings = {**NOW, "extra_order_fields": {"freeText1": "meta_data.a"}}
    typed = {**FORM.shown(settings), "extra_order_fields": ()}
    assert FORM.change(settings, FORM.typed(sent(FORM, typed))) == {"extra_order_fields": {}}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((("", "meta_data.a"),), "a row of settings.extra_order_fields has no name"),
        ((("freeText1", "a"), ("freeText1", "b")), "settings.extra_order_fields has 'freeText1' twice"),
    ],
)
def test_a_row_that_cannot_be_kept_is_told_with_its_table(rows: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        changed(extra_order_fields=rows)
    assert FORM.field_of(caught.value) == "extra_order_fields"


def test_a_secret_is_never_shown_and_stays_where_it_is_left_empty() -> None:
    form = ModelForm("warehouse", OngoingCredentials, fields_of_form(OngoingCredentials))
    there = {"url": "https://api.ongoingsystems.se/demo/api/v1/", "user": "gateway", "password": "hush", "goods_owner_id": 77}
    shown = form.shown(there)
    assert (shown["user"], shown["password"], shown["webhook_secret"]) == ("gateway", "", "")
    assert form.change(there, {**shown, "user": "robot"}) == {"user": "robot"}
    assert form.change(there, {**shown, "password": "new"}) == {"password": "new"}


class TestWhatTheShopOffers:
    """Statuses by their names, where a table would ask for ids."""

    OFFERED = (
        Choice("status_ids.delivered", (("3", "Sendt"), ("4", "Levert")), meant=("3",)),
        Choice("status_ids.cancelled", (("5", "Kansellert"), ("6", "Slettet")), many=True),
    )
    FIELDS = with_choices(fields_of_form(MYSTORE), MYSTORE, OFFERED)
    FORM = ModelForm("settings", MYSTORE, FIELDS, OSLO).only("status_ids")
    SETTINGS: Mapping[str, Any] = MYSTORE.model_validate({"status_ids": {"cancelled": ["5"]}}).model_dump(mode="json")

    def test_it_is_chosen_instead_of_typed(self) -> None:
        assert [(each.name, each.input.value) for each in self.FORM.fields] == [
            ("status_ids.delivered", "choice"),
            ("status_ids.cancelled", "choices"),
        ]
        assert self.FORM.shown(self.SETTINGS) == {"status_ids.delivered": "3", "status_ids.cancelled": ("5",)}

    def test_what_is_chosen_goes_along_with_the_rest_of_its_table(self) -> None:
        typed = {**self.FORM.shown(self.SETTINGS), "status_ids.delivered": "4"}
        assert self.FORM.change(self.SETTINGS, typed) == {"status_ids": {"cancelled": ["5"], "delivered": ["4"]}}

    def test_what_the_shop_means_is_kept_when_it_is_sent_as_it_was_shown(self) -> None:
        shown = self.FORM.shown(self.SETTINGS)
        assert self.FORM.change(self.SETTINGS, shown) == {"status_ids": {"cancelled": ["5"], "delivered": ["3"]}}

    def test_what_is_chosen_no_more_leaves_the_table(self) -> None:
        typed: dict[str, Typed] = {"status_ids.delivered": "", "status_ids.cancelled": ()}
        assert self.FORM.change(self.SETTINGS, typed) == {"status_ids": {}}
