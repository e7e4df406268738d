"""Organising (建会入会、会籍、换届): founding grassroots unions and the figures that follow from it."""

from pathlib import Path

from gonghui.sdk import Plugin, RegisterImport, _
from gonghui_organising import (
    advice_api,
    commands,
    committee_records,
    consequences,
    demo,
    employer_api,
    employer_import,
    employer_register,
    founding_advice,
    helper_indicators,
    indicators,
    legal_person,
    member_api,
    member_import,
    member_indicators,
    member_register,
    members,
    questionnaire_api,
    re_election_indicators,
    re_election_records,
    register,
    register_import,
    roles,
    samples,
    staff_indicators,
    transfer_api,
    unions,
)
from gonghui_organising.helper import helpers
from gonghui_organising.questionnaire import questionnaires
from gonghui_organising.sheet_taking import answer_sheets
from gonghui_organising.staff import staff_members
from gonghui_organising.staff_certificate import staff_certificates
from gonghui_organising.subdivision import group_assignments, subdivisions

plugin = Plugin(
    id="organising",
    name=_("建会入会"),
    version="0.1.0",
    package=Path(__file__).parent,
    permissions=roles.PERMISSIONS,
    roles=roles.ROLES,
    record_types=(
        unions.unions,
        members.members,
        committee_records.committees,
        re_election_records.re_elections,
        legal_person.legal_persons,
        questionnaires,
        answer_sheets,
        subdivisions,
        group_assignments,
        helpers,
        staff_members,
        staff_certificates,
    ),
    blueprints=(
        founding_advice.blueprint,
        member_api.blueprint,
        transfer_api.blueprint,
        employer_api.blueprint,
        questionnaire_api.blueprint,
        advice_api.blueprint,
    ),
    indicators=(
        *indicators.INDICATORS,
        *member_indicators.INDICATORS,
        *re_election_indicators.INDICATORS,
        *helper_indicators.INDICATORS,
        *staff_indicators.INDICATORS,
    ),
    consequences=consequences.CONSEQUENCES,
    imports=(
        RegisterImport(
            code="organising.unions",
            permission=register_import.IMPORT,
            title=_("基层工会名册"),
            columns=register.COLUMNS,
            importer=register_import.UnionImporter,
            undo=register_import.undo_unions,
        ),
        RegisterImport(
            code="organising.members",
            permission=member_import.IMPORT,
            title=_("会员名册"),
            columns=member_register.COLUMNS,
            importer=member_import.MemberImporter,
            undo=member_import.undo_members,
        ),
        RegisterImport(
            code="organising.employers",
            permission=employer_import.IMPORT,
            title=_("单位名册"),
            columns=employer_register.COLUMNS,
            importer=employer_import.EmployerImporter,
            undo=employer_import.undo_employers,
        ),
    ),
    commands=(
        commands.union_commands,
        commands.member_commands,
        commands.re_election_commands,
    ),
    samples=samples.SAMPLES,
    demo=demo.fill,
)
