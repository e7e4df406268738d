"""Parameters: figures of law and local rule as dated data, resolved from the nearest jurisdiction outwards."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.tenants import here
from gonghui.values import clock


@dataclass(frozen=True)
class Parameter:
    """One figure: its value and unit, where and when it binds, and on what ground."""

    code: str
    jurisdiction: str
    value: Any
    unit: str
    effective_from: date
    effective_to: date | None
    basis: str
    confidence: str

    @property
    def version(self) -> str:
        """Which figure it is, for a record that keeps by what it was decided: `nation@2022-01-01`."""
        return f"{self.jurisdiction}@{self.effective_from.isoformat()}"

    def binds(self, on: date) -> bool:
        """Whether the figure is in force on a day."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


class ParameterMissing(LookupError):
    """No pack holds this figure for this place and day."""


class Parameters:
    """All packs of an installation."""

    def __init__(self, entries: Iterable[Parameter] = ()) -> None:
        self._by_code: dict[str, dict[tuple[str, date], Parameter]] = defaultdict(dict)
        for entry in entries:
            self.add(entry)

    def add(self, entry: Parameter) -> None:
        """Take one figure in; the same place and first day replace what was there."""
        self._by_code[entry.code][entry.jurisdiction, entry.effective_from] = entry

    def add_pack(self, path: Path, *, prefix: str | None = None) -> None:
        """Read a TOML pack. A pack of a plugin may hold only codes that begin with its id (`prefix`)."""
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for raw in content["parameter"]:
            code = raw["code"]
            if prefix is not None and not code.startswith(f"{prefix}."):
                raise ValueError(f"{path.name}: {code} does not belong to {prefix}")
            self.add(
                Parameter(
                    code=code,
                    jurisdiction=raw["jurisdiction"],
                    value=raw["value"],
                    unit=raw["unit"],
                    effective_from=raw["from"],
                    effective_to=raw.get("to"),
                    basis=raw["basis"],
                    confidence=raw["confidence"],
                )
            )

    def get(self, code: str, *, jurisdiction: str, on: date) -> Parameter:
        """The figure that binds at `jurisdiction` (`nation/guangdong/shenzhen/longhua`) on a day.

        The nearest jurisdiction wins; within one, the latest that is in force. Raises `ParameterMissing`.
        """
        parts = jurisdiction.split("/")
        for depth in range(len(parts), 0, -1):
            place = "/".join(parts[:depth])
            found = [
                p for p in self._by_code.get(code, {}).values() if p.jurisdiction == place and p.binds(on)
            ]
            if found:
                return max(found, key=lambda p: p.effective_from)
        raise ParameterMissing(f"{code} at {jurisdiction} on {on}")

    def entries(self, code: str) -> list[Parameter]:
        """Every figure that some pack holds for a code."""
        return list(self._by_code.get(code, {}).values())

    def codes(self) -> list[str]:
        """Every code that some pack holds."""
        return sorted(self._by_code)


#: The packs of this process: read once at start, the same for every tenant.
PACKS = Parameters()


def figure(uow: UnitOfWork, code: str, on: date | None = None) -> Parameter:
    """The figure that binds the tenant of the transaction on a day (today). Raises `ParameterMissing`."""
    return PACKS.get(code, jurisdiction=here(uow).jurisdiction, on=on or clock.today())
