"""Legal persons as samples for the contract kit, each in the state that an operation needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from gonghui.sdk import UnitOfWork, advance, create_record, new_id
from gonghui_organising.demo import demo_code
from gonghui_organising.legal_person import LegalPerson, legal_persons
from gonghui_organising.union_samples import approved

PAPERS = ("application", "founding_reply", "election_reply", "chair_id", "handler_id")


def union_code(_uow: UnitOfWork | None = None, _place: UUID | None = None) -> str:
    """A union's code that nobody has."""
    return demo_code("81", int(new_id().hex[-7:], 16))


def applied(uow: UnitOfWork, place: UUID) -> UUID:
    values = {"union_id": approved(uow, place), "representative": "陈示例", "address": None}
    return create_record(uow, legal_persons, values | {"papers": [{"kind": kind} for kind in PAPERS]}).id


def _stepped(*names: str) -> Callable[[UnitOfWork, UUID], UUID]:
    def make(uow: UnitOfWork, place: UUID) -> UUID:
        record: Any = uow.session.get_one(LegalPerson, (uow.tenant_id, applied(uow, place)))
        for name in names:
            code = {"certificate_no": "示证字第 1 号", "uscc": union_code()} if name == "register" else {}
            transition = legal_persons.workflow.named(name)
            advance(uow, legal_persons, record, transition, answers=code)
            if name == "register":  # about to run out, so that it can be renewed
                record.valid_to = date(2024, 6, 30)
                uow.session.flush()
        return UUID(str(record.id))

    return make


_AT = "POST /api/v1/organising/legal-persons/{legal_person_id}"
registered = _stepped("register")
SAMPLES: dict[str, Callable[..., Any]] = {
    "approved_union_id": approved,
    "union_code": union_code,
    "legal_person_id": applied,
    "GET /console/organising/legal-persons/{legal_person_id}/print/certificate": registered,
    f"{_AT}/resubmit": _stepped("return"),
    f"{_AT}/apply-renewal": registered,
    f"{_AT}/renew": _stepped("register", "apply-renewal"),
    f"{_AT}/note-change": registered,
    f"{_AT}/register-change": registered,
}
