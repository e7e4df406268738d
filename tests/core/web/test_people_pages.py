"""Accounts on pages: found, given roles, shut out, handed over, stood in for, and signed in for the first time."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from gonghui.auth.accounts import account_by_id
from gonghui.auth.sign_in_codes import CODE_LIFE
from gonghui.testing import Federation
from gonghui.testing.second_factor_samples import guarded
from gonghui.values import clock

PASSWORD = "four words in a row"

#: A one-time code, and no part of an id.
CODE = r"(?<![-\w])[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}(?![-\w])"


@pytest.fixture
def page_of(federation: Federation) -> Callable[[str], str]:
    """The address of somebody's page."""
    return lambda login: f"/console/people/{federation.accounts[login]}"


def code_on(sheet: str) -> str:
    found = re.findall(CODE, sheet)
    assert len(found) == 1
    return str(found[0])


# --- the list


def test_accounts_are_found_by_name_role_and_state(asked: Callable[..., Any]) -> None:
    everybody = asked("admin", "/console/people").text
    assert "样east" in everybody
    assert "街道工会干部 · <span data-said>东街道总工会</span>" in everybody
    streets = asked("admin", "/console/people?role=street_officer").text
    assert "样west" in streets
    assert "样garden" not in streets
    assert "样firm" in asked("admin", "/console/people?q=firm").text
    assert "没有符合条件的账号" in asked("admin", "/console/people?state=closed").text
    assert "没有符合条件的账号" in asked("admin", "/console/people?state=locked").text


def test_only_whoever_gives_roles_sees_accounts(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    assert asked("district", "/console/people").status_code == 403
    federation.add_officer("keeper", "keeper", "east", ["core.role.grant"])
    seen = asked("keeper", "/console/people").text
    assert "样garden" in seen
    assert "样west" not in seen
    assert asked("keeper", page_of("west")).status_code == 404
    assert asked("keeper", page_of("worker")).status_code == 404


# --- roles


def test_a_role_is_given_for_some_days_and_ended(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    last = clock.today() + timedelta(days=9)
    form = {"role": "street_officer", "unit": "西街道总工会", "valid_to": last.isoformat()}
    assert asked("admin", page_of("garden") + "/roles", form).status_code == 303
    page = asked("admin", page_of("garden")).text
    assert str(last) in page
    assert asked("garden", f"/console/org/{federation.units['west']}").status_code == 200
    again = asked("admin", page_of("garden") + "/roles", form)
    assert again.status_code == 409
    assert "已有这个角色" in again.text
    ends = re.findall(r"西街道总工会</a>.*?(/roles/[0-9a-f-]{36}/end)", page, re.DOTALL)[-1]
    assert asked("admin", page_of("garden") + ends, {}).status_code == 303
    assert asked("garden", f"/console/org/{federation.units['west']}").status_code == 404


def test_what_is_missing_of_a_role_is_said_at_its_field(
    asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    path = page_of("garden") + "/roles"
    assert 'href="#unit"' in asked("admin", path, {"role": "auditor", "unit": "没有的工会"}).text
    assert 'href="#role"' in asked("admin", path, {"role": "", "unit": "东街道总工会"}).text
    past = {"role": "auditor", "unit": "东街道总工会", "valid_from": "2020-01-01"}
    assert "开始日期不能早于今天" in asked("admin", path, past).text


def test_nobody_takes_the_right_to_give_roles_from_themselves(
    asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    page = asked("admin", page_of("admin")).text
    ends = re.search(r"/roles/[0-9a-f-]{36}/end", page)
    assert ends is not None
    assert asked("admin", page_of("admin") + ends[0], {}).status_code == 409
    assert asked("admin", page_of("admin") + "/close", {}).status_code == 409


def test_whoever_answers_for_a_street_does_not_take_over_an_account_that_works_above_it(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    federation.add_officer("keeper", "keeper", "east", ["core.role.grant"])
    form = {"role": "auditor", "unit": federation.view.name}
    assert asked("admin", page_of("garden") + "/roles", form).status_code == 303
    for act in ("/code", "/close", "/sign-out"):
        assert asked("keeper", page_of("garden") + act, {}).status_code == 403
    assert asked("keeper", page_of("firm") + "/sign-out", {}).status_code == 303


# --- sessions and tokens


def test_a_session_and_a_token_are_ended(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    token = federation.token("garden", None)
    assert token.get("/api/v1/me").status_code == 200
    asked("garden", "/console")
    assert "样garden" in asked("admin", "/console/sessions").text
    assert "样garden" in asked("admin", "/console/sessions?view=tokens").text
    page = asked("admin", page_of("garden")).text
    [ends], [revokes] = (
        re.findall(r"/console/sessions/\S+/end", page),
        re.findall(r"/console/tokens/\S+/revoke", page),
    )
    assert asked("admin", ends, {}).status_code == 303
    assert asked("admin", revokes, {}).status_code == 303
    assert token.get("/api/v1/me").status_code == 401
    assert asked("garden", "/console").status_code == 302


def test_a_closed_account_is_opened_again_with_its_roles(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    assert asked("admin", page_of("garden") + "/close", {}).status_code == 303
    assert "已停用" in asked("admin", page_of("garden")).text
    assert "样garden" in asked("admin", "/console/people?state=closed").text
    assert asked("admin", page_of("garden") + "/reopen", {}).status_code == 303
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["garden"])
        assert account is not None
        assert account.disabled_at is None
    assert "社区工会干部" in asked("admin", page_of("garden")).text


def test_the_second_factor_of_a_lost_phone_is_taken_away_with_a_reason(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    with federation.uow() as uow:
        guarded(uow, federation.accounts["garden"])
    assert "解除两步验证" in asked("admin", page_of("garden")).text
    assert "两步验证" in asked("admin", "/console/people?q=garden").text.split("<tbody")[1]
    path = page_of("garden") + "/second-factor"
    assert asked("admin", path, {"reason": ""}).status_code == 422
    assert asked("admin", path, {"reason": "换了手机"}).status_code == 303
    assert "解除两步验证" not in asked("admin", page_of("garden")).text
    assert asked("admin", path, {"reason": "换了手机"}).status_code == 409


@pytest.mark.parametrize(
    ("act", "says"), [("code", "立即失效"), ("close", "可以重新启用"), ("second-factor", "理由")]
)
def test_what_shuts_somebody_out_is_asked_on_a_page_of_its_own_that_needs_no_script(
    asked: Callable[..., Any], page_of: Callable[[str], str], act: str, says: str
) -> None:
    path = f"{page_of('garden')}/{act}"
    if act != "second-factor":
        assert f'href="{path}"' in asked("admin", page_of("garden")).text
    page = asked("admin", path).text
    assert says in page
    assert f'method="post" action="{path}"' in page
    assert asked("garden", path).status_code == 403


def test_what_stands_in_the_way_of_closing_is_said_where_it_was_asked(
    asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    refused = asked("admin", page_of("admin") + "/close", {})
    assert refused.status_code == 409
    assert "自己的账号由另一名管理员办理" in refused.text
    assert "停用" in refused.text


# --- handing over


def test_handing_over_moves_roles_from_a_day_on(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    federation.add_officer("after", "auditor", "district")
    path = page_of("garden") + "/hand-over"
    assert "社区工会干部" in asked("admin", path).text
    assert asked("admin", path, {"to": "garden"}).status_code == 422
    assert asked("admin", path, {"to": "nobody"}).status_code == 422
    assert asked("admin", path, {"to": "worker"}).status_code == 422
    assert asked("admin", path, {"to": "after 样after"}).status_code == 303
    assert "社区工会干部" in asked("admin", page_of("after")).text
    assert "没有角色" in asked("admin", page_of("garden")).text
    with federation.uow("garden") as uow:
        assert uow.principal.grants == ()
    with federation.uow("after") as uow:
        assert uow.principal.holds("organising.union.create")


def test_a_deputy_stands_in_for_some_days_and_is_marked(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    federation.add_officer("stand.in", "auditor", "district")
    path = page_of("east") + "/deputy"
    held = re.findall(r'name="roles" value="([^"]+)"', asked("admin", path).text)
    last = clock.today() + timedelta(days=3)
    form = {"to": "stand.in", "roles": held, "valid_to": last.isoformat()}
    assert asked("admin", path, {**form, "valid_to": ""}).status_code == 422
    assert asked("admin", path, {**form, "roles": []}).status_code == 422
    assert asked("admin", path, form).status_code == 303
    page = asked("admin", page_of("stand.in")).text
    assert "代理 样east" in page
    assert str(last) in page
    with federation.uow("stand.in") as uow:
        assert uow.principal.holds("organising.union.approve")
    with clock.at(clock.now() + timedelta(days=5)), federation.uow("stand.in") as uow:
        assert not uow.principal.holds("organising.union.approve")
    with federation.uow("east") as uow:
        assert uow.principal.holds("organising.union.approve")


# --- codes


def test_a_code_is_shown_once_and_turned_into_a_password_once(
    federation: Federation, browser: Any, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    visitor = type(browser)(federation)
    sheet = asked("admin", page_of("garden") + "/code", {})
    assert sheet.status_code == 200
    code = code_on(sheet.text)
    assert code not in asked("admin", page_of("garden")).text
    assert "待设密码" in asked("admin", page_of("garden")).text
    form = {"login": "garden", "code": code.replace("-", "").lower(), "password": PASSWORD, "again": PASSWORD}
    form["csrf_token"] = visitor.csrf("/welcome")
    assert visitor.post("/welcome", data={**form, "again": "other"}).status_code == 422
    assert visitor.post("/welcome", data={**form, "password": "short", "again": "short"}).status_code == 422
    assert visitor.post("/welcome", data={**form, "code": "AAAA-AAAA-AAAA"}).status_code == 401
    assert visitor.post("/welcome", data=form).status_code == 303
    assert visitor.post("/welcome", data=form).status_code == 401
    assert visitor.sign_in("garden", PASSWORD).status_code == 302


def test_a_code_ends_with_its_time_and_with_the_next_one(
    federation: Federation, browser: Any, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    visitor = type(browser)(federation)
    first = code_on(asked("admin", page_of("garden") + "/code", {}).text)
    second = code_on(asked("admin", page_of("garden") + "/code", {}).text)
    form = {
        "csrf_token": visitor.csrf("/welcome"),
        "login": "garden",
        "password": PASSWORD,
        "again": PASSWORD,
    }
    assert visitor.post("/welcome", data={**form, "code": first}).status_code == 401
    with clock.at(clock.now() + CODE_LIFE):
        assert visitor.post("/welcome", data={**form, "code": second}).status_code == 401
    assert visitor.post("/welcome", data={**form, "code": second}).status_code == 303


def test_guessing_a_code_locks_the_login(federation: Federation, browser: Any) -> None:
    visitor = type(browser)(federation)
    form = {
        "csrf_token": visitor.csrf("/welcome"),
        "login": "garden",
        "password": PASSWORD,
        "again": PASSWORD,
    }
    answers = [
        visitor.post("/welcome", data={**form, "code": f"AAAA-AAAA-AAA{n}"}).status_code for n in range(7)
    ]
    assert answers == [401] * 5 + [429] * 2


def test_no_code_stands_in_clear_in_any_table(
    federation: Federation,
    asked: Callable[..., Any],
    page_of: Callable[[str], str],
    table_texts: Callable[[Federation], dict[str, list[str]]],
) -> None:
    code = code_on(asked("admin", page_of("garden") + "/code", {}).text)
    rows = [row for texts in table_texts(federation).values() for row in texts]
    assert any("sign_in_code" in name and texts for name, texts in table_texts(federation).items())
    assert not [row for row in rows if code in row or code.replace("-", "") in row]


# --- invitations


def test_many_are_invited_at_once_with_a_sheet_for_each_unit(
    federation: Federation, browser: Any, asked: Callable[..., Any]
) -> None:
    names = "赵一\n钱二，西街道总工会\n孙三\t花园社区工联会\tsun.boss"
    form = {"role": "community_officer", "unit": "东街道总工会", "names": names}
    looked_at = asked("admin", "/console/people/invite", form)
    assert looked_at.status_code == 200
    assert "zhao.yi" in looked_at.text
    assert "没有符合条件的账号" in asked("admin", "/console/people?q=zhao.yi").text
    sheets = asked("admin", "/console/people/invite", {**form, "confirmed": "1"})
    codes = re.findall(CODE, sheets.text)
    assert len(set(codes)) == 3
    assert sheets.text.count('class="sheet"') == 3
    assert "sun.boss" in sheets.text
    assert "待设密码" in asked("admin", "/console/people?q=zhao.yi").text
    fresh = asked("admin", "/console/people/invite/again", {"unit": "东街道总工会"})
    again = re.findall(CODE, fresh.text)
    assert len(again) == 2
    assert not set(again) & set(codes)


def test_faults_of_a_list_are_said_line_by_line_and_nobody_is_invited(asked: Callable[..., Any]) -> None:
    names = "赵一，没有的工会\n钱二，，east\n孙三"
    answer = asked("admin", "/console/people/invite", {"role": "auditor", "names": names, "confirmed": "1"})
    assert answer.status_code == 422
    for sentence in (
        "第 1 行（赵一）：没有叫“没有的工会”的组织",
        "第 2 行（钱二）",
        "第 3 行（孙三）：没有写组织",
    ):
        assert sentence in answer.text
    assert "赵一" not in asked("admin", "/console/people?q=赵一").text.split("</form>")[-1]


def test_a_table_is_read_and_two_of_one_name_get_two_logins(asked: Callable[..., Any]) -> None:
    table = "姓名,所在工会\n赵一,东街道总工会\n赵一,西街道总工会\n".encode()
    form = {"role": "auditor", "file": (BytesIO(table), "名单.csv")}
    looked_at = asked("admin", "/console/people/invite", form)
    assert looked_at.status_code == 200
    assert "zhao.yi2" in looked_at.text


def test_nobody_is_invited_where_one_gives_no_roles(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    federation.add_officer("keeper", "keeper", "east", ["core.role.grant"])
    form = {"role": "auditor", "names": "赵一，西街道总工会", "confirmed": "1"}
    assert asked("keeper", "/console/people/invite", form).status_code == 422


def test_the_page_of_a_code_changes_its_language_where_it_stands(
    browser: Any, federation: Federation
) -> None:
    first = type(browser)(federation)
    page = first.get("/welcome", headers={"Accept": "text/html", "Accept-Language": "zh"})
    assert "/welcome?lang=en" in page.text
    assert "One-time code" in first.get("/welcome?lang=en", headers={"Accept": "text/html"}).text
