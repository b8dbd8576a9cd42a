"""docs/api.md, made from the description of the REST API (openapi/gateway.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = Path("docs/api.md")
"""Where the repository keeps it."""

HEAD = """# REST API

Made from the code by `make openapi`; do not edit. The whole description is `openapi/gateway.json`; a running gateway shows it at
`/docs`, where every operation can be tried.

Send `Authorization: Bearer gw_…` (or `X-API-Key: gw_…`). A key has rights, and may be limited to some connections
([API keys](running.md#api-keys)). Lists come in pages: `next_cursor` of an answer goes into `cursor` of the next request. Errors
are problem documents (RFC 9457), see [troubleshooting](troubleshooting.md#problems-of-the-rest-api). `X-Request-Id` of an answer
names the request in the gateway's log.

```sh
curl -H "Authorization: Bearer $GATEWAY_API_KEY" "$GATEWAY_URL/connections"
```
"""

METHODS = ("get", "post", "put", "patch", "delete")
LONGEST_EXAMPLE = 40
"""Lines of an example that are shown."""


def document(described: Mapping[str, Any]) -> str:
    """The whole page."""
    parts = [HEAD]
    operations = list(_operations(described))
    for tag in described["tags"]:
        mine = [each for each in operations if tag["name"] in each[2].get("tags", ())]
        if mine:
            parts.append(f"\n## {tag['name']}\n\n{tag.get('description', '')}\n")
            parts += [_section(described, *each) for each in mine]
    return "".join(parts)


def _operations(described: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in described["paths"].items():
        for method in METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


def _section(described: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    parts = [f"\n### {method} {path}\n\n{operation['summary']}.\n"]
    if text := operation.get("description"):
        parts.append(f"\n{_unindented(text)}\n")
    if given := [each for each in operation.get("parameters", ()) if each["in"] != "header" or each["name"] == "Idempotency-Key"]:
        parts.append("\n| parameter | in | what it is |\n|---|---|---|\n")
        parts += [_parameter(each) for each in given]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and (example := _example(described, body)) is not None:
        parts.append(_shown("Body", example))
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json")
        if status.startswith("2"):
            example = _example(described, content) if content else None
            parts.append(
                _shown(f"Answer {status}", example) if example is not None else f"\nAnswer {status}: {answer['description']}.\n"
            )
    refused = [status for status in operation["responses"] if not status.startswith("2")]
    if refused:
        parts.append(f"\nProblems: {', '.join(refused)}.\n")
    return "".join(parts)


def _parameter(each: Mapping[str, Any]) -> str:
    text = each.get("description", "").replace("|", "\\|").replace("\n", " ")
    needed = "" if not each.get("required") or each["in"] == "path" else " Required."
    default = each.get("schema", {}).get("default")
    shown = f" Default: `{json.dumps(default)}`." if default is not None else ""
    return f"| `{each['name']}` | {each['in']} | {text}{needed}{shown} |\n"


def _example(described: Mapping[str, Any], content: Mapping[str, Any]) -> Any:
    """What the operation itself shows, or its schema."""
    if "example" in content:
        return content["example"]
    for each in content.get("examples", {}).values():
        return each.get("value")
    return _of_schema(described, content.get("schema", {}))


def _of_schema(described: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    if "example" in schema:
        return schema["example"]
    if reference := schema.get("$ref"):
        return _of_schema(described, described["components"]["schemas"][reference.rpartition("/")[2]])
    if schema.get("type") == "array" and (one := _of_schema(described, schema.get("items", {}))) is not None:
        return [one]
    return None


def _shown(what: str, example: Any) -> str:
    lines = json.dumps(example, ensure_ascii=False, indent=2).splitlines()
    more = ["…"] if len(lines) > LONGEST_EXAMPLE else []
    return "\n".join(["", f"{what}:", "", "```json", *lines[:LONGEST_EXAMPLE], *more, "```", ""])


def _unindented(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())
