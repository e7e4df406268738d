"""What the names of the public packages are about: the order in which the reference tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Names that belong together, in the order in which a reader needs them."""

    title: str
    about: str
    names: str

    def __iter__(self) -> Iterator[str]:
        return iter(self.names.split())


#: Every name of `gonghui.sdk`, once.
SDK = (
    Theme(
        "The plugin",
        "One `Plugin` object, which the entry point in the group `gonghui.plugins` names.",
        "Plugin RoleTemplate VERSION at_tenant",
    ),
    Theme(
        "Events",
        "What a plugin does when something happened, here or in another plugin. `uow.publish` tells more.",
        "Subscriber Event publish_many",
    ),
    Theme(
        "Notifications",
        "Telling accounts something: in their inbox, and outside by a message that gives nothing away. Steps of records"
        " and deadlines are told of by themselves.",
        "NotificationKind Notice notify Holder nearest_holders accounts_of",
    ),
    Theme(
        "Hooks, questions and schedules",
        "What the core asks of a plugin, what plugins ask of one another, and what is done at which hour.",
        "hookimpl Link Card Waiting Health PersonalRecord ask Unavailable Schedule daily weekly monthly",
    ),
    Theme(
        "Records",
        "Kinds of records are declared; their operations, permissions and exports follow. What an effect or an"
        " operation of the plugin's own calls to read and write them stands here too.",
        "Record RecordType Field Kind Child Computed QualityCheck create_record change_record put_list found read_row"
        " list_rows rows_with_ids check_version share unshare unshare_all",
    ),
    Theme(
        "Attachments",
        "Files that belong to records, and forms on paper that come back as such: a record type says which.",
        "AttachmentRules FileKind Attachment attachments_of PrintForm",
    ),
    Theme(
        "Workflow",
        "States, the steps between them, and the history of the steps that were taken.",
        "Workflow Transition Comment take_step step advance RecordTransition transition_row history took_step",
    ),
    Theme(
        "Deadlines",
        "Days by which something must happen to a record. They run by a figure of law and stand in the watch list.",
        "DeadlineRule Direction Deadline DeadlineState set_deadline set_deadlines meet_deadline cancel_deadline"
        " suspend_deadline resume_deadline extend_deadline refile_deadlines forget_deadlines open_deadline"
        " deadlines_of",
    ),
    Theme(
        "Persons and employers",
        "The parties that plugins share: one row for each human being and each employer, whoever names them.",
        "Person Identity told_identity enter_person tell_of_person person_by_id person_with_document person_columns"
        " has_number has_phone PersonMerge merge_persons undo_merge nobody_names Employer new_employer obtain_employers"
        " find_employers only_employer_named rename_employer EmployerBook EmployerMatch MatchState decide_match"
        " reopen_match",
    ),
    Theme(
        "Units and permissions",
        "The tree of the federation, now and on other days, and what a principal may do where in it.",
        "Principal Account RoleAssignment account_principal_by_id require require_whole require_for permits"
        " reaches visible unit_within unit_called OrgUnit OrgUnitKind new_unit find_units whole_federation path_of"
        " under OrgEdge holds_on stood_under units_under",
    ),
    Theme(
        "Figures",
        "What is counted for a period and a unit, so that each figure opens to the records behind it.",
        "Indicator Period Place tree_of values_below",
    ),
    Theme(
        "Figures of law",
        "Dated figures that a plugin's `parameters.toml` declares and a federation may decide for itself.",
        "Parameter ParameterMissing figure figure_at_version Consequence",
    ),
    Theme(
        "Time",
        "The one clock, the calendar of working days, and the days on which limits end.",
        "clock WorkingCalendar calendar_of TimeLimit LimitUnit LimitRefused DueDate due_date last_day_before"
        " first_day_before add_months full_years",
    ),
    Theme(
        "Registers read in and written out",
        "Files of many rows: how a row is checked and taken over, what was wrong with it, how lists go out.",
        "RegisterImport Column read_register Register Row Sheet CheckedRow Fault cells go_through"
        " BundleWriter Same OutColumn export_response",
    ),
    Theme(
        "Jobs",
        "Work that somebody asks for and does not wait for: its progress, its end and its result.",
        "JobKind JobTask JobReport JobFile ask_for_job can_ask_for_job accepted",
    ),
    Theme(
        "Tables",
        "What tables are declared with, and statements on many rows at once that the audit trail does not miss.",
        "TenantTable ref unique one_of protect insert_many update_many delete_many select_each name_begins"
        " name_holds new_id new_ids",
    ),
    Theme(
        "Sensitive data",
        "Columns that are sealed under the tenant's key, shown masked, and opened on record.",
        "Sensitive sensitive identifying Sealed blind_index blind_tail masked mask reveal opened open_value OpeningOut"
        " openings_of keyring seal_document open_document",
    ),
    Theme(
        "Numbers, names and texts",
        "How what people type is read: documents, codes, telephones, bank cards, names of firms; and texts of the"
        " product in the reader's language.",
        "Document DocumentKind DocumentFault KIND_WORDS normal_number read_document UsccFault uscc_fault"
        " UNION_PREFIXES mobile bank_card read_firm same_key sort_key Text _",
    ),
    Theme(
        "Errors",
        "What a rule raises; the edge answers it as a problem in the reader's language.",
        "DomainError FieldFault Invalid invalid Conflict Forbidden forbidden NotFound not_found",
    ),
    Theme(
        "Operations",
        "Operations of the plugin's own, beside those that record types bring.",
        "Blueprint operation UnitOfWork here idempotent versioned expected_version record_answer"
        " PageQuery decode_cursor page_response record_schema page_schema creation_schema answers_schema"
        " name_rules",
    ),
)

#: Every name of `gonghui.testing`, once.
TESTING = (
    Theme(
        "Federations",
        "Tenants for a test, each with units and one asker of each kind.",
        "World Federation Asker UNITS OFFICERS",
    ),
    Theme(
        "The contract",
        "Every operation, tried by everybody who should not and then by somebody who should.",
        "Contract Tally",
    ),
    Theme(
        "Databases and statements",
        "A database of the test's own, and how many statements it is sent.",
        "cloned_database worker_name counted_statements",
    ),
)
