"""The pages as those who read them find them: in their language, marked as a demonstration, true to the records."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.designs import plugin as designs

from gonghui.app import create_app
from gonghui.tenancy.tenants import Tenant
from gonghui.testing import Federation
from gonghui.testing.federation import UNITS, Asker, World
from gonghui.web import figures
from gonghui_organising.union_samples import founding_values

_spec = importlib.util.spec_from_file_location("markup", Path(__file__).with_name("markup.py"))
assert _spec is not None
assert _spec.loader is not None
markup = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(markup)

FOUNDED = "/console/figures/organising.unions_founded"
NOTICE = {
    "zh": "这里的人员、单位和数据都是虚构的。",
    "en": "The people, employers and data here are made up.",
}
#: Who opens what, and with which status it answers.
PAGES = {
    "home of an officer": ("district", "/console", 200),
    "home of an officer without records": ("west", "/console?period=2024H1", 200),
    "home of a worker without roles": ("worker", "/console", 200),
    "figures of a period": ("district", "/console/figures?period=2024H1", 200),
    "a year": ("district", "/console?period=2024", 200),
    "a quarter": ("district", "/console?period=2024Q3", 200),
    "a month": ("district", "/console?period=2024M07", 200),
    "figure with records": ("district", FOUNDED, 200),
    "figure without records": ("district", f"{FOUNDED}?period=1999", 200),
    "covered units": ("district", "/console/figures/organising.units_covered", 200),
    "documentation": ("district", "/docs", 200),
    "inbox with nothing in it": ("worker", "/console/inbox", 200),
    "messages sent": ("admin", "/console/messages", 200),
    "messages sent, not for officers": ("district", "/console/messages", 403),
    "search": ("district", "/console/search", 200),
    "search with results": ("district", "/console/search?q=样", 200),
    "search without results": ("worker", "/console/search?q=99887766", 200),
    "list of records": ("district", "/console/organising/unions", 200),
    "list of nobody": ("west", "/console/organising/unions?view=mine", 200),
    "list that nothing matches": ("district", "/console/organising/members?state=active&sex=female", 200),
    "new record": ("district", "/console/organising/unions/new", 200),
    "list of a plugin's own": ("east", "/console/designs/hardship-files", 200),
    "form with a party": ("east", "/console/designs/dispute-cases/new", 200),
    "record that is not there": ("district", f"/console/organising/unions/{'0' * 32}", 404),
    "plugins": ("admin", "/console/plugins", 200),
    "a plugin": ("admin", "/console/plugins/organising", 200),
    "a plugin before it is switched off": ("admin", "/console/plugins/organising/switch", 200),
    "a plugin before it is uninstalled": ("admin", "/console/plugins/organising/removal", 200),
    "an unknown plugin": ("admin", "/console/plugins/nothing", 404),
    "plugins, not for officers": ("district", "/console/plugins", 403),
    "imports": ("district", "/console/imports", 200),
    "registers to import": ("district", "/console/imports/new", 200),
    "what a register must look like": ("district", "/console/imports/new/organising.members", 200),
    "imports, not for workers": ("worker", "/console/imports", 403),
    "parameters": ("admin", "/console/parameters", 200),
    "parameters of a plugin, searched": ("district", "/console/parameters?plugin=organising&q=委员", 200),
    "a parameter": ("admin", "/console/parameters/organising.committee.members_from", 200),
    "a parameter with a table": ("district", "/console/parameters/organising.grading.grades", 200),
    "deciding a parameter": ("admin", "/console/parameters/organising.committee.members_from/decide", 200),
    "deciding a table": ("admin", "/console/parameters/organising.committee.seats/decide", 200),
    "an unknown parameter": ("admin", "/console/parameters/nothing", 404),
    "calendar": ("district", "/console/calendar?year=2026", 200),
    "calendar of a year that nobody knows": ("admin", "/console/calendar?year=2099", 200),
    "my account": ("district", "/console/me/security", 200),
    "what is overdue": ("district", "/console?late=1", 200),
    "everything that waits": ("district", "/console?all=1", 200),
    "trail": ("auditor", "/console/trail", 200),
    "trail, narrowed to nothing": ("admin", "/console/trail?who=无此人&since=2024-01-01&until=x", 200),
    "trail, not for officers": ("district", "/console/trail", 403),
    "a sample to be drawn": ("auditor", "/console/trail/sample", 200),
    "a sample beyond what is sealed": ("auditor", "/console/trail/sample?seed=5&size=7&up_to=1000000", 422),
    "deadlines": ("district", "/console/deadlines", 200),
    "deadlines that are late": ("east", "/console/deadlines?view=overdue&rule=x", 200),
    "deadlines that were met": ("admin", "/console/deadlines?view=met", 200),
    "tasks that failed": ("admin", "/console/events", 200),
    "tasks that failed, not for officers": ("district", "/console/events", 403),
    "unknown address": ("district", "/nothing", 404),
    "unknown figure": ("district", "/console/figures/nothing", 404),
    "not permitted": ("worker", FOUNDED, 403),
    "wrong method": ("district", "/sign-out", 405),
    "unreadable cursor": ("district", f"{FOUNDED}?cursor=x", 422),
    "sign-in of operators": (None, "/operator/sign-in", 200),
    "tree of units": ("admin", "/console/org", 200),
    "units found": ("district", "/console/org?q=社区", 200),
    "planned changes": ("admin", "/console/org/planned", 200),
    "accounts": ("admin", "/console/people", 200),
    "accounts, not for officers": ("district", "/console/people", 403),
    "invitation": ("admin", "/console/people/invite", 200),
    "sessions": ("admin", "/console/sessions", 200),
    "tokens": ("admin", "/console/sessions?view=tokens", 200),
    "roles": ("admin", "/console/roles", 200),
    "roles of a plugin": ("district", "/console/roles?of=organising", 200),
    "a role": ("admin", "/console/roles/street_officer", 200),
    "permissions of a role": ("admin", "/console/roles/auditor/change", 200),
    "quality": ("district", "/console/quality", 200),
    "quality of records": ("east", "/console/quality?of=organising.union.without_code", 200),
    "employers alike": ("district", "/console/quality?of=employers", 200),
    "employers decided on": ("district", "/console/quality/employers/judged", 200),
    "persons merged": ("district", "/console/quality/merges", 200),
    "persons merged, not for administrators": ("admin", "/console/quality/merges", 403),
    "first sign-in": (None, "/welcome", 200),
    "password set": (None, "/welcome?done=1", 200),
    "sign-in": (None, "/sign-in", 200),
    "sign-in with somewhere to go": (None, "/sign-in?next=/docs", 200),
}
#: Names that federations give roles themselves, and texts of the plugins of this suite, which are in Chinese only.
_OF_FIXTURES = {
    "工会积极分子",
    *(text.message for text in designs.permissions.values()),
    *(kind.title.message for kind in designs.record_types),
    *(step.title.message for kind in designs.record_types for step in kind.workflow.transitions),
    *(child.title.message for kind in designs.record_types for child in kind.children),
}
_HTML = {"Accept": "text/html,application/xhtml+xml"}
_HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
#: Latin words that the field itself writes so on Chinese pages.
_LATIN_WORDS = {"English", "Enter", "Esc", "j", "k", "Excel", "CSV", "xlsx"}
_LATIN = re.compile(r"[A-Za-z]+")


def _found(federation: Federation, unit: str = "firm") -> None:
    """A union at `unit`, drafted by its officer and approved today by the district."""
    drafter = federation.client(unit)
    made = drafter.post("/api/v1/organising/unions", founding_values(federation.units[unit]))
    path = f"/api/v1/organising/unions/{made.json['id']}"
    sent = drafter.post(f"{path}/submit", headers={"If-Match": made.headers["ETag"]})
    reply = {"approval_no": "示工复〔2026〕1号", "term_years": 5}
    done = federation.client("district").post(
        f"{path}/approve", reply, headers={"If-Match": sent.headers["ETag"]}
    )
    assert done.status_code == 200, done.text


@pytest.fixture
def browser(browser: Any, federation: Federation, with_password: Callable[..., None]) -> Any:
    """A browser at this test's own federation, whose `east` has a password."""
    with_password(federation, "east")
    return type(browser)(federation)


@pytest.fixture(scope="module")
def settled(shared_federation: Federation) -> Federation:
    """A federation with one union, for tests that only read."""
    _found(shared_federation)
    return shared_federation


@pytest.fixture
def opened(browser: Any, federation: Federation, with_password: Callable[..., None]) -> Callable[..., Any]:
    """Opens a page as somebody, in a language."""

    def go(login: str | None, path: str, language: str, at: Federation = federation) -> Any:
        reader = type(browser)(at)
        if login is not None:
            with_password(at, login)
            assert reader.sign_in(login).status_code == 302
        return reader.get(path, headers={**_HTML, "Accept-Language": language})

    return go


def _without_data(text: str, federation: Federation) -> str:
    """A page's text without the names that come from records."""
    for name in (federation.view.name, *filter(None, UNITS.values())):
        text = text.replace(name, " ")
    text = re.sub(r"样示例|样[a-z]*|深圳市样本\w+电子有限公司(工会委员会)?", " ", text)
    for login in sorted(federation.accounts, key=len, reverse=True):
        text = re.sub(rf"\b{login}\b", " ", text)
    for said in sorted(_OF_FIXTURES, key=len, reverse=True):
        text = text.replace(said, " ")
    return text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("what", PAGES)
def test_a_page_is_sound_and_all_in_the_readers_language(
    opened: Callable[..., Any], settled: Federation, what: str, language: str
) -> None:
    login, path, status = PAGES[what]
    answer = opened(login, path, language, settled)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    page = markup.Page(answer.text)
    assert page.faults == []
    assert NOTICE[language] in page.text
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in answer.text
    left = _without_data(page.own_text, settled)
    is_chinese = language == "zh"
    allowed = _LATIN_WORDS if is_chinese else {"中文"}
    strange = set((_LATIN if is_chinese else _HAN).findall(left)) - allowed
    assert strange == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_failed_sign_in_says_so_in_the_readers_language(browser: Any, language: str) -> None:
    form = {"csrf_token": browser.csrf(), "login": "nobody", "password": "wrong password"}
    answer = browser.post("/sign-in", data=form, headers={**_HTML, "Accept-Language": language})
    page = markup.Page(answer.text)
    assert answer.status_code == 401
    assert page.faults == []
    assert NOTICE[language] in page.text
    assert {"zh": "登录名或密码不对。", "en": "The login or the password is wrong."}[language] in page.text


def test_a_form_that_has_expired_answers_with_a_page(browser: Any) -> None:
    answer = browser.post("/sign-in", data={"login": "x", "password": "y"}, headers=_HTML)
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    assert "刷新" in answer.text


def test_a_program_gets_refusals_as_json(federation: Federation) -> None:
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = federation.client("district").get("/nothing", headers=headers)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    answer = federation.client("district").get("/api/v1/nothing", headers=_HTML)
    assert answer.mimetype == "application/problem+json"


def test_a_federation_that_is_no_demonstration_has_no_notice(world: World) -> None:
    real = world.federation(demo=False)
    answer = real.client().get("/sign-in", headers=_HTML)
    assert answer.status_code == 200
    assert NOTICE["zh"] not in answer.text


# --- language


def test_the_language_one_chooses_is_remembered_and_one_stays_where_one_is(browser: Any) -> None:
    browser.sign_in("east")
    place = f"{FOUNDED}?period=2024H1"
    assert "新组建工会" in browser.get(place).text
    form = {"csrf_token": browser.csrf("/console"), "next": place}
    chosen = browser.post("/language/en", data=form)
    assert chosen.headers["Location"] == place
    assert "New unions" in browser.get(place).text
    assert "New unions" in browser.get(place, headers={"Accept-Language": "zh-CN"}).text


def test_choosing_a_language_leads_to_no_other_host(browser: Any) -> None:
    browser.sign_in("east")
    form = {"csrf_token": browser.csrf("/console"), "next": "https://evil.example/"}
    assert browser.post("/language/en", data=form).headers["Location"] == "/"
    form = {"csrf_token": browser.csrf("/console"), "next": "/"}
    assert browser.post("/language/xx", data=form).status_code == 404


def test_a_language_chosen_before_signing_in_outlives_it(browser: Any) -> None:
    page = markup.Page(browser.get("/sign-in?next=/docs").text)
    assert page.links["English"] == "/sign-in?lang=en&next=%2Fdocs"
    assert 'value="/docs"' in browser.get(page.links["English"]).text
    browser.sign_in("east")
    assert 'lang="en"' in browser.get("/console").text


# --- figures


def test_a_figure_opens_to_as_many_rows_as_it_says(
    opened: Callable[..., Any], federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for unit in ("firm", "west", "east"):
        _found(federation, unit)
    home = markup.Page(opened("district", "/console", "zh").text)
    assert home.links["3"].startswith("/console/figures/organising.")
    monkeypatch.setattr(figures, "_AT_ONCE", 2)
    first = markup.Page(opened("district", FOUNDED, "zh").text)
    assert "新组建工会 3 个" in first.text
    second = markup.Page(opened("district", first.links["下一页"], "zh").text)
    assert (first.rows, second.rows) == (2, 1)
    assert "下一页" not in second.links
    assert second.links["第一页"].startswith(FOUNDED)


def test_a_figure_counts_only_what_the_reader_sees(
    opened: Callable[..., Any], federation: Federation
) -> None:
    _found(federation)
    page = markup.Page(opened("west", FOUNDED, "zh").text)
    assert "新组建工会 0 个" in page.text
    assert page.rows == 0


def test_periods_are_called_by_name_and_none_is_still_to_come(opened: Callable[..., Any]) -> None:
    answer = opened("district", "/console?period=2024Q3", "zh")
    assert '<option value="2024Q3" selected>2024年第3季度</option>' in answer.text
    assert "H1<" not in answer.text


@pytest.mark.parametrize("code", ["0001", "0001H1", "9999H2", "0000"])
def test_a_period_beyond_all_years_opens_a_page_all_the_same(opened: Callable[..., Any], code: str) -> None:
    for path in ("/console", "/console/figures"):
        assert opened("district", f"{path}?period={code}", "zh").status_code == 200


# --- hosts and policy


def test_the_page_of_another_federation_does_not_know_the_session(
    browser: Any, world: World, federation: Federation
) -> None:
    browser.sign_in("east")
    other = type(browser)(world.federation())
    other.client.set_cookie("gonghui", browser.cookie(), domain=other.host)
    answer = other.get("/console", headers=_HTML)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")
    assert "样east" in browser.get("/console").text


def test_a_page_runs_nothing_that_stands_in_it(opened: Callable[..., Any]) -> None:
    answer = opened("district", "/docs", "zh")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)", answer.text) == []


def test_what_the_documentation_page_loads_is_there(browser: Any) -> None:
    browser.sign_in("east")
    found = r'(?:src|href|data-document)="(/[^"]+\.(?:css|js|json)(?:\?v=[0-9a-f]+)?)"'
    loaded = re.findall(found, browser.get("/docs").text)
    assert len(loaded) == 12
    for path in loaded:
        with browser.get(path) as answer:
            assert (path, answer.status_code) == (path, 200)


# --- what pages are drawn with


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    web = Path(figures.__file__).parent
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (web / "static/assets/icons.svg").read_text()))
    sources = [*web.glob("**/*.html"), *web.glob("*.py")]
    named = {
        name
        for source in sources
        for name in re.findall(
            r'(?:icon\(|icon_name=|"red": |"amber": |"green": |, SIGNED_IN, )"([a-z0-9-]+)"',
            source.read_text(),
        )
    }
    assert named
    assert named <= drawn


def test_a_tenant_has_its_colour(world: World, federation: Federation) -> None:
    with world.database.operator() as session:
        session.get_one(Tenant, federation.view.id).accent = "teal"
    answer = Asker(
        create_app(world.database, world.registry, is_demo_server=False), federation.view.code, None
    )
    assert 'data-accent="teal"' in answer.get("/sign-in", headers=_HTML).text


# --- the unit in view


def test_the_unit_in_view_narrows_the_figures_and_goes_along(
    opened: Callable[..., Any], federation: Federation
) -> None:
    _found(federation)
    east, west = federation.units["east"], federation.units["west"]
    narrowed = {unit: opened("district", f"{FOUNDED}?unit={unit}", "zh").text for unit in (east, west)}
    assert [markup.Page(text).rows for text in narrowed.values()] == [1, 0]
    home = markup.Page(opened("district", f"/console?unit={west}", "zh").text)
    assert home.links["通知"] == f"/console/inbox?unit={west}"
    assert home.links["东街道总工会" if "东街道总工会" in home.links else "河畔社区工联会"].startswith(
        "/console?unit="
    )


def test_a_unit_out_of_reach_is_not_there(opened: Callable[..., Any], federation: Federation) -> None:
    for unit in (federation.units["west"], "x"):
        assert opened("east", f"/console?unit={unit}", "zh").status_code == 404
