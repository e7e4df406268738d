"""How a name is written in the reference: its signature, and what a class or a module has inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import griffe

#: The width that a signature is broken at.
_WIDE = 100
_ENUMS = ("Enum", "StrEnum")
_STARS = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}


def titled(name: str, of: griffe.Object) -> str:
    """The line of code that says what `name` is and how it is called."""
    if isinstance(of, griffe.Function):
        return call(name, of.parameters, of.returns)
    if isinstance(of, griffe.Class):
        return _class(name, of)
    if isinstance(of, griffe.Module):
        return f"from gonghui.sdk import {name}"
    return of.source.strip()


def call(name: str, parameters: Iterable[griffe.Parameter], returns: str | griffe.Expr | None = None) -> str:
    """A signature, on one line or with a line for each parameter."""
    end = f") -> {returns}" if returns else ")"
    written = list(_parameters(parameters))
    line = f"{name}({', '.join(written)}{end}"
    if len(line) <= _WIDE:
        return line
    return "\n".join([f"{name}(", *(f"    {each}," for each in written), end])


def members(of: griffe.Object) -> Iterator[str]:
    """What a class or a module has inside for whoever uses it, as items of a list."""
    if not isinstance(of, griffe.Class | griffe.Module):
        return
    for name, member in of.members.items():
        if name.startswith("_") or isinstance(member, griffe.Alias):
            continue
        code = _member(of, name, member)
        if code is not None:
            yield f"- `{code}`" + (f": {_summary(member)}" if member.docstring else "")


def _class(name: str, of: griffe.Class) -> str:
    fields = _fields(of) if "NamedTuple" in _bases(of) else of.parameters
    told = [
        each for each in fields if each.name != "self" and each.kind is not griffe.ParameterKind.var_keyword
    ]
    if told:
        return call(f"class {name}", fields)
    return f"class {name}({', '.join(_bases(of))})" if of.bases else f"class {name}"


def _bases(of: griffe.Class) -> list[str]:
    return [str(base).rsplit(".", 1)[-1] for base in of.bases]


def _fields(of: griffe.Class) -> list[griffe.Parameter]:
    """Those of a named tuple."""
    return [
        griffe.Parameter(name, annotation=member.annotation, default=member.value)
        for name, member in of.members.items()
        if isinstance(member, griffe.Attribute) and member.annotation is not None
    ]


def _parameters(parameters: Iterable[griffe.Parameter]) -> Iterator[str]:
    has_star = False
    for each in parameters:
        if each.name in ("self", "cls"):
            continue
        if each.kind is griffe.ParameterKind.keyword_only and not has_star:
            yield "*"
        has_star |= each.kind in (griffe.ParameterKind.keyword_only, griffe.ParameterKind.var_positional)
        kind = f": {each.annotation}" if each.annotation is not None else ""
        default = f" = {each.default}" if each.default is not None and each.kind not in _STARS else ""
        yield f"{_STARS.get(each.kind, '') if each.kind else ''}{each.name}{kind}{default}"


def _member(of: griffe.Class | griffe.Module, name: str, member: griffe.Object) -> str | None:
    """The code of one member; None for what a signature has told already and for what is not for others."""
    if isinstance(member, griffe.Function):
        return call(name, member.parameters, member.returns).replace("\n    ", " ").replace("\n", "")
    if not isinstance(member, griffe.Attribute):
        return None
    if isinstance(of, griffe.Class) and set(_bases(of)) & {*_ENUMS, "Schema"}:
        return f"{name} = {member.value}"
    is_told = isinstance(of, griffe.Class) and ("dataclass" in of.labels or "NamedTuple" in _bases(of))
    if "property" in member.labels or (member.annotation is not None and not is_told) or member.docstring:
        return f"{name}: {member.annotation}" if member.annotation is not None else name
    return None


def _summary(member: griffe.Object) -> str:
    """The first paragraph of a docstring, on one line."""
    text = member.docstring.value if member.docstring else ""
    return " ".join(text.split("\n\n")[0].split())
