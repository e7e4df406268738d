"""What is wrong in a draft already, whatever is still missing: contradictions, wrong codes, unlawful terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gonghui.sdk import FieldFault, UnitOfWork, _, clock, figure, find_employers, here, uscc_fault
from gonghui_organising.founding_parts import settled_employers
from gonghui_organising.founding_rules import fault_of_taken_code, faults_of_numbers
from gonghui_organising.union import GrassrootsUnion, UnionKind


def faults_of_content(
    uow: UnitOfWork, union: GrassrootsUnion, values: Mapping[str, Any]
) -> Iterator[FieldFault]:
    """Every fault of the content that `values` gives and of the numbers that result."""
    employers = values.get("employers") or ()
    yield from faults_of_numbers(union)
    yield from _codes(uow, union, employers)
    yield from _employers(uow, union, employers)
    yield from _term(uow, values.get("committee"))
    yield from _papers(values.get("papers") or ())


def _codes(
    uow: UnitOfWork, union: GrassrootsUnion, employers: Sequence[Mapping[str, Any]]
) -> Iterator[FieldFault]:
    demo_numbers = here(uow).is_demo
    coded = [("/uscc", union.uscc, True)]
    coded += [(f"/employers/{i}/uscc", employer.get("uscc"), False) for i, employer in enumerate(employers)]
    for pointer, code, of_union in coded:
        fault = uscc_fault(code, of_union=of_union, demo_numbers=demo_numbers) if code else None
        if fault is not None:
            detail = _("统一社会信用代码 {code} 不正确，请对照证书核对。", code=code)
            yield FieldFault(pointer, f"code_{fault.value}", detail)
    yield from fault_of_taken_code(uow, union)


def _employers(
    uow: UnitOfWork, union: GrassrootsUnion, employers: Sequence[Mapping[str, Any]]
) -> Iterator[FieldFault]:
    if union.kind == UnionKind.INDEPENDENT and len(employers) > 1:
        yield FieldFault("/employers", "one_employer", _("独立建会只有一个单位。"))
    pairs = [(employer["name"].strip(), employer.get("uscc") or None) for employer in employers]
    known = find_employers(uow, pairs)
    settled = settled_employers(uow, [employer.id for employer in known.values()])
    for index, pair in enumerate(pairs):
        if pair in known and known[pair].name != pair[0] and known[pair].id in settled:
            detail = _(
                "代码 {code} 登记的单位是“{name}”，请核对名称或代码。", code=pair[1], name=known[pair].name
            )
            yield FieldFault(f"/employers/{index}/name", "employer_name_differs", detail)


def _term(uow: UnitOfWork, committee: Mapping[str, Any] | None) -> Iterator[FieldFault]:
    if committee is None:
        return
    lawful = figure(uow, "organising.committee.term_years", committee["started_on"])
    if committee["years"] not in lawful.value:
        detail = _("任期只能是 {choices} 年（{basis}）。", choices=lawful.value, basis=lawful.basis)
        yield FieldFault("/committee/years", "term_not_3_or_5", detail)


def _papers(papers: Sequence[Mapping[str, Any]]) -> Iterator[FieldFault]:
    seen: set[tuple[Any, ...]] = set()
    for index, paper in enumerate(papers):
        dated_on = paper.get("dated_on")
        if dated_on is not None and dated_on > clock.today():
            yield FieldFault(f"/papers/{index}/dated_on", "in_future", _("材料日期不能晚于今天。"))
        entry = (paper["kind"], paper.get("number"), dated_on)
        if entry in seen:
            yield FieldFault(f"/papers/{index}", "paper_repeated", _("同一份材料只登记一次。"))
        seen.add(entry)
