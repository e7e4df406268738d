"""What a founding must show before it may be submitted: every fault at once, each at its field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from gonghui.sdk import FieldFault, Text, UnitOfWork, _, clock, figure
from gonghui_organising.forms import seat_range
from gonghui_organising.union import CommitteeTerm, GrassrootsUnion, UnionKind, UnionPaper, UnionState

PAPER_NAMES: dict[str, Text] = {
    "request": _("建会请示"),
    "member_roster": _("会员名册"),
    "preparatory_group_notice": _("筹备组通知"),
    "minutes": _("会议记录"),
    "attendance": _("会议签到"),
    "ballot_count": _("选票统计"),
    "result_report": _("选举结果报告"),
    "official_reply": _("批复"),
    "chair_id": _("主席身份证复印件"),
    "employer_licence": _("单位营业执照复印件"),
}


@dataclass(frozen=True)
class Founding:
    """A union with everything that is read to judge its founding."""

    union: GrassrootsUnion
    employers: int
    term: CommitteeTerm | None
    papers: Sequence[UnionPaper]
    #: Names of other independent unions, approved, that cover the same employer.
    rivals: Sequence[str] = ()


def faults_of_numbers(union: GrassrootsUnion) -> Iterator[FieldFault]:
    """Numbers that contradict each other; wrong in a draft already."""
    pairs = (
        ("members", "headcount", "members_exceed_staff", _("会员人数不能多于职工人数。")),
        ("women_members", "members", "women_exceed_members", _("女会员人数不能多于会员人数。")),
        ("women_staff", "headcount", "women_staff_exceed_staff", _("女职工人数不能多于职工人数。")),
        (
            "migrant_members",
            "members",
            "migrant_members_exceed_members",
            _("农民工会员人数不能多于会员人数。"),
        ),
    )
    for part, whole, code, detail in pairs:
        counted, total = getattr(union, part), getattr(union, whole)
        if counted is not None and total is not None and counted > total:
            yield FieldFault(f"/{part}", code, detail)


def fault_of_taken_code(uow: UnitOfWork, union: GrassrootsUnion) -> Iterator[FieldFault]:
    """A union's code that another union has been submitted or approved with; a mere draft holds no code."""
    if union.uscc:
        held = select(GrassrootsUnion.id).where(
            GrassrootsUnion.uscc == union.uscc,
            GrassrootsUnion.state.in_((UnionState.SUBMITTED.value, UnionState.APPROVED.value)),
        )
        if uow.session.scalar(held) not in (None, union.id):
            yield FieldFault("/uscc", "union_code_taken", _("这个代码已属于另一个工会。"))


def faults_before_submission(uow: UnitOfWork, founding: Founding) -> list[FieldFault]:
    """Everything that stands between a draft and its submission."""
    union = founding.union
    return [
        *faults_of_numbers(union),
        *fault_of_taken_code(uow, union),
        *_missing(union),
        *_employers(uow, founding),
        *_preparation(uow, union),
        *_committee(uow, founding),
        *_papers(uow, founding),
    ]


def _missing(union: GrassrootsUnion) -> Iterator[FieldFault]:
    needed = {
        "chair_name": _("请填写选出的主席姓名。"),
        "headcount": _("请填写职工人数。"),
        "members": _("请填写会员人数。"),
        "employer_informed_on": _("请填写告知单位的日期。"),
    }
    for name, detail in needed.items():
        if getattr(union, name) is None:
            yield FieldFault(f"/{name}", "required", detail)
    if union.employer_informed_on is not None and union.employer_informed_on > clock.today():
        yield FieldFault("/employer_informed_on", "in_future", _("告知单位的日期不能晚于今天。"))
    if union.members == 0:
        yield FieldFault("/members", "no_members", _("没有会员，不能建会。"))
    if not union.near_relatives_excluded:
        # 工会法 Art. 10: near relatives of the main person in charge may not be candidates.
        detail = _("请确认候选人中没有单位主要负责人的近亲属（工会法第十条）。")
        yield FieldFault("/near_relatives_excluded", "relatives_not_excluded", detail)


def _employers(uow: UnitOfWork, founding: Founding) -> Iterator[FieldFault]:
    if founding.union.kind == UnionKind.INDEPENDENT:
        if founding.employers != 1:
            yield FieldFault("/employers", "one_employer", _("独立建会只有一个单位。"))
        yield from fault_of_rival(founding.union, founding.rivals)
        return
    least = figure(uow, "organising.joint_union.employers_from")
    if founding.employers < least.value:
        detail = _("联合工会至少涵盖 {n} 个单位（{basis}）。", n=least.value, basis=least.basis)
        yield FieldFault("/employers", "too_few_employers", detail)


def fault_of_rival(union: GrassrootsUnion, rivals: Sequence[str]) -> Iterator[FieldFault]:
    """An employer has one union of its own; asked at submission and again, under a lock, at approval."""
    if union.kind == UnionKind.INDEPENDENT and rivals:
        detail = _("这个单位已单独建会：{name}。", name=rivals[0])
        yield FieldFault("/employers", "employer_has_union", detail)


def _preparation(uow: UnitOfWork, union: GrassrootsUnion) -> Iterator[FieldFault]:
    size = figure(uow, "organising.preparatory_group.size")
    least, most = size.value
    if union.preparatory_group_size is None or not least <= union.preparatory_group_size <= most:
        detail = _("筹备组应为 {least} 至 {most} 人（{basis}）。", least=least, most=most, basis=size.basis)
        yield FieldFault("/preparatory_group_size", "preparatory_group_size", detail)


def _committee(uow: UnitOfWork, founding: Founding) -> Iterator[FieldFault]:
    term, members = founding.term, founding.union.members
    if term is None:
        yield FieldFault("/committee", "required", _("请填写委员会：选举日期、任期和委员人数。"))
        return
    informed_on = founding.union.employer_informed_on
    if informed_on is not None and informed_on > term.started_on:
        detail = _("告知单位在选举之前：告知日期不能晚于选举日期。")
        yield FieldFault("/employer_informed_on", "after_election", detail)
    if term.started_on > clock.today():
        yield FieldFault("/committee/started_on", "in_future", _("选举日期不能晚于今天。"))
    if term.seats is None:
        yield FieldFault("/committee/seats", "required", _("请填写委员人数。"))
    elif members:
        yield from _seats(uow, term.seats, members)


def _seats(uow: UnitOfWork, seats: int, members: int) -> Iterator[FieldFault]:
    table = figure(uow, "organising.committee.seats")
    least, most = seat_range(table, members)
    if not least <= seats <= most:
        detail = _(
            "会员 {members} 人，委员应为 {least} 至 {most} 人（{basis}）。",
            members=members,
            least=least,
            most=most,
            basis=table.basis,
        )
        yield FieldFault("/committee/seats", "seats_out_of_range", detail)
    if seats % 2 == 0:
        yield FieldFault("/committee/seats", "seats_even", _("委员人数应为单数。"))


def _papers(uow: UnitOfWork, founding: Founding) -> Iterator[FieldFault]:
    there = {paper.kind for paper in founding.papers}
    for kind in figure(uow, "organising.founding.papers").value:
        if kind not in there:
            detail = _("缺少材料：{paper}。", paper=PAPER_NAMES[kind])
            yield FieldFault("/papers", f"paper_missing:{kind}", detail)
