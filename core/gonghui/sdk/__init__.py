"""The one package that plugins import. What is not named here is the core's own business."""

from gonghui.api.contents import name_rules
from gonghui.api.idempotency import idempotent
from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.api.versions import expected_version, record_response
from gonghui.auth.recognition import principal_by_id as account_principal_by_id
from gonghui.auth.scope import reaches, require, unit_called, unit_within, visible
from gonghui.db.base import TenantTable, ref, unique
from gonghui.db.policies import protect
from gonghui.db.unit_of_work import UnitOfWork
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
from gonghui.i18n import Text, _
from gonghui.lifecycle.installation import at_tenant
from gonghui.parties.employers import Employer, new_employer
from gonghui.parties.employers import find_all as find_employers
from gonghui.parties.employers import obtain as obtain_employers
from gonghui.parties.employers import rename as rename_employer
from gonghui.plugin_host.manifest import Plugin, RegisterImport, RoleTemplate
from gonghui.records.bulk import insert_many
from gonghui.records.record import Record, check_version
from gonghui.records.registers import cells
from gonghui.records.registers.faults import Fault
from gonghui.records.registers.report import ImportReport
from gonghui.records.registers.sheets import Column, Register, Row, read_register
from gonghui.records.transitions import RecordTransition, history, took_step, transition_row
from gonghui.reporting.indicators import Indicator
from gonghui.tenancy.org_tree import OrgUnit, OrgUnitKind, new_unit, under
from gonghui.tenancy.org_tree import find_named as find_units
from gonghui.tenancy.parameters import Parameter, figure
from gonghui.tenancy.tenants import here
from gonghui.values import clock
from gonghui.values.identifiers import UsccFault, uscc_fault
from gonghui.values.ids import new_id
from gonghui.values.names import sort_key
from gonghui.values.periods import Period

__all__ = [
    "Blueprint",
    "Column",
    "Conflict",
    "DomainError",
    "Employer",
    "Fault",
    "FieldFault",
    "Forbidden",
    "ImportReport",
    "Indicator",
    "Invalid",
    "NotFound",
    "OrgUnit",
    "OrgUnitKind",
    "PageQuery",
    "Parameter",
    "Period",
    "Plugin",
    "Record",
    "RecordTransition",
    "Register",
    "RegisterImport",
    "RoleTemplate",
    "Row",
    "TenantTable",
    "Text",
    "UnitOfWork",
    "UsccFault",
    "_",
    "account_principal_by_id",
    "at_tenant",
    "cells",
    "check_version",
    "clock",
    "decode_cursor",
    "expected_version",
    "figure",
    "find_employers",
    "find_units",
    "forbidden",
    "here",
    "history",
    "idempotent",
    "insert_many",
    "invalid",
    "name_rules",
    "new_employer",
    "new_id",
    "new_unit",
    "not_found",
    "obtain_employers",
    "operation",
    "page_response",
    "protect",
    "reaches",
    "read_register",
    "record_response",
    "ref",
    "rename_employer",
    "require",
    "sort_key",
    "took_step",
    "transition_row",
    "under",
    "unique",
    "unit_called",
    "unit_within",
    "uscc_fault",
    "visible",
]
