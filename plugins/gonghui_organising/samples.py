"""Samples for the contract kit: for each kind of address, a thing of a tenant that the address can mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from gonghui.sdk import EmployerMatch, UnitOfWork, decide_match, new_employer, new_id
from gonghui_organising import (
    figure_samples,
    helper_samples,
    legal_person_samples,
    member_samples,
    questionnaire_samples,
    re_election_samples,
    staff_samples,
    subdivision_samples,
    target_samples,
)
from gonghui_organising.union_samples import approved, drafted, submitted


def matched(uow: UnitOfWork, _org_unit_id: UUID) -> UUID:
    """Two employers whose names look alike, not decided yet."""
    brand = "".join(chr(0x4E00 + int(digit, 16) * 64) for digit in new_id().hex[-6:])
    pair = [new_employer(f"深圳市{brand}{trade}有限公司") for trade in ("电子", "电子科技")]
    uow.add(*pair)
    uow.session.flush()
    match = EmployerMatch(employer_id=pair[0].id, candidate_id=pair[1].id, score=90)
    uow.add(match)
    uow.session.flush()
    return match.id


def decided(uow: UnitOfWork, org_unit_id: UUID) -> UUID:
    """Two employers of whom somebody said that they are one."""
    match = uow.session.get_one(EmployerMatch, (uow.tenant_id, matched(uow, org_unit_id)))
    decide_match(uow, match, same=True)
    return match.id


#: By the name of the path's parameter, or by operation where an operation needs a certain state.
SAMPLES: dict[str, Callable[[UnitOfWork, UUID], Any]] = {
    **member_samples.SAMPLES,
    **re_election_samples.SAMPLES,
    **legal_person_samples.SAMPLES,
    **questionnaire_samples.SAMPLES,
    **subdivision_samples.SAMPLES,
    **helper_samples.SAMPLES,
    **staff_samples.SAMPLES,
    **target_samples.SAMPLES,
    **figure_samples.SAMPLES,
    "union_id": drafted,
    "match_id": matched,
    "POST /api/v1/organising/employer-matches/{match_id}/reopen": decided,
    "GET /console/organising/unions/{union_id}/print/reply": approved,
    "POST /api/v1/organising/unions/{union_id}/return": submitted,
    "POST /api/v1/organising/unions/{union_id}/approve": submitted,
    "POST /api/v1/organising/unions/{union_id}/seal": approved,
    "POST /api/v1/organising/unions/{union_id}/dissolve": approved,
}
