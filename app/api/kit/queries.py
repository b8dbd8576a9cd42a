"""Which parameters an operation takes. One that it does not know is refused: what it was to filter would else be shown whole."""

from __future__ import annotations

from typing import Any

from fastapi import Request, params
from fastapi.dependencies.utils import get_flat_params
from pydantic import BaseModel

from app.errors import BadInput, nearest

_known: dict[Any, frozenset[str]] = {}
"""By the function behind the operation."""


def refuse_unknown(request: Request) -> None:
    """Raises BadInput for a query parameter that the operation does not take."""
    if not request.url.query:
        return
    known = _parameters(request.scope["route"])
    for name in request.query_params:
        if name not in known:
            meant = nearest(name, known)
            listed = f"this takes {', '.join(sorted(known))}" if known else "this takes no parameters"
            raise BadInput(
                f"{name[:60]}: there is no such parameter here",
                field=name[:60],
                fix=f"did you mean {meant}? {listed}" if meant else listed,
            )


def _parameters(route: Any) -> frozenset[str]:
    if route.endpoint not in _known:
        fields = get_flat_params(route.dependant)
        _known[route.endpoint] = frozenset(each.alias for each in fields if isinstance(each.field_info, params.Query))
    return _known[route.endpoint]


def body_model(request: Request) -> type[BaseModel] | None:
    """The model of the body that the request's operation takes."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    for each in dependant.body_params if dependant is not None else ():
        for kind in (each.field_info.annotation, *getattr(each.field_info.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                return kind
    return None
