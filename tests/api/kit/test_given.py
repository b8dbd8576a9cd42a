"""What anybody gives to the API: numbers within their bounds, times with a zone, switches that are true or false."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.api.calling import Site


def schemas(schema: dict[str, Any], of: dict[str, Any], seen: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """A schema and all in it."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from schemas(of[name], of, (*seen, name))
        return
    yield schema
    inner = [*schema.get("anyOf", ()), *schema.get("allOf", ()), *schema.get("properties", {}).values()]
    inner += [each for each in (schema.get("items"), schema.get("additionalProperties")) if isinstance(each, dict)]
    for each in inner:
        yield from schemas(each, of, seen)


def given_to_the_api(whole: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a parameter or body, by its operation."""
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            given = [each["schema"] for each in operation.get("parameters", ())]
            given += [each["schema"] for each in operation.get("requestBody", {}).get("content", {}).values()]
            for schema in given:
                for each in schemas(schema, whole["components"]["schemas"]):
                    yield f"{method} {path}", each


async def test_every_number_that_the_api_takes_has_bounds(lite_site: Site) -> None:
    whole = lite_site.door.app.openapi()
    numbers = [each for each in given_to_the_api(whole) if each[1].get("type") in ("integer", "number")]
    unbounded = [
        (where, each)
        for where, each in numbers
        if not {"minimum", "exclusiveMinimum"} & each.keys() or not {"maximum", "exclusiveMaximum"} & each.keys()
    ]
    assert len(numbers) > 10
    assert unbounded == []


BODIES = [
    ("/erase", {"text": "kari@example.com", "dry_run": 0}, "dry_run"),
    ("/dead-letters/replay", {"ids": ["job-1"], "dry_run": "false"}, "dry_run"),
    ("/sync/shop", {"dry_run": 1}, "dry_run"),
    ("/outgoing-webhooks/replay", {"dry_run": 0}, "dry_run"),
    ("/sync/shop", {"full": "yes"}, "full"),
    ("/mappings/1/close-short", {"cancel_rest": 1}, "cancel_rest"),
]


async def test_a_switch_of_a_request_is_true_or_false(lite_site: Site) -> None:
    for path, body, field in BODIES:
        answer = await lite_site.client.post(path, json=body)
        assert (answer.status_code, answer.json()["field"], answer.json()["fix"]) == (422, field, "give true or false"), path


async def test_a_time_in_a_query_is_no_number(lite_site: Site) -> None:
    for path, name in (("/events", "since"), ("/dead-letters", "before")):
        for value in ("0.5", "1e12", "2026-12-01T00:00:00", "9999-12-31T23:59:59-23:00"):
            answer = await lite_site.client.get(path, params={name: value})
            assert (answer.status_code, answer.json()["field"]) == (422, name), value


async def test_no_number_is_none(lite_site: Site) -> None:
    for value in ("nan", "inf", "-inf", "1e12", "-1"):
        answer = await lite_site.client.post("/sync/shop", params={"wait": value})
        assert (answer.status_code, answer.json()["field"]) == (422, "wait"), value


# --- what people are told ------------------------------------------------------------------------------------------------

PATTERN = "settings.warehouse.started_pattern"
REFUSED = [
    ('{"poll_interval_minutes": 1e12}', "settings.poll_interval_minutes", "give a number from 0.1 to 10080"),
    ('{"poll_interval_minutes": 0.09}', "settings.poll_interval_minutes", "give a number from 0.1 to 10080"),
    ('{"poll_interval_minutes": 10081}', "settings.poll_interval_minutes", "give a number from 0.1 to 10080"),
    ('{"silent_hours": 1e999}', "settings.silent_hours", "give a number from 0.01 to 8784"),
    ('{"silent_hours": NaN}', "settings.silent_hours", "give a number from 0.01 to 8784"),
    ('{"brake": {"max_count": 1000001}}', "settings.brake.max_count", "give a number from 0 to 1000000"),
    ('{"remember_seconds": 18446744073709551616}', "settings.remember_seconds", "give a number from 0 to 604800"),
    ('{"warehouse": {"started_from_status": -1}}', "settings.warehouse.started_from_status", "give a number from 0 to 1000000"),
    ('{"go_live": "2026-12-01T00:00:00"}', "settings.go_live", "give the time's zone too, like 2026-12-01T00:00:00+01:00"),
    ('{"go_live": 1e12}', "settings.go_live", "give a date and time with its zone, like 2026-12-01T00:00:00+01:00"),
    ('{"processes": {"orders": 0}}', "settings.processes.orders", "give true or false"),
    (r'{"plugins": "half a \ud83d"}', "settings.plugins", "give a value for settings.plugins that fits"),
    ('{"warehouse": {"started_pattern": "(a+)+$"}}', PATTERN, "set settings.warehouse.started_phrases instead"),
]


async def test_what_does_not_fit_is_refused_with_its_field_and_its_range(lite_site: Site) -> None:
    for given, field, fix in REFUSED:
        headers = {"Content-Type": "application/json"}
        answer = await lite_site.client.patch("/connections/shop", content=f'{{"settings": {given}}}', headers=headers)
        assert (answer.status_code, answer.json()["field"], answer.json()["fix"]) == (422, field, fix), given


async def test_the_ends_of_a_range_are_taken_and_null_takes_a_number_back_to_its_default(lite_site: Site) -> None:
    for minutes, most, rest in ((0.1, 0, 0.01), (10_080, 1_000_000, 3_660)):
        settings = {"poll_interval_minutes": minutes, "brake": {"max_count": most}, "shipments": {"rest_days": rest}}
        saved = (await lite_site.client.patch("/connections/shop", json={"settings": settings})).json()["settings"]
        assert (saved["poll_interval_minutes"], saved["brake"]["max_count"]) == (minutes, most)
    cleared = {"poll_interval_minutes": None, "brake": {"max_count": None}}
    saved = (await lite_site.client.patch("/connections/shop", json={"settings": cleared})).json()["settings"]
    assert (saved["poll_interval_minutes"], saved["brake"]["max_count"]) == (15, 20)
