"""What a record's page does besides showing: masks that open with a reason, files, steps of many, kept forms."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.designs import samples as designs

from gonghui.audit.entries import AuditEntry
from gonghui.db import policies
from gonghui.records import writing
from gonghui.testing import Federation
from gonghui.testing.attachment_samples import PDF
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising import member_samples, union_samples
from gonghui_organising.unions import unions

MEMBERS, UNIONS = "/console/organising/members", "/console/organising/unions"
HARDSHIP = "/console/designs/hardship-files"
HTML = {"Accept": "text/html"}


def _beside(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


markup, filler = _beside("markup"), _beside("filler")


def made(federation: Federation, maker: Callable[[Any, UUID], UUID], at: str = "garden") -> UUID:
    with federation.uow() as uow:
        return maker(uow, federation.units[at])


def filling(federation: Federation, login: str = "district") -> Any:
    return filler.Filler(federation.client(login))


def text_of(answer: Any) -> str:
    return str(markup.Page(answer.text).text)


# --- what comes back


def test_what_was_written_with_a_return_stands_above_what_has_to_be_put_right(federation: Federation) -> None:
    at = f"{UNIONS}/{made(federation, union_samples.submitted)}"
    street = filling(federation, "east")
    sent = street.send(f"{at}/return", {"comment": "会议记录缺少签名页。"})
    assert sent.status_code == 303, sent.text
    page = filling(federation, "garden").open(at).text
    assert page.index("会议记录缺少签名页。") < page.index("基本情况")
    assert "会议记录缺少签名页。" in page[page.index("基本情况") :]


def test_a_step_that_is_refused_leads_to_where_the_record_is_changed(federation: Federation) -> None:
    at = f"{UNIONS}/{made(federation, _a_bare_draft)}"
    refused = filling(federation, "garden").send(f"{at}/submit")
    assert refused.status_code == 422
    assert f"{at}/edit" in markup.Page(refused.text).links.values()


def _a_bare_draft(uow: Any, place: UUID) -> UUID:
    values = {"org_unit_id": place, "name": "样本三厂工会委员会", "kind": "independent"}
    return writing.create(uow, unions, values).id


# --- masks


def test_a_mask_opens_with_a_reason_which_the_trail_tells(federation: Federation) -> None:
    member_id = made(federation, member_samples.active)
    at, district = f"{MEMBERS}/{member_id}", filling(federation)
    masked = text_of(district.open(at))
    assert "990*************" in masked
    shown = district.post(f"{at}/reveal", {"field": "id_number", "reason": "核对入会材料"})
    assert shown.status_code == 200
    assert "30 秒后隐去" in text_of(shown)
    assert masked.count("*************") == text_of(shown).count("*************") + 1
    with federation.uow() as uow:
        assert uow.session.query(AuditEntry).filter_by(action="organising.member.revealed").count() == 1


def test_a_mask_stays_closed_without_a_good_reason(federation: Federation) -> None:
    at = f"{MEMBERS}/{made(federation, member_samples.active)}"
    refused = filling(federation).post(f"{at}/reveal", {"field": "id_number", "reason": "看"})
    assert refused.status_code == 422
    assert "30 秒后隐去" not in text_of(refused)


# --- parties


def test_a_person_is_told_by_name_and_document_and_faults_stand_at_the_number(federation: Federation) -> None:
    east = filling(federation, "east")
    person = designs.person()
    typed = {
        "org_unit_id": str(federation.units["garden"]),
        "cause": "重病",
        "income": "¥36,000.00",
        "rigid": "12000",
        **{f"applicant.{part}": text for part, text in person.items()},
    }
    wrong = east.send(f"{HARDSHIP}/new", {**typed, "applicant.id_number": "12345"})
    assert wrong.status_code == 422
    assert "#applicant.id_number" in markup.Page(wrong.text).links.values()
    done = east.send(f"{HARDSHIP}/new", typed)
    assert done.status_code == 303, text_of(done)
    shown = text_of(east.open(done.headers["Location"]))
    assert "家庭年收入 ¥36,000.00" in shown
    assert person["id_number"] not in shown


# --- files


def test_a_file_is_added_saved_and_taken_off_again(federation: Federation) -> None:
    at = f"{UNIONS}/{made(federation, union_samples.drafted)}"
    east = filling(federation, "east")
    sent = east.post(f"{at}/attachments", {"paper": "request", "file": (BytesIO(PDF), "请示.pdf")})
    assert sent.status_code == 303, text_of(sent)
    links = markup.Page(east.open(at).text).links
    saved = east.open(links["请示.pdf"])
    assert saved.get_data() == PDF
    assert east.post(f"{links['请示.pdf']}/remove", {}).status_code == 303
    assert "还没有附件" in text_of(east.open(at))


def test_a_file_that_is_not_taken_is_refused_on_the_page(federation: Federation) -> None:
    at = f"{UNIONS}/{made(federation, union_samples.drafted)}"
    answer = filling(federation, "east").post(
        f"{at}/attachments", {"paper": "request", "file": (BytesIO(b"MZ"), "x.exe")}
    )
    assert answer.status_code == 422
    assert markup.Page(answer.text).faults == []


# --- many at once


def test_a_step_of_many_asks_once_and_tells_what_was_refused(federation: Federation) -> None:
    ids = [made(federation, member_samples.active) for _time in range(2)]
    ids.append(made(federation, member_samples.retained))
    district = filling(federation)
    api = federation.client("district")
    ticked = [f"{each}:{api.get(f'/api/v1/organising/members/{each}').json['version']}" for each in ids]
    asked = district.post(f"{MEMBERS}/bulk/retain", {"record": ticked, "again": "1"})
    assert "保留会籍：3 条" in text_of(asked)
    told = district.post(f"{MEMBERS}/bulk/retain", {"record": ticked, "comment": "停产放假"})
    assert "已办理 2 条" in text_of(told)
    assert "当前状态不允许这一步" in text_of(told)
    assert markup.Page(told.text).rows == 1
    nobody = district.post(f"{MEMBERS}/bulk/retain", {})
    assert nobody.headers["Location"] == f"{MEMBERS}?done=none"


# --- deadlines


def test_a_deadline_is_explained_and_marks_the_list(federation: Federation) -> None:
    at = f"{HARDSHIP}/{made(federation, designs.hardship_past_posting)}"
    district = filling(federation)
    assert "公示期满" in text_of(district.open(at))
    assert "怎么算的" in text_of(district.open(at))
    overdue = district.open(f"{HARDSHIP}?view=overdue")
    assert markup.Page(overdue.text).rows == 1
    assert "逾期" in text_of(overdue)
    assert district.send(f"{at}/approve").status_code in (303, 403, 409)


def test_what_is_overdue_stands_in_the_order_of_its_days(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gonghui.web.records.lists.AT_ONCE", 2)
    for days in (5, 40, 20):
        with clock.at(clock.now() - timedelta(days=days)):
            made(federation, designs.hardship_past_posting)
    district, path, found = filling(federation), f"{HARDSHIP}?view=overdue", []
    while path:
        shown = district.open(path).text
        found += re.findall(r'<td class="due"><time datetime="([-\d]+)"', shown)
        following = re.search(r'rel="next" href="([^"]+)"', shown)
        path = unescape(following.group(1)) if following else ""
    assert len(found) == 3
    assert found == sorted(found)


# --- a session that ended while somebody typed


def test_what_was_typed_is_there_again_after_signing_in(
    browser: Any, shared_federation: Federation, password: str
) -> None:
    browser.sign_in("east")
    typed = {
        "csrf_token": browser.csrf(f"{UNIONS}/new"),
        "name": "样本工会委员会",
        "papers.0.kind": "request",
    }
    browser.client.delete_cookie("gonghui", domain=browser.host)
    late = browser.post(f"{UNIONS}/new", data=typed, headers=HTML)
    assert late.status_code == 401
    form = {**filler.Boxes(late.text).values, "login": "east", "password": password}
    back = browser.post("/sign-in", data=form, headers=HTML)
    assert "刚才填写的内容还在" in text_of(back)
    again = browser.post(f"{UNIONS}/new", data={**filler.Boxes(back.text).values, "again": "1"}, headers=HTML)
    assert again.status_code == 200
    boxes = filler.Boxes(again.text).values
    assert (boxes["name"], boxes["papers.0.kind"]) == ("样本工会委员会", "request")
    assert shared_federation.client("east").get("/api/v1/organising/unions").json["items"] == []


def test_a_change_that_is_no_form_is_not_carried_over_a_sign_in(browser: Any, password: str) -> None:
    form = {"csrf_token": browser.csrf(), "login": "east", "password": password}
    answer = browser.post(
        "/sign-in", data={**form, "next": "/console/inbox/read", "kept.x": "1"}, headers=HTML
    )
    assert answer.status_code == 302


# --- speed


@pytest.mark.parametrize(
    ("path", "login"),
    [(UNIONS, "district"), (f"{UNIONS}?view=mine", "east"), (MEMBERS, "district"), (HARDSHIP, "district")],
)
def test_a_list_asks_as_often_for_many_rows_as_for_one(federation: Federation, path: str, login: str) -> None:
    makers = {
        UNIONS: union_samples.submitted,
        MEMBERS: member_samples.active,
        HARDSHIP: designs.hardship_at(),
    }
    maker = makers[path.partition("?")[0]]
    asked = []
    for more in (1, 4):
        for _time in range(more):
            made(federation, maker)
        officer = filling(federation, login)
        officer.open(path)
        with counted_statements(federation.world.database.engine(policies.APP)) as sent:
            page = markup.Page(officer.open(path).text)
        asked.append(len(sent))
    assert page.rows == 5
    assert asked[0] == asked[1]
