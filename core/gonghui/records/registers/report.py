"""What an import did: rows read, rows put in, rows known already, and every fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from gonghui.records.registers.faults import Fault


@dataclass(frozen=True)
class ImportReport:
    """The outcome of reading a register in; `is_dry` says that nothing was written."""

    rows: int
    good: int
    created: int
    known: int
    faults: Sequence[Fault]
    is_dry: bool
    not_kept: Sequence[str] = ()
    made: dict[str, int] = field(default_factory=dict)
    #: What is not wrong but worth a look: known rows that say something else than what is known.
    notices: Sequence[Fault] = ()
    run_id: UUID | None = None

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "rows": self.rows,
            "good": self.good,
            "created": self.created,
            "known": self.known,
            "dry_run": self.is_dry,
            "made": self.made,
            "run_id": str(self.run_id) if self.run_id else None,
            "not_kept": list(self.not_kept),
            "notices": [notice.as_json() for notice in self.notices],
            "faults": [fault.as_json() for fault in self.faults],
        }
