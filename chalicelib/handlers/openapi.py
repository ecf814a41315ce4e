"""The OpenAPI 3.1 document, made from the table of routes and the pydantic models: it cannot drift."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from chalicelib.handlers.failures import ErrorBody

if TYPE_CHECKING:
    from chalicelib.handlers.http import Route

_REF = "#/components/schemas/{model}"
_WORDS = {
    200: "Done", 201: "Created", 202: "Being checked", 204: "Done, nothing to say", 400: "Unreadable",
    401: "Sign in first", 403: "Not allowed", 404: "Not found", 405: "Wrong method", 409: "Refused by a rule",
    413: "Too large", 415: "Wrong content type", 422: "Invalid", 429: "Too many attempts",
    502: "A bad answer from a company",     503: "Nothing was executed, try again",
}  # fmt: skip


def document(routes: Sequence["Route"], version: str) -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Subscriber portal", "version": version},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "session"}},
        },
    }


def statuses(route: "Route") -> frozenset[int]:
    """Every status that this route may answer with; the access tests read it too."""
    found = {*route.answers, *route.errors, 403, 405, 503}
    if not route.public:
        found.add(401)
    if "{" in route.path:
        found.add(404)
    if "{account}" in route.path:
        # the billing may answer what nobody understands
        found.add(502)
    if route.writes and route.takes != "form":
        # and the answer to any write may be lost
        found.add(202)
    if route.takes == "json":
        found |= {400, 413, 415, 422}
    if route.takes == "form":
        found |= {400, 413, 415}
    if route.query:
        found.add(422)
    return frozenset(found)


def _operation(route: "Route", schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler.__module__.rsplit(".", 1)[-1] + "_" + route.handler.__name__,
        "summary": route.summary,
        "security": [] if route.public else [{"session": []}],
        "parameters": [*_path(route), *_query(route, schemas)],
        "responses": {str(status): _response(route, status, schemas) for status in sorted(statuses(route))},
    }
    if route.takes == "json":
        schema = _schema(route.body, schemas, "validation")
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if route.takes == "form" and route.method == "POST":
        form = {"type": "object", "additionalProperties": {"type": "string"}}
        content = {"application/x-www-form-urlencoded": {"schema": form}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _response(route: "Route", status: int, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": _WORDS[status]}
    described["headers"] = {"X-Request-Id": {"schema": {"type": "string"}}}
    shape = route.answers.get(status, ErrorBody)
    if shape is str:
        described["content"] = {"text/plain": {"schema": {"type": "string"}}}
    elif shape is not None:
        described["content"] = {"application/json": {"schema": _schema(shape, schemas, "serialization")}}
    return described


def _path(route: "Route") -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query(route: "Route", schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    shape = route.query.model_json_schema(ref_template=_REF)
    schemas.update(shape.pop("$defs", {}))
    wanted = shape.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in wanted, "schema": schema}
        for name, schema in shape["properties"].items()
    ]


def _schema(shape: Any, schemas: dict[str, Any], mode: JsonSchemaMode) -> dict[str, Any]:
    made = TypeAdapter(shape).json_schema(ref_template=_REF, mode=mode, schema_generator=GenerateJsonSchema)
    schemas.update(made.pop("$defs", {}))
    if "title" in made and made.get("type") == "object" and "properties" in made:
        schemas[made["title"]] = made
        return {"$ref": _REF.format(model=made["title"])}
    return made
