"""Opening accounts: nobody hands out more than he holds, nor where he does not hold it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from gonghui.auth.accounts import Account, assign, extend_role, find_account
from gonghui.auth.recognition import principal_of
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.testing import Federation

ACCOUNTS = "/api/v1/accounts"


def body(federation: Federation, role: str, unit: str, **changed: Any) -> dict[str, Any]:
    return {
        "name": "张示例",
        "login": "zhang.shili",
        "password": "correct horse battery",
        "role": role,
        "org_unit_id": federation.units[unit],
        **changed,
    }


def logins(federation: Federation) -> set[str]:
    with federation.uow() as uow:
        return set(uow.session.scalars(select(Account.login)))


@pytest.fixture
def kept(federation: Federation) -> Federation:
    """A federation where `keeper` at the east street opens accounts and holds what a street officer holds."""
    [held] = [set(role["permissions"]) for role in roles(federation) if role["code"] == "street_officer"]
    federation.add_officer("keeper", "keeper", "east", ["core.account.create", *sorted(held)])
    return federation


def roles(federation: Federation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = federation.client("admin").get("/api/v1/roles").json
    return found


def test_no_role_of_the_profile_both_opens_accounts_and_approves(federation: Federation) -> None:
    """Whoever approves a founding must not be able to make up the person who submits it."""
    held = {role["code"]: set(role["permissions"]) for role in roles(federation)}
    opening = {code for code, permissions in held.items() if "core.account.create" in permissions}
    approving = {code for code, permissions in held.items() if "organising.union.approve" in permissions}
    assert opening == {"administrator"}
    assert approving == {"street_officer", "district_officer"}


@pytest.mark.parametrize(
    ("who", "role", "unit"),
    [
        ("keeper", "keeper", "east"),
        ("keeper", "street_officer", "east"),
        ("keeper", "community_officer", "garden"),
        ("keeper", "enterprise_officer", "firm"),
        ("admin", "administrator", "district"),
        ("admin", "district_officer", "district"),
        ("admin", "street_officer", "west"),
    ],
)
def test_an_officer_gives_what_he_holds_where_he_holds_it(
    kept: Federation, who: str, role: str, unit: str
) -> None:
    created = kept.client(who).post(ACCOUNTS, body(kept, role, unit))
    assert created.status_code == 201, created.text
    with kept.uow() as uow:
        account = find_account(uow, "zhang.shili")
        assert account is not None
        grants = principal_of(uow, account, signed_in_by="test").grants
    assert [(grant.role, grant.org_unit_id) for grant in grants] == [(role, kept.units[unit])]


@pytest.mark.parametrize(
    ("who", "role", "unit", "status"),
    [
        ("keeper", "administrator", "east", 403),
        ("keeper", "administrator", "garden", 403),
        ("keeper", "auditor", "garden", 403),
        ("keeper", "street_officer", "west", 404),
        ("keeper", "enterprise_officer", "firm_west", 404),
        ("keeper", "street_officer", "district", 404),
        ("east", "enterprise_officer", "firm", 403),
        ("district", "enterprise_officer", "firm", 403),
        ("garden", "enterprise_officer", "firm", 403),
        ("firm", "enterprise_officer", "firm", 403),
        ("auditor", "auditor", "district", 403),
        ("worker", "enterprise_officer", "firm", 403),
    ],
)
def test_nobody_gives_more_than_he_holds(
    kept: Federation, who: str, role: str, unit: str, status: int
) -> None:
    before = logins(kept)
    assert kept.client(who).post(ACCOUNTS, body(kept, role, unit)).status_code == status
    assert logins(kept) == before


def test_opening_accounts_alone_gives_no_role_that_holds_more(federation: Federation) -> None:
    federation.add_officer("clerk", "clerk", "east", ["core.account.create"])
    refused = federation.client("clerk").post(ACCOUNTS, body(federation, "enterprise_officer", "firm"))
    assert refused.status_code == 403
    given = federation.client("clerk").post(ACCOUNTS, body(federation, "clerk", "garden"))
    assert given.status_code == 201


def test_a_permission_held_elsewhere_does_not_count_here(kept: Federation) -> None:
    """Auditing at the west street and opening accounts at the east one do not add up."""
    with kept.uow() as uow:
        account, role = find_account(uow, "keeper"), extend_role(uow, "auditor", "auditor", [])
        west = uow.session.get(OrgUnit, (uow.tenant_id, kept.units["west"]))
        assert account is not None
        assert west is not None
        assign(uow, account, role, west)
    refused = kept.client("keeper").post(ACCOUNTS, body(kept, "auditor", "east"))
    assert (refused.status_code, refused.json["permission"]) == (403, "core.audit.read")


def test_a_limited_token_gives_no_more_than_it_names(federation: Federation) -> None:
    token = federation.token("admin", ["core.account.create"])
    assert token.post(ACCOUNTS, body(federation, "administrator", "district")).status_code == 403
    whole = federation.token("admin", ["core.account.create", "core.role.grant"])
    assert whole.post(ACCOUNTS, body(federation, "administrator", "district")).status_code == 201


def test_a_login_that_is_taken_is_told_at_its_field(federation: Federation) -> None:
    taken = federation.client("admin").post(ACCOUNTS, body(federation, "auditor", "district", login="East"))
    assert (taken.status_code, taken.json["errors"]) == (
        422,
        [{"pointer": "/login", "code": "login_taken", "detail": taken.json["errors"][0]["detail"]}],
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "no_such_role"),
        ("login", "ab"),
        ("login", "a b c"),
        ("login", "张示例"),
        ("password", "too short"),
        ("password", "x" * 201),
        ("name", ""),
    ],
)
def test_content_that_makes_no_account_is_told_at_its_field(
    federation: Federation, field: str, value: str
) -> None:
    before = logins(federation)
    content = body(federation, "auditor", "district") | {field: value}
    refused = federation.client("admin").post(ACCOUNTS, content)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, f"/{field}")
    assert logins(federation) == before


def test_an_account_just_opened_signs_in(federation: Federation) -> None:
    federation.client("admin").post(ACCOUNTS, body(federation, "auditor", "district"))
    credentials = {"login": "zhang.shili", "password": "correct horse battery"}
    assert federation.client().post("/api/v1/sign-in", credentials).status_code == 200
