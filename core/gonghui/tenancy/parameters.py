"""Parameters: figures of law and local rule as dated data, the federation's own before those of its jurisdictions."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.parameter_overrides import ParameterOverride
from gonghui.tenancy.tenants import here
from gonghui.values import clock

#: Where a figure comes from that the federation decided for itself, and the confidence that goes with it.
OF_TENANT, BY_TENANT = "tenant", "T"


@dataclass(frozen=True)
class Wording:
    """How people call a figure and say its values, in Chinese, as a pack gives it for one of the figures of a code.

    `measure` is a sentence for the value (`{n} 名会员起`), or for the two of a pair (`{a} 至 {b} 人`); `columns` head a
    table, `names` are what its codes are called.
    """

    title: str
    measure: str = ""
    columns: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Wording | None:
        """The wording of an entry of a pack; None where it has none."""
        if "title" not in raw:
            return None
        columns = tuple(raw.get("columns", ()))
        return cls(raw["title"], raw.get("measure", ""), columns, raw.get("words", {}))

    def texts(self) -> list[str]:
        """Everything that is to be translated."""
        return [text for text in (self.title, self.measure, *self.columns, *self.names.values()) if text]


@dataclass(frozen=True)
class Parameter:
    """One figure: its value and unit, where and when it binds, and on what ground.

    A limit of time has one whole number and one of the units `days`, `working_days`, `months`, `years`; money is
    in fen. It binds from `effective_from` to `effective_to`, that day included. `basis` names the law, `confidence`
    says how well that was verified. A record keeps `version`. How people call it stands in `words`.
    """

    code: str
    jurisdiction: str
    value: Any
    unit: str
    effective_from: date
    effective_to: date | None
    basis: str
    confidence: str
    #: Bounds of its numbers and words that it may hold, where the pack gives some; whether a list may be any length.
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    is_open: bool = False
    edition: int = 1
    words: Wording | None = None

    @property
    def version(self) -> str:
        """What a record keeps of the figure that it was decided under: `nation@2022-01-01`, `tenant@2024-07-01`."""
        edition = f"/{self.edition}" if self.edition > 1 else ""
        return f"{self.jurisdiction}@{self.effective_from}{edition}"

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

    def forget(self, prefix: str) -> None:
        """Drop every figure whose code begins with `prefix`: the plugin that brought them was refused."""
        for code in [code for code in self._by_code if code.startswith(prefix)]:
            del self._by_code[code]

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
                    least=raw.get("least"),
                    most=raw.get("most"),
                    choices=tuple(raw.get("choices", ())),
                    is_open=raw.get("open", False),
                    words=Wording.read(raw),
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

    def chain(self, code: str, jurisdiction: str) -> list[Parameter]:
        """All figures of a code that bind or bound at a place, from the nation inwards and from the oldest on."""
        found = [
            p
            for p in self._by_code.get(code, {}).values()
            if f"{jurisdiction}/".startswith(f"{p.jurisdiction}/")
        ]
        return sorted(found, key=lambda p: (p.jurisdiction, p.effective_from))

    def declared(self, code: str) -> list[Parameter]:
        """All figures of a code anywhere, the ones given last at the end."""
        return list(self._by_code.get(code, {}).values())

    def wording(self, code: str) -> Wording:
        """How people call a code; by the code itself where no pack says."""
        said = (entry.words for entry in self._by_code.get(code, {}).values())
        return next((words for words in said if words is not None), Wording(code))

    def with_version(self, code: str, version: str) -> Parameter:
        """The figure that had this version. Raises `ParameterMissing`."""
        for found in self._by_code.get(code, {}).values():
            if found.version == version:
                return found
        raise ParameterMissing(f"{code} has no version {version}")


#: The packs of this process: read once at start, the same for every tenant.
PACKS = Parameters()
PACKS.add_pack(Path(__file__).parents[1] / "parameters.toml", prefix="core")


def figure(uow: UnitOfWork, code: str, on: date | None = None) -> Parameter:
    """The figure that binds the tenant of the transaction on a day (today): its own, or that of the nearest place.

    Raises `ParameterMissing`.
    """
    day = on or clock.today()
    own = [p for p in own_figures(uow) if p.code == code and p.binds(day)]
    if own:
        return max(own, key=lambda p: p.effective_from)
    return PACKS.get(code, jurisdiction=here(uow).jurisdiction, on=day)


def figure_at_version(uow: UnitOfWork, code: str, version: str) -> Parameter:
    """The figure that a record was decided under, whatever binds by now. Raises `ParameterMissing`."""
    if not version.startswith(f"{OF_TENANT}@"):
        return PACKS.with_version(code, version)
    rows = uow.session.scalars(select(ParameterOverride).where(ParameterOverride.code == code))
    for found in map(own_figure, rows):
        if found.version == version:
            return found
    raise ParameterMissing(f"{code} has no version {version}")


def changes_ahead(uow: UnitOfWork, code: str) -> list[tuple[date, Parameter]]:
    """Figures that will bind from a day to come on, each with its first day."""
    today = clock.today()
    known = [*PACKS.chain(code, here(uow).jurisdiction), *(p for p in own_figures(uow) if p.code == code)]
    days = {p.effective_from for p in known} | {
        p.effective_to + timedelta(days=1)
        for p in known
        if p.effective_to is not None and p.effective_to < date.max
    }
    found: list[tuple[date, Parameter]] = []
    before = _version_on(uow, code, today)
    for day in sorted(day for day in days if day > today):
        version = _version_on(uow, code, day)
        if version is not None and version != before:
            found.append((day, figure(uow, code, day)))
        before = version
    return found


def own_figures(uow: UnitOfWork) -> list[Parameter]:
    """The federation's own figures that are not withdrawn, read once a unit of work."""
    kept: list[Parameter] | None = uow.kept.get(ParameterOverride)
    if kept is None:
        live = select(ParameterOverride).where(ParameterOverride.withdrawn_at.is_(None))
        kept = uow.kept[ParameterOverride] = [own_figure(row) for row in uow.session.scalars(live)]
    return kept


def own_figure(row: ParameterOverride) -> Parameter:
    """What a federation decided, as a figure."""
    return Parameter(
        code=row.code,
        jurisdiction=OF_TENANT,
        value=row.value,
        unit=row.unit,
        effective_from=row.effective_from,
        effective_to=row.effective_to,
        basis=row.basis,
        confidence=BY_TENANT,
        edition=row.edition,
    )


def _version_on(uow: UnitOfWork, code: str, day: date) -> str | None:
    try:
        return figure(uow, code, day).version
    except ParameterMissing:
        return None
