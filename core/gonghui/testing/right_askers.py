"""Who of a sample federation does a thing rightly: the lowest officer who may."""

from __future__ import annotations

from gonghui.api.operations import SIGNED_IN
from gonghui.auth.operators import PERMISSIONS
from gonghui.tenancy.org_tree import OrgUnit, is_root
from gonghui.testing.federation import OPERATOR, Federation
from gonghui.testing.operations import NoSample, Operation

#: Who is asked first to do a thing rightly: the lowest who may.
RIGHT = ("firm", "garden", "east", "district", "admin", "auditor")
#: Those for whom the platform makes samples; whoever is not among them makes their own.
PROVIDED = (*RIGHT, OPERATOR)
#: Where the samples stand; `west` officers hold the same permissions next door.
PLACE = "garden"


def rightful(federation: Federation, operation: Operation) -> str:
    """The login of somebody who may do it where the samples stand. Raises `NoSample`."""
    if operation.permission in (None, SIGNED_IN):
        return "district"
    for login in RIGHT:
        if reaches(federation, login, str(operation.permission), of_whole=operation.of_whole):
            return login
    if operation.is_personal:
        return federation.add_worker()
    if operation.permission in PERMISSIONS:
        return OPERATOR
    raise NoSample(f"{operation.name}: no role of the sample federation holds {operation.permission} there")


def reaches(federation: Federation, login: str, permission: str, *, of_whole: bool = False) -> bool:
    """Whether somebody may do it where the samples stand, or for the whole federation."""
    with federation.uow(login) as uow:
        roots = uow.principal.roots(permission)
        unit = uow.session.get_one(OrgUnit, (uow.tenant_id, federation.units[PLACE]))
        path = unit.path
    return any(is_root(root) if of_whole else path.startswith(root) for root in roots)
