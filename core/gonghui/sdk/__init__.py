"""The one package that plugins import. What is not named here is the core's own business.

What plugins get here writes as the core does: see `gonghui.db.writers`.
"""

import typing as _typing
from types import FunctionType as _FunctionType

from gonghui.api.contents import OpeningOut, name_rules
from gonghui.api.exports import export_response
from gonghui.api.idempotency import idempotent
from gonghui.api.jobs import accepted
from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.api.record_schemas import answers as answers_schema
from gonghui.api.record_schemas import creation as creation_schema
from gonghui.api.record_schemas import page as page_schema
from gonghui.api.record_schemas import shown as record_schema
from gonghui.api.records import answer as record_answer
from gonghui.api.versions import expected_version, versioned
from gonghui.auth.accounts import Account, RoleAssignment
from gonghui.auth.holders import Holder, accounts_of, nearest_holders
from gonghui.auth.recognition import principal_by_id as account_principal_by_id
from gonghui.auth.scope import reaches, require, require_whole, unit_called, unit_within, visible
from gonghui.db.base import TenantTable, one_of, ref, unique
from gonghui.db.ciphers import Sealed
from gonghui.db.lookups import name_begins, name_holds, select_each
from gonghui.db.policies import protect
from gonghui.db.sensitive import Sensitive, blind_index, blind_tail, identifying, sensitive
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.db.writers import core_factory as _core_factory
from gonghui.db.writers import core_service as _core_service
from gonghui.errors import (
    Conflict,
    DomainError,
    FieldFault,
    Forbidden,
    Invalid,
    NotFound,
    forbidden,
    invalid,
    not_found,
)
from gonghui.events.batches import publish_many
from gonghui.events.handlers import Event, Subscriber
from gonghui.i18n import Text, _
from gonghui.jobs.asking import ask_for_job, can_ask_for_job
from gonghui.jobs.kinds import JobFile, JobKind, JobReport, JobTask
from gonghui.lifecycle.installation import at_tenant
from gonghui.notifications.inbox import Notice
from gonghui.notifications.kinds import NotificationKind
from gonghui.notifications.notify import notify
from gonghui.parties.employer_matches import (
    EmployerBook,
    EmployerMatch,
    MatchState,
    decide_match,
    reopen_match,
)
from gonghui.parties.employers import Employer, new_employer
from gonghui.parties.employers import find_all as find_employers
from gonghui.parties.employers import obtain as obtain_employers
from gonghui.parties.employers import only_one_named as only_employer_named
from gonghui.parties.employers import rename as rename_employer
from gonghui.parties.merging import nobody_names
from gonghui.parties.person_merges import PersonMerge, merge_persons, undo_merge
from gonghui.parties.persons import (
    Identity,
    Person,
    enter_person,
    has_number,
    has_phone,
    person_by_id,
    person_columns,
    person_with_document,
    tell_of_person,
)
from gonghui.parties.told import read_identity as told_identity
from gonghui.plugin_host.asking import Unavailable, ask
from gonghui.plugin_host.hooks import Card, Health, Link, PersonalRecord, Waiting, hookimpl
from gonghui.plugin_host.manifest import Plugin, RoleTemplate
from gonghui.plugin_host.schedules import Schedule, daily, monthly, weekly
from gonghui.plugin_host.sdk_version import VERSION
from gonghui.records.attachments.keeping import attachments_of
from gonghui.records.attachments.rules import AttachmentRules, FileKind
from gonghui.records.attachments.table import Attachment
from gonghui.records.bulk import delete_many, insert_many, update_many
from gonghui.records.bundles import BundleWriter, Same
from gonghui.records.deadline_changes import extend_deadline, resume_deadline, suspend_deadline
from gonghui.records.deadline_rules import DeadlineRule, Direction
from gonghui.records.deadlines import (
    Deadline,
    DeadlineState,
    cancel_deadline,
    deadlines_of,
    forget_deadlines,
    meet_deadline,
    open_deadline,
    refile_deadlines,
    set_deadline,
    set_deadlines,
)
from gonghui.records.fields import Field, Kind
from gonghui.records.listing import list_rows, read_row, rows_with_ids
from gonghui.records.print_forms import PrintForm
from gonghui.records.quality import QualityCheck
from gonghui.records.record import Record, check_version
from gonghui.records.record_types import Child, Computed, RecordType
from gonghui.records.registers import cells
from gonghui.records.registers.checking import CheckedRow, Sheet
from gonghui.records.registers.faults import Fault
from gonghui.records.registers.importing import RegisterImport, go_through
from gonghui.records.registers.sheets import Column, Register, Row, read_register
from gonghui.records.registers.writing import OutColumn
from gonghui.records.reveal import openings_of, reveal
from gonghui.records.sharing import share, unshare, unshare_all
from gonghui.records.sight import found, path_of, permits
from gonghui.records.sight import require as require_for
from gonghui.records.steps import advance, step, take_step
from gonghui.records.transitions import RecordTransition, history, took_step, transition_row
from gonghui.records.workflow import Comment, Transition, Workflow
from gonghui.records.writing import change as change_record
from gonghui.records.writing import create as create_record
from gonghui.records.writing import put_list
from gonghui.reporting.consequences import Consequence
from gonghui.reporting.indicators import Indicator, Place, tree_of, values_below
from gonghui.sdk.deprecation import names_going as _names_going
from gonghui.tenancy.documents import open_document, seal_document
from gonghui.tenancy.holidays import calendar_of
from gonghui.tenancy.keys import keyring, masked, open_value, opened
from gonghui.tenancy.org_history import holds_on, stood_under, units_under
from gonghui.tenancy.org_tree import OrgEdge, OrgUnit, OrgUnitKind, new_unit, under, whole_federation
from gonghui.tenancy.org_tree import find_named as find_units
from gonghui.tenancy.parameters import Parameter, ParameterMissing, figure, figure_at_version
from gonghui.tenancy.tenants import here
from gonghui.values import clock
from gonghui.values.calendar import WorkingCalendar
from gonghui.values.cards import bank_card
from gonghui.values.documents import (
    KIND_WORDS,
    Document,
    DocumentFault,
    DocumentKind,
    full_years,
    normal_number,
    read_document,
)
from gonghui.values.firms import read_firm, same_key
from gonghui.values.identifiers import UNION_PREFIXES, UsccFault, uscc_fault
from gonghui.values.ids import new_id, new_ids
from gonghui.values.masks import mask
from gonghui.values.names import sort_key
from gonghui.values.periods import Period, add_months
from gonghui.values.phones import mobile
from gonghui.values.principal import Principal
from gonghui.values.time_limits import (
    DueDate,
    LimitRefused,
    LimitUnit,
    TimeLimit,
    due_date,
    first_day_before,
    last_day_before,
)

# A type checker should not know the names that are going, nor believe in any other.
if not _typing.TYPE_CHECKING:
    __getattr__ = _names_going(__name__)

__all__ = [
    "KIND_WORDS",
    "UNION_PREFIXES",
    "VERSION",
    "Account",
    "Attachment",
    "AttachmentRules",
    "Blueprint",
    "BundleWriter",
    "Card",
    "CheckedRow",
    "Child",
    "Column",
    "Comment",
    "Computed",
    "Conflict",
    "Consequence",
    "Deadline",
    "DeadlineRule",
    "DeadlineState",
    "Direction",
    "Document",
    "DocumentFault",
    "DocumentKind",
    "DomainError",
    "DueDate",
    "Employer",
    "EmployerBook",
    "EmployerMatch",
    "Event",
    "Fault",
    "Field",
    "FieldFault",
    "FileKind",
    "Forbidden",
    "Health",
    "Holder",
    "Identity",
    "Indicator",
    "Invalid",
    "JobFile",
    "JobKind",
    "JobReport",
    "JobTask",
    "Kind",
    "LimitRefused",
    "LimitUnit",
    "Link",
    "MatchState",
    "NotFound",
    "Notice",
    "NotificationKind",
    "OpeningOut",
    "OrgEdge",
    "OrgUnit",
    "OrgUnitKind",
    "OutColumn",
    "PageQuery",
    "Parameter",
    "ParameterMissing",
    "Period",
    "Person",
    "PersonMerge",
    "PersonalRecord",
    "Place",
    "Plugin",
    "Principal",
    "PrintForm",
    "QualityCheck",
    "Record",
    "RecordTransition",
    "RecordType",
    "Register",
    "RegisterImport",
    "RoleAssignment",
    "RoleTemplate",
    "Row",
    "Same",
    "Schedule",
    "Sealed",
    "Sensitive",
    "Sheet",
    "Subscriber",
    "TenantTable",
    "Text",
    "TimeLimit",
    "Transition",
    "Unavailable",
    "UnitOfWork",
    "UsccFault",
    "Waiting",
    "Workflow",
    "WorkingCalendar",
    "_",
    "accepted",
    "account_principal_by_id",
    "accounts_of",
    "add_months",
    "advance",
    "answers_schema",
    "ask",
    "ask_for_job",
    "at_tenant",
    "attachments_of",
    "bank_card",
    "blind_index",
    "blind_tail",
    "calendar_of",
    "can_ask_for_job",
    "cancel_deadline",
    "cells",
    "change_record",
    "check_version",
    "clock",
    "create_record",
    "creation_schema",
    "daily",
    "deadlines_of",
    "decide_match",
    "decode_cursor",
    "delete_many",
    "due_date",
    "enter_person",
    "expected_version",
    "export_response",
    "extend_deadline",
    "figure",
    "figure_at_version",
    "find_employers",
    "find_units",
    "first_day_before",
    "forbidden",
    "forget_deadlines",
    "found",
    "full_years",
    "go_through",
    "has_number",
    "has_phone",
    "here",
    "history",
    "holds_on",
    "hookimpl",
    "idempotent",
    "identifying",
    "insert_many",
    "invalid",
    "keyring",
    "last_day_before",
    "list_rows",
    "mask",
    "masked",
    "meet_deadline",
    "merge_persons",
    "mobile",
    "monthly",
    "name_begins",
    "name_holds",
    "name_rules",
    "nearest_holders",
    "new_employer",
    "new_id",
    "new_ids",
    "new_unit",
    "nobody_names",
    "normal_number",
    "not_found",
    "notify",
    "obtain_employers",
    "one_of",
    "only_employer_named",
    "open_deadline",
    "open_document",
    "open_value",
    "opened",
    "openings_of",
    "operation",
    "page_response",
    "page_schema",
    "path_of",
    "permits",
    "person_by_id",
    "person_columns",
    "person_with_document",
    "protect",
    "publish_many",
    "put_list",
    "reaches",
    "read_document",
    "read_firm",
    "read_register",
    "read_row",
    "record_answer",
    "record_schema",
    "ref",
    "refile_deadlines",
    "rename_employer",
    "reopen_match",
    "require",
    "require_for",
    "require_whole",
    "resume_deadline",
    "reveal",
    "rows_with_ids",
    "same_key",
    "seal_document",
    "select_each",
    "sensitive",
    "set_deadline",
    "set_deadlines",
    "share",
    "sort_key",
    "step",
    "stood_under",
    "suspend_deadline",
    "take_step",
    "tell_of_person",
    "told_identity",
    "took_step",
    "transition_row",
    "tree_of",
    "under",
    "undo_merge",
    "unique",
    "unit_called",
    "unit_within",
    "units_under",
    "unshare",
    "unshare_all",
    "update_many",
    "uscc_fault",
    "values_below",
    "versioned",
    "visible",
    "weekly",
    "whole_federation",
]

#: Doors that write the table, or publish under the name, that they are given: it has to be the caller's own.
_DOORS = {"insert_many", "update_many", "delete_many", "publish_many"}

#: Makers of rows of the core that a plugin adds.
_FACTORIES = {"new_employer", "new_unit"}

for _name in __all__:
    _wrap = _core_factory if _name in _FACTORIES else _core_service
    if isinstance(globals()[_name], _FunctionType) and _name not in _DOORS:
        globals()[_name] = _wrap(globals()[_name])
