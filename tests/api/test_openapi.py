"""The OpenAPI document: complete, true to the code, and the one in the repository."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.api import openapi, routes
from app.api.intake import refusals as refusals_module
from app.api.intake.shop_webhook_description import PATH_ITEM
from app.api.kit.responses import ALWAYS
from app.main import create_app
from app.settings import Settings

REPOSITORY = Path(__file__).parents[2]
APP = create_app(Settings(queue="memory"))
DOCUMENT: dict[str, Any] = APP.openapi()
WITHOUT_KEY = {"/", "/livez", "/readyz", "/webhooks/{webhook_id}", "/webhooks/ongoing/{webhook_id}"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for section in ("paths", "webhooks"):
        for path, item in DOCUMENT[section].items():
            for method, operation in item.items():
                yield path, method, operation


EVERY = [pytest.param(path, operation, id=f"{method} {path}") for path, method, operation in operations()]


def test_the_document_in_the_repository_is_the_codes_own() -> None:
    kept = (REPOSITORY / openapi.FILE).read_text(encoding="utf-8")
    assert kept == openapi.exported(APP), "the code has moved on: run make openapi"


def test_every_route_is_described() -> None:
    described = {(path, method) for path, method, _ in operations()}
    for resource in routes.RESOURCES:
        for route in resource.router.routes:
            assert isinstance(route, APIRoute)
            assert {(route.path_format, method.lower()) for method in route.methods or ()} <= described


@pytest.mark.parametrize(("path", "operation"), EVERY)
def test_every_operation_has_a_summary_a_tag_and_an_example_of_all_it_takes_and_answers(
    path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
    bodies = [*operation["responses"].values(), *([operation["requestBody"]] if "requestBody" in operation else [])]
    contents = [content for body in bodies for content in body.get("content", {}).values()]
    assert all("example" in content for content in contents)
    assert contents or path.endswith("}"), "only a deletion has nothing to show"


@pytest.mark.parametrize(("path", "operation"), EVERY)
def test_every_problem_is_a_problem_document(path: str, operation: dict[str, Any]) -> None:
    problems = {int(status): each for status, each in operation["responses"].items() if int(status) >= 400}
    assert problems
    for status, response in problems.items():
        (content,) = response["content"].items()
        assert content[0] == "application/problem+json"
        assert content[1]["schema"] == {"$ref": "#/components/schemas/Problem"}
        assert content[1]["example"]["status"] == status
    if path in DOCUMENT["paths"] and path not in WITHOUT_KEY:
        assert set(ALWAYS) <= problems.keys()
        assert operation["security"] == [{"bearer": []}, {"api_key": []}]


@pytest.mark.parametrize(("path", "operation"), EVERY)
def test_every_parameter_says_what_it_is_and_those_in_the_address_show_one(path: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        assert parameter["description"], parameter["name"]
        assert parameter["in"] != "path" or "example" in parameter, parameter["name"]


def test_operation_ids_are_unique() -> None:
    found = [operation["operationId"] for _, _, operation in operations()]
    assert len(found) == len(set(found))


def test_every_reference_leads_somewhere() -> None:
    for name in _references(DOCUMENT):
        assert name in DOCUMENT["components"]["schemas"]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix("#/components/schemas/")
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _models() -> list[type[BaseModel]]:
    modules = [*(importlib.import_module(resource.__name__) for resource in routes.RESOURCES)]
    found = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    return sorted((each for each in found if issubclass(each, BaseModel)), key=lambda each: each.__name__)


@pytest.mark.parametrize("model", [each for each in _models() if "json_schema_extra" in each.model_config])
def test_every_example_is_what_its_model_says(model: type[BaseModel]) -> None:
    extra: Any = model.model_config["json_schema_extra"]
    example = extra["example"]
    assert set(model.model_validate(example).model_dump()) >= set(example)
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    assert required <= set(example)


def test_every_answer_of_the_webhook_route_is_described() -> None:
    refusals = {each for each in vars(refusals_module).values() if isinstance(each, refusals_module.Refusal)}
    described = {int(status) for status in PATH_ITEM["post"]["responses"]}
    assert described == {200} | {refusal.status for refusal in refusals} | set(refusals_module.STATUS_OF.values())


def test_what_shops_send_is_in_the_webhooks_section() -> None:
    assert set(DOCUMENT["webhooks"]) == {"mystore-order", "mystore-product", "woocommerce-order", "woocommerce-product"}
