"""The sign-in page: a token for every change that a cookie brings, a fresh session, and no way out to another host."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest

from gonghui.testing import Federation

ME, UNITS = "/api/v1/me", "/api/v1/org-units"


def new_unit(federation: Federation, name: str) -> dict[str, str]:
    return {"parent_id": str(federation.units["east"]), "kind": "community_federation", "name": name}


def test_who_signs_in_on_the_page_is_known_afterwards(browser, shared_federation: Federation) -> None:
    assert browser.get(ME).status_code == 401
    signed_in = browser.sign_in("east")
    assert (signed_in.status_code, signed_in.headers["Location"]) == (302, "/")
    assert browser.get(ME).json["name"] == "样east"
    assert "样east" in browser.get("/console").text


def test_a_wrong_password_shows_the_page_again_with_the_reason(browser) -> None:
    again = browser.sign_in("east", "wrong password")
    assert again.status_code == 401
    assert 'role="alert"' in again.text
    assert "wrong password" not in again.text
    assert browser.get(ME).status_code == 401


def test_the_page_of_a_locked_account_says_so(browser, federation: Federation) -> None:
    elsewhere = type(browser)(federation)
    answers = [elsewhere.sign_in("east", "wrong password") for _ in range(6)]
    assert [each.status_code for each in answers] == [401] * 5 + [429]


def test_a_page_asks_a_stranger_to_sign_in_and_remembers_where_he_was_going(browser) -> None:
    asked = browser.get(
        "/console/figures/organising.unions_founded?period=2024", headers={"Accept": "text/html"}
    )
    assert asked.status_code == 302
    page = browser.get(asked.headers["Location"])
    assert 'value="/console/figures/organising.unions_founded?period=2024"' in page.text


# --- tokens against forged requests


@pytest.mark.parametrize("token", [None, "", "x", "IjAi.aaaa.bbbb"])
def test_a_sign_in_without_the_pages_token_is_refused(browser, password: str, token: str | None) -> None:
    browser.csrf()
    form = {"login": "east", "password": password} | ({} if token is None else {"csrf_token": token})
    refused = browser.post("/sign-in", data=form)
    assert refused.status_code == 403
    assert browser.get(ME).status_code == 401


def test_a_sign_in_with_the_token_of_another_browser_is_refused(
    browser, shared_federation: Federation, password: str
) -> None:
    elsewhere = type(browser)(shared_federation).csrf()
    browser.csrf()
    form = {"login": "east", "password": password, "csrf_token": elsewhere}
    assert browser.post("/sign-in", data=form).status_code == 403


def test_signing_out_without_the_token_is_refused_and_the_session_goes_on(browser) -> None:
    browser.sign_in("east")
    assert browser.post("/sign-out").status_code == 403
    assert browser.get(ME).status_code == 200


def test_signing_out_with_the_token_ends_the_session_and_kills_the_cookie(browser) -> None:
    browser.sign_in("east")
    kept = browser.cookie()
    assert browser.post("/sign-out", data={"csrf_token": browser.csrf("/console")}).status_code == 302
    assert browser.get(ME).status_code == 401
    browser.client.set_cookie("gonghui", kept, domain=browser.host)
    assert browser.get(ME).status_code == 401


def test_an_api_change_by_cookie_needs_the_token(browser, shared_federation: Federation) -> None:
    browser.sign_in("east")
    refused = browser.post(UNITS, json=new_unit(shared_federation, "假社区"))
    assert (refused.status_code, refused.json["code"]) == (403, "csrf")
    header = {"X-CSRFToken": browser.csrf("/console")}
    made = browser.post(UNITS, json=new_unit(shared_federation, "真社区"), headers=header)
    assert made.status_code == 201
    names = {unit["name"] for unit in browser.get(UNITS).json["items"]}
    assert "真社区" in names
    assert "假社区" not in names


def test_an_api_change_by_bearer_token_needs_no_page(shared_federation: Federation) -> None:
    assert (
        shared_federation.client("east").post(UNITS, new_unit(shared_federation, "社区")).status_code == 201
    )


def test_the_api_ends_a_browsers_session_too(browser) -> None:
    browser.sign_in("east")
    kept = browser.cookie()
    assert (
        browser("DELETE", "/api/v1/session", headers={"X-CSRFToken": browser.csrf("/console")}).status_code
        == 204
    )
    browser.client.set_cookie("gonghui", kept, domain=browser.host)
    assert browser.get(ME).status_code == 401


# --- planted and stolen sessions


def test_a_session_that_was_there_before_signing_in_is_not_the_one_after_it(
    browser, shared_federation
) -> None:
    token = browser.csrf()
    planted = browser.cookie()
    browser.sign_in("east")
    assert browser.cookie() != planted
    attacker = type(browser)(shared_federation)
    attacker.client.set_cookie("gonghui", planted, domain=browser.host)
    assert attacker.get(ME).status_code == 401
    assert browser.post("/sign-out", data={"csrf_token": token}).status_code == 403


def test_signing_in_again_is_another_session(browser, shared_federation: Federation, with_password) -> None:
    browser.sign_in("east")
    first = browser.cookie()
    with_password(shared_federation, "west")
    browser.sign_in("west")
    assert browser.get(ME).json["name"] == "样west"
    assert browser.cookie() != first


def test_a_cookie_that_was_tampered_with_is_nobodys(browser) -> None:
    browser.sign_in("east")
    body, stamp, signature = browser.cookie().rsplit(".", 2)
    browser.client.set_cookie("gonghui", f"{body}A.{stamp}.{signature}", domain=browser.host)
    assert browser.get(ME).status_code == 401


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(browser) -> None:
    cookie = browser.sign_in("east").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


# --- where signing in leads


@pytest.mark.parametrize(
    "target", ["/docs", "/console/figures/organising.unions_founded?period=2024H1", "/?lang=en"]
)
def test_signing_in_leads_where_one_wanted_to_go(browser, target: str) -> None:
    assert browser.sign_in("east", next=target).headers["Location"] == target


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "http:evil.example",
        "//evil.example/",
        "///evil.example/",
        "////evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example/",
        "\t//evil.example/",
        " //evil.example/",
        "//evil.example\\@here.test/",
        "//[",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "",
    ],
)
def test_signing_in_never_leads_to_another_host(browser, target: str) -> None:
    location = browser.sign_in("east", next=target).headers["Location"]
    assert location == "/"
    assert urlsplit(urljoin(f"http://{browser.host}/sign-in", location)).netloc == browser.host
