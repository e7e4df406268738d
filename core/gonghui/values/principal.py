"""Who acts now: a frozen value that every layer can carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID


class PrincipalKind(StrEnum):
    """What sort of actor it is; the kind shows in every audit row."""

    OFFICER = "officer"
    WORKER = "worker"
    GUEST = "guest"
    MACHINE = "machine"
    SYSTEM = "system"
    OPERATOR = "operator"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Grant:
    """A role at work: these permissions, at this org unit and below."""

    org_unit_id: UUID
    path: str
    role: str
    permissions: frozenset[str]
    title: str = ""


@dataclass(frozen=True)
class Principal:
    """Account, tenant and kind of whoever acts, with the grants that were in force when they came in.

    `token_permissions` narrow them where a token is used; None narrows nothing.
    """

    kind: PrincipalKind
    tenant_id: UUID
    account_id: UUID | None = None
    person_id: UUID | None = None
    name: str = ""
    signed_in_by: str = ""
    grants: tuple[Grant, ...] = ()
    token_permissions: frozenset[str] | None = None
    on_behalf_by: str = ""
    as_of: date | None = field(default=None, compare=False)

    @property
    def is_unrestricted(self) -> bool:
        """The platform itself and an operator at the command line act without grants; both are audited.

        An operator who comes over HTTP is not: a key is limited to what it names.
        """
        return self.token_permissions is None and self.kind in (PrincipalKind.SYSTEM, PrincipalKind.OPERATOR)

    def roots(self, permission: str) -> tuple[str, ...]:
        """Paths of the org units at and below which `permission` is held; shadowed ones are left out."""
        if self.token_permissions is not None and permission not in self.token_permissions:
            return ()
        paths = sorted({grant.path for grant in self.grants if permission in grant.permissions})
        kept: list[str] = []
        for path in paths:
            if not kept or not path.startswith(kept[-1]):
                kept.append(path)
        return tuple(kept)

    def holds(self, permission: str) -> bool:
        """Whether `permission` is held anywhere at all."""
        return self.is_unrestricted or bool(self.roots(permission))


def system(tenant_id: UUID) -> Principal:
    """The platform itself, for what time does and nobody asked for."""
    return Principal(PrincipalKind.SYSTEM, tenant_id)


def anonymous(tenant_id: UUID) -> Principal:
    """Nobody known, at a known tenant."""
    return Principal(PrincipalKind.ANONYMOUS, tenant_id)
