"""The limits that keep the code readable, and the types that may not travel, looked for in the code itself."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

APP = Path(__file__).parents[1] / "app"
HISTORY = APP / "storage" / "migrations" / "versions"
"""One file for each change of the tables: it grows by its nature."""
MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 60
MOST_MODULES = 12
MOST_MODULES_OF_APP = 14
MOST_PARAMETERS = 6
ROWS_LIVE_IN = ("app/storage/", "app/records/")

ENDPOINTS = ("get", "post", "put", "patch", "delete", "command", "callback")
"""Decorators of FastAPI and Typer: what stands below one takes a parameter for each that a person may give."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> Iterator[tuple[str, str]]:
    for file in sorted(APP.rglob("*.py")):
        yield file.relative_to(APP.parent).as_posix(), file.read_text(encoding="utf-8")


def functions() -> Iterator[tuple[str, Function]]:
    for name, source in modules():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, Function):
                yield f"{name}:{node.name}", node


def parameters(function: Function) -> list[ast.arg]:
    given = function.args
    return [each for each in (*given.posonlyargs, *given.args, *given.kwonlyargs) if each.arg not in ("self", "cls")]


def is_endpoint(function: Function) -> bool:
    """Of the API by its decorator. A command may be registered elsewhere: then Typer's words stand in its parameters."""
    called = [each.func for each in function.decorator_list if isinstance(each, ast.Call)]
    is_decorated = any(isinstance(each, ast.Attribute) and each.attr in ENDPOINTS for each in called)
    return is_decorated or "typer.Option" in ast.unparse(function.args)


def untyped_rows(source: str) -> list[int]:
    """The lines that say `Row[Any]`."""
    subscripts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Subscript)]
    return [each.lineno for each in subscripts if ast.unparse(each) == "Row[Any]"]


def test_no_module_is_too_long() -> None:
    long = {name: lines for name, source in modules() if (lines := len(source.splitlines())) > MOST_LINES}
    assert long == {}


def test_no_function_is_too_long() -> None:
    lengths = {name: (node.end_lineno or node.lineno) - node.lineno + 1 for name, node in functions()}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES_OF_A_FUNCTION} == {}


def test_no_folder_holds_too_many_modules() -> None:
    counts = {
        folder.relative_to(APP.parent).as_posix(): len([file for file in folder.glob("*.py") if file.name != "__init__.py"])
        for folder in (APP, *(each for each in APP.rglob("*") if each.is_dir()))
        if folder != HISTORY
    }
    most = {name: MOST_MODULES_OF_APP if name == "app" else MOST_MODULES for name in counts}
    assert {name: count for name, count in counts.items() if count > most[name]} == {}


def test_no_function_takes_too_many_parameters() -> None:
    counts = {name: len(parameters(node)) for name, node in functions() if not is_endpoint(node)}
    assert {name: count for name, count in counts.items() if count > MOST_PARAMETERS} == {}


def test_rows_do_not_leave_storage_and_records() -> None:
    found = [f"{name}:{line}" for name, source in modules() if not name.startswith(ROWS_LIVE_IN) for line in untyped_rows(source)]
    assert found == []


def test_what_changes_is_named_outside_storage_and_records() -> None:
    found = [
        name for name, node in functions() if not name.startswith(ROWS_LIVE_IN) and "**values: Any" in ast.unparse(node.args)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a, b, *, c): ...", ["a", "b", "c"]),
        ("class A:\n def f(self, a, /, b): ...", ["a", "b"]),
        ("async def f(*a, b, **c): ...", ["b"]),
    ],
)
def test_parameters_are_counted_as_a_caller_gives_them(source: str, expected: list[str]) -> None:
    (function,) = [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]
    assert [each.arg for each in parameters(function)] == expected


def imports(source: str, known: Collection[str]) -> set[str]:
    """The modules that are imported anywhere in it, also for type checking or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = {f"{node.module}.{each.name}" for each in node.names}
            found |= {each if each in known else node.module for each in whole}
    return found & set(known)


def test_no_module_imports_itself_by_a_detour() -> None:
    sources = {name.removesuffix(".py").removesuffix("/__init__").replace("/", "."): source for name, source in modules()}
    graph = {name: imports(source, sources) - {name} for name, source in sources.items()}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError with the circle
    assert len(order) == len(sources)


def test_a_circle_would_be_found() -> None:
    with pytest.raises(CycleError):
        list(TopologicalSorter({"a": {"b"}, "b": {"a"}}).static_order())
    assert imports("def f():\n    from a import b", {"a.b", "a"}) == {"a.b"}
