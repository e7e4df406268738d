"""Parties as somebody tells them: a person by name and document, an employer by name and code, checked and found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault
from gonghui.i18n import Text, _
from gonghui.parties.employers import Employer, find_all, new_employer, only_ones_named
from gonghui.parties.persons import Identity
from gonghui.tenancy.tenants import here
from gonghui.values.documents import Document, DocumentFault, DocumentKind, normal_number, read_document
from gonghui.values.identifiers import uscc_fault

DOCUMENT_FAULTS: Mapping[DocumentFault, Text] = {
    DocumentFault.MALFORMED: _("这不是这种证件的号码。照证件重填，或改证件类型。"),
    DocumentFault.CHECK_DIGIT: _("证件号码的校验位不对，有数字填错了。对照证件逐位核对。"),
    DocumentFault.BIRTH: _("证件号码里的出生日期不存在。对照证件核对。"),
    DocumentFault.DIVISION: _("证件号码的前两位不是任何省份。对照证件核对。"),
    DocumentFault.NOT_ISSUED: _("这是演示用的号码，没有机关发过。换成真实号码。"),
}


def read_identity(
    uow: UnitOfWork, values: Mapping[str, Any], pointer: str = ""
) -> tuple[Identity | None, list[FieldFault]]:
    """Who somebody is by name and document, or what is wrong with them. `pointer` leads to the values."""
    kind = DocumentKind(values.get("document_kind") or DocumentKind.RESIDENT_ID)
    document = read_document(
        kind,
        normal_number(values["id_number"]),
        demo_numbers=here(uow).is_demo,
    )
    if isinstance(document, DocumentFault):
        return None, [FieldFault(f"{pointer}/id_number", document.value, DOCUMENT_FAULTS[document])]
    sex, born_on = values.get("sex"), values.get("born_on")
    faults = list(_disagreements(document, sex, born_on, pointer))
    name = " ".join(values["name"].split())
    identity = Identity(
        name, document.kind.value, document.number, document.sex or sex, document.born_on or born_on
    )
    return identity, faults


def _disagreements(
    document: Document, sex: str | None, born_on: date | None, pointer: str
) -> Iterator[FieldFault]:
    if sex and document.sex and sex != document.sex:
        message = _("性别与证件号码不一致。改正其中一个。")
        yield FieldFault(f"{pointer}/sex", "sex_disagrees_with_id", message)
    if born_on and document.born_on and born_on != document.born_on:
        message = _("出生日期与证件号码不一致。改正其中一个。")
        yield FieldFault(f"{pointer}/born_on", "birth_disagrees_with_id", message)


def fault_of_code(uow: UnitOfWork, code: str | None, pointer: str) -> list[FieldFault]:
    """What is wrong with an employer's social credit code."""
    fault = uscc_fault(code, of_union=False, demo_numbers=here(uow).is_demo) if code else None
    if fault is None:
        return []
    detail = _("统一社会信用代码 {code} 不正确，请对照证书核对。", code=code)
    return [FieldFault(pointer, f"code_{fault.value}", detail)]


def told_employers(uow: UnitOfWork, told: Sequence[Mapping[str, Any]]) -> list[Employer]:
    """The employers of these names and codes, in order; one that nobody knows is entered.

    A name without a code means the one employer of that name, with a code or without.
    """
    pairs = [(one["name"].strip(), one.get("uscc") or None) for one in told]
    known: dict[tuple[str, str | None], Employer] = dict(find_all(uow, pairs))
    left = [pair for pair in dict.fromkeys(pairs) if pair not in known]
    named = only_ones_named(uow, [name for name, code in left if code is None])
    for name, code in left:
        found = named.get(name) if code is None else None
        if found is None:
            found = new_employer(name, code)
            uow.add(found)
        known[name, code] = found
    return [known[pair] for pair in pairs]
