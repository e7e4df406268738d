"""Forms on paper: filled in from the record, blank where a hand writes, sent back as the paper that they are."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from gonghui.i18n import Text
from gonghui.records import contradictions
from gonghui.records.print_forms import PrintForm
from gonghui.records.record_types import RecordTypeError
from gonghui.testing import Federation
from gonghui_organising import legal_person_samples, member_samples
from gonghui_organising.papers import FOUNDING_FORMS
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

UNIONS, MEMBERS = "/console/organising/unions", "/console/organising/members"
REGISTRATIONS = "/console/organising/legal-persons"
_HTML = {"Accept": "text/html"}


def page(federation: Federation, who: str, path: str) -> Any:
    return federation.client(who)("GET", path, headers=_HTML)


def drafted(federation: Federation, **more: Any) -> str:
    values = {**founding_values(federation.units["firm"]), **more}
    made = federation.client("firm").post("/api/v1/organising/unions", values)
    assert made.status_code == 201, made.text
    return str(made.json["id"])


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_the_request_to_found_names_who_is_asked_and_what_the_law_says(federation: Federation) -> None:
    union_id = drafted(federation, members=120, headcount=150, near_relatives_excluded=True)
    answer = page(federation, "firm", f"{UNIONS}/{union_id}/print/request")
    assert answer.status_code == 200
    said = text_of(answer)
    for words in ("的请示", "花园社区工联会", "会员 120 人", "5 至 7 名", "拟召开会员代表大会", "近亲属"):
        assert words in said


@pytest.mark.parametrize("form", [form.name for form in FOUNDING_FORMS])
def test_a_founding_paper_is_offered_by_the_record_and_comes_back_to_it(
    federation: Federation, form: str
) -> None:
    union_id = drafted(federation)
    path = f"{UNIONS}/{union_id}"
    paper = next(each.paper for each in FOUNDING_FORMS if each.name == form)
    assert f"{path}/print/{form}" in page(federation, "firm", path).text
    printed = page(federation, "firm", f"{path}/print/{form}").text
    assert f"{path}?paper={paper}#files" in printed
    assert f'<option value="{paper}" selected>' in page(federation, "firm", f"{path}?paper={paper}").text
    assert 'class="shell"' not in printed


def test_a_union_that_was_sent_up_has_no_founding_papers_to_print(federation: Federation) -> None:
    union_id = drafted(federation)
    client = federation.client("firm")
    tag = client.get(f"/api/v1/organising/unions/{union_id}").headers["ETag"]
    sent = client.post(f"/api/v1/organising/unions/{union_id}/submit", headers={"If-Match": tag})
    assert sent.status_code == 200, sent.text
    assert page(federation, "firm", f"{UNIONS}/{union_id}/print/request").status_code == 404
    assert "/print/" not in page(federation, "firm", f"{UNIONS}/{union_id}").text


def test_the_application_tells_nothing_that_is_masked_and_is_for_nobody_next_door(
    federation: Federation,
) -> None:
    with federation.uow() as uow:
        member_id = member_samples.active(uow, federation.units["firm"])
    path = f"{MEMBERS}/{member_id}/print/application"
    answer = page(federation, "firm", path)
    assert answer.status_code == 200
    assert "我自愿加入中国工会" in answer.text
    assert "*" not in text_of(answer)
    assert page(federation, "west", path).status_code == 404


def test_the_reply_says_what_was_approved_and_comes_back_sealed(federation: Federation) -> None:
    union_id = drafted(federation, chair_name="冯示例")
    client, district = federation.client("firm"), federation.client("district")
    path = f"/api/v1/organising/unions/{union_id}"
    tag = client.get(path).headers["ETag"]
    tag = client.post(f"{path}/submit", headers={"If-Match": tag}).headers["ETag"]
    assert page(federation, "district", f"{UNIONS}/{union_id}/print/reply").status_code == 404
    reply = {"approval_no": "示工复〔2026〕1号", "term_years": 5, "effective_on": "2026-06-01"}
    done = district.post(f"{path}/approve", reply, headers={"If-Match": tag})
    assert done.status_code == 200, done.text
    answer = page(federation, "district", f"{UNIONS}/{union_id}/print/reply")
    said = text_of(answer)
    for words in ("的批复", "示工复〔2026〕1号", "2026年6月1日", "主席为 冯示例", "任期 5 年"):
        assert words in said
    assert f"{UNIONS}/{union_id}?paper=official_reply#files" in answer.text


def test_a_card_names_the_union_and_leaves_the_sealed_number_to_a_hand(federation: Federation) -> None:
    with federation.uow() as uow:
        member_id = member_samples.active(uow, federation.units["garden"])
        applicant_id = member_samples.applicant(uow, federation.units["garden"])
    answer = page(federation, "garden", f"{MEMBERS}/{member_id}/print/card")
    assert "会员证" in text_of(answer)
    assert "*" not in text_of(answer)
    assert "上传为" not in answer.text
    assert page(federation, "garden", f"{MEMBERS}/{applicant_id}/print/card").status_code == 404
    assert page(federation, "west", f"{MEMBERS}/{member_id}/print/card").status_code == 404


def test_a_registration_is_applied_for_on_paper_and_certified_once_it_is_made(federation: Federation) -> None:
    with federation.uow() as uow:
        applied = legal_person_samples.applied(uow, federation.units["garden"])
        registered = legal_person_samples.registered(uow, federation.units["garden"])
    form = page(federation, "garden", f"{REGISTRATIONS}/{applied}/print/application")
    for words in ("登记申请表", "陈示例", "1. 登记申请表"):
        assert words in text_of(form)
    assert f"{REGISTRATIONS}/{applied}?paper=application#files" in form.text
    assert page(federation, "garden", f"{REGISTRATIONS}/{applied}/print/certificate").status_code == 404
    said = text_of(page(federation, "garden", f"{REGISTRATIONS}/{registered}/print/certificate"))
    for words in ("示证字第 1 号", "法定代表人 陈示例", "2024年6月30日", "登记机关"):
        assert words in said
    assert page(federation, "west", f"{REGISTRATIONS}/{registered}/print/certificate").status_code == 404


def test_a_form_that_contradicts_its_record_type_is_refused() -> None:
    good = FOUNDING_FORMS[0]
    declared = {
        "one name": (good, good),
        "own": (replace(good, template="aid/x.html"),),
        "a state": (replace(good, states=frozenset({"nowhere"})),),
        "a paper": (PrintForm("x", Text("样"), "organising/x.html", paper="nothing"),),
    }
    for words, forms in declared.items():
        unions.print_forms, kept = forms, unions.print_forms
        try:
            with pytest.raises(RecordTypeError, match=words):
                contradictions.refuse(unions)
        finally:
            unions.print_forms = kept
