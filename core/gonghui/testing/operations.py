"""Operations of an application as the contract sees them: read off the URL map, with requests that should work."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

from gonghui.api.guard import is_public

_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


@dataclass(frozen=True)
class Operation:
    """One method of one rule, with the permission that its view names."""

    method: str
    path: str
    permission: str | None
    parameters: tuple[str, ...]
    document: Mapping[str, Any]
    of_whole: bool = False
    is_personal: bool = False

    @property
    def name(self) -> str:
        """Method and path, as in the OpenAPI document."""
        return f"{self.method} {self.path}"

    @property
    def is_public(self) -> bool:
        """Whether it answers without a sign-in."""
        return is_public(self.path)

    def at(self, value: str) -> str:
        """The path with `value` for each of its parameters."""
        return self.path.format(**dict.fromkeys(self.parameters, value))


def operations(app: Flask) -> Iterator[Operation]:
    """Every rule and method of the application, whether documented or not."""
    paths = app.extensions["gonghui_documents"].whole["paths"]
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: r.rule):
        path = _PARAMETER.sub(r"{\1}", rule.rule)
        view = app.view_functions[rule.endpoint]
        permission, of_whole = getattr(view, "permission", None), getattr(view, "of_whole", False)
        personal = getattr(view, "personal", False)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            document = paths.get(path, {}).get(method.lower(), {})
            arguments = tuple(sorted(rule.arguments))
            yield Operation(method, path, permission, arguments, document, of_whole, personal)


class NoSample(LookupError):
    """The kit knows no value for a field or parameter: give its schema an `example` or an `x-sample`."""


def sample_body(app: Flask, operation: Operation, samples: Mapping[str, Any]) -> Any:
    """A body that the operation accepts, made from the required fields of its schema; None where it takes none."""
    schema = _content(operation, "application/json")
    return None if schema is None else _value(app, operation, "body", schema, samples)


def sample_form(app: Flask, operation: Operation, samples: Mapping[str, Any]) -> Any:
    """The fields and files of a form that the operation accepts; None where it takes none."""
    schema = _content(operation, "multipart/form-data")
    return None if schema is None else _value(app, operation, "form", schema, samples)


def sample_query(app: Flask, operation: Operation, samples: Mapping[str, Any]) -> dict[str, Any]:
    """Values for the query parameters that the operation requires, and for those that give an example."""
    return {
        parameter["name"]: _value(
            app, operation, parameter["name"], {**parameter["schema"], **_hints(parameter)}, samples
        )
        for parameter in operation.document.get("parameters", ())
        if parameter["in"] == "query"
        and (parameter.get("required") or "example" in {**parameter["schema"], **parameter})
    }


def _content(operation: Operation, kind: str) -> Any:
    return operation.document.get("requestBody", {}).get("content", {}).get(kind, {}).get("schema")


def _hints(parameter: Mapping[str, Any]) -> dict[str, Any]:
    return {key: parameter[key] for key in ("example", "x-sample") if key in parameter}


def _value(
    app: Flask, operation: Operation, name: str, schema: Mapping[str, Any], samples: Mapping[str, Any]
) -> Any:
    schema = _resolved(app, schema)
    if "x-sample" in schema:
        try:
            return samples[schema["x-sample"]]
        except KeyError:
            raise NoSample(f"{operation.name}: no sample for {name}") from None
    if "example" in schema:
        return schema["example"]
    if schema.get("type") == "object":
        parts = schema.get("properties", {})
        sent = [key for key in parts if key in schema.get("required", ()) or parts[key].get("x-send")]
        return {key: _value(app, operation, key, parts[key], samples) for key in sent}
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "string" and "format" not in schema:
        return "示例"
    raise NoSample(f"{operation.name}: no sample for {name}")


def _resolved(app: Flask, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    whole = (schema, *schema.get("allOf", ()), *schema.get("anyOf", ()))
    reference = next((part["$ref"] for part in whole if "$ref" in part), None)
    if reference is None:
        return schema
    found: Mapping[str, Any] = app.extensions["gonghui_documents"].whole["components"]["schemas"][
        reference.split("/")[-1]
    ]
    return found
