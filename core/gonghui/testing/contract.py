"""The isolation contract: every operation, tried by everybody who should not, then once by somebody who should.

The refused and the granted request are the same request, so a refusal cannot be owed to a bad body;
and the grant comes last, so it also shows that no refused attempt left a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import UUID

from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from gonghui.api.operations import SIGNED_IN
from gonghui.auth.operators import KEY_PREFIX
from gonghui.plugin_host.manifest import Plugin
from gonghui.records.record_types import RecordType
from gonghui.testing import (
    attachment_samples,
    page_samples,
    parameter_samples,
    record_page_samples,
    second_factor_samples,
    tree_samples,
)
from gonghui.testing.core_samples import CoreSamples, table_of
from gonghui.testing.federation import OPERATOR, Asker, World
from gonghui.testing.operations import (
    NoSample,
    Operation,
    operations,
    sample_body,
    sample_form,
    sample_query,
)
from gonghui.testing.page_forms import form_of_page
from gonghui.testing.plugin_samples import spare_plugin
from gonghui.testing.right_askers import PLACE, PROVIDED, RIGHT, rightful

#: How the sample of a step in bulk begins: it is the operation on one record.
_STEP = "POST "
_ATTACHMENT = "attachment_id"


@dataclass(frozen=True)
class Attacker:
    """Somebody who should not get at the home federation's east side."""

    name: str
    kind: str
    asker: Asker
    permissions: frozenset[str]
    #: What of home may show to them all the same.
    knows: frozenset[str] = frozenset()


@dataclass
class Tally:
    """What the run did; a leak is an attempt that got what it should not.

    `broken` are operations that failed, or refused whoever should be served; `skipped` those that had no sample.
    """

    operations: int = 0
    attempts: int = 0
    attackers: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    leaks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The one line that ends a run."""
        return (
            f"contract: {self.operations} operations, {len(self.attackers)} attackers, {len(self.kinds)} kinds, "
            f"{self.attempts} attempts, {len(self.leaks)} leaks, {len(self.skipped)} skipped"
        )


class Contract:
    """Two federations with data, the attackers, and the requests.

    `Contract(world).run().leaks == []` is what a plugin has to keep, with nothing `broken` and nothing `skipped`.
    """

    def __init__(self, world: World, plugins: Sequence[Plugin] | None = None) -> None:
        """Federations that have `plugins` on, and data of theirs; of all that are installed, without it."""
        self.world = world
        self.plugins = tuple(world.registry.plugins.values() if plugins is None else plugins)
        on = tuple(plugin.id for plugin in self.plugins)
        self.home, self.other = world.federation(plugins=on), world.federation(plugins=on)
        self.tally = Tally()
        self.samples = {key: maker for p in self.plugins for key, maker in p.samples.items()}
        self._tree_values: dict[str, Any] = {}
        self._core = CoreSamples(world, self.home, self.plugins, self._mark)
        self._furnish()

    def _mark(self, marker: str) -> None:
        """Take note of what would show if it leaked: the set is another one for each operation."""
        self.markers.add(marker)

    def _furnish(self) -> None:
        """Data on the east side that would show if something leaked."""
        makers = [maker for name, maker in self.samples.items() if " " not in name]
        self.markers = {
            str(self.home.units["east"]),
            str(self.home.units["garden"]),
            str(self.home.units["firm"]),
        }
        for federation in (self.home, self.other):
            with federation.uow() as uow:
                made = {str(maker(uow, federation.units[PLACE])) for maker in makers}
            if federation is self.home:
                self.markers |= made
        with suppress(NoSample):  # where no plugin reads registers in
            self._core.sent_run("east")

    def run(self, *, only: str | tuple[str, ...] = "/", but: tuple[str, ...] = ()) -> Tally:
        """Try every operation (whose path begins with `only`, such as `/api/v1/nursing_rooms`, or with one of them).

        Those whose path begins with one of `but` are left out.
        """
        every = (o for o in operations(self.world.app) if not o.is_public)
        tried = [o for o in every if o.path.startswith(only) and not o.path.startswith(but)]
        with spare_plugin(self.world.registry):
            for operation in tried:
                self.tally.operations += 1
                try:
                    self._try(operation)
                except NoSample as missing:
                    self.tally.skipped.append(str(missing))
        return self.tally

    def _try(self, operation: Operation) -> None:
        right = rightful(self.home, operation)
        lasting = set(self.markers)
        self.home.secrets.clear()  # the operation before may have signed somebody out
        send = self._request(operation, right)
        for attacker in self._attackers(operation, right):
            self.tally.attackers.add(attacker.name)
            self.tally.kinds.add(attacker.kind)
            self.tally.attempts += 1
            self._judge(operation, attacker, send(attacker.asker))
        self.tally.attempts += 1
        granted = send(self.home.client(right))
        if not 200 <= granted.status_code < 400:
            self.tally.broken.append(
                f"{operation.name} as {right}: {granted.status_code} {granted.text[:300]}"
            )
        self.markers = lasting  # what was done to the operation's own things may have published them

    def _request(self, operation: Operation, right: str) -> Callable[[Asker], TestResponse]:
        """The request, made once; everybody sends this very one."""
        self._tree_values = self._fresh_units(operation)
        values = self._targets(operation, right)
        path = operation.path.format(**values)
        known = self._known(str(self.home.units[PLACE]), "community_officer", right)
        content = self._content(operation, known, values, right)
        query = sample_query(self.world.app, operation, known)
        headers = self._version(operation, path, right)

        def send(asker: Asker) -> TestResponse:
            return asker(operation.method, path, query_string=query, headers=headers, **content)

        return send

    def _known(self, org_unit_id: str, role: str, right: str) -> dict[str, Any]:
        """Values for the fields of a body that ask for one by `x-sample`."""
        known: dict[str, Any] = _Samples(
            lambda name: self._of_plugin(name, right),
            {
                "org_unit_id": org_unit_id,
                "role": role,
                **attachment_samples.sample_files(),
                **self._tree_values,
            },
        )
        with suppress(LookupError):
            known["parameter_value"] = parameter_samples.numeric().value
        with suppress(NoSample):
            register = self._core.register(right)
            key = register.columns[0].key
            file = FileStorage(BytesIO(table_of(register)), "sample.csv", "file")
            known |= {
                "register": register.code,
                "file": file,
                "mapping": {"示例列": key},
                "cells": {key: "样"},
            }
        return known

    def _of_plugin(self, name: str, right: str) -> Any:
        """A plugin's own sample, for a field of a body."""
        if name.startswith(_STEP):
            return self._for_bulk(name, right)
        with self.home.uow() as uow:
            made = self.samples[name](uow, self.home.units[PLACE])
        return str(made)

    def _for_bulk(self, step: str, right: str) -> list[dict[str, Any]]:
        """The record that a step in bulk is tried with: the one that the step by itself would be."""
        path = step.removeprefix(_STEP).rsplit("/", 1)[0]
        name = path[path.rindex("{") + 1 : -1]
        with self.home.uow(None if right in PROVIDED else right) as uow:
            made = (self.samples.get(step) or self.samples[name])(uow, self.home.units[PLACE])
        tag = self.home.client(right).get(path.format(**{name: made})).headers["ETag"]
        return [{"id": str(made), "version": int(tag.strip('"v'))}]

    def _content(
        self, operation: Operation, known: dict[str, Any], values: Mapping[str, str], right: str
    ) -> dict[str, Any]:
        """The body as bytes, JSON or a form, as the operation takes it."""
        kind = record_page_samples.kind_of_page(operation.path)
        if kind is not None:
            version = self._page_version(kind, values, right)
            form = record_page_samples.form_of_page(self.world.app, operation, known, version)
            boundary, content = encode_multipart(form or {})
            return (
                {"data": content, "content_type": f"multipart/form-data; boundary={boundary}"} if form else {}
            )
        body = sample_body(self.world.app, operation, known)
        if body is not None:
            return {"json": body}
        form = sample_form(self.world.app, operation, known) or form_of_page(operation.name, known)
        if form is None:
            return page_samples.content(self.home, operation.name, known) or second_factor_samples.content(
                self.home, operation.name, right
            )
        boundary, content = encode_multipart(form)
        return {"data": content, "content_type": f"multipart/form-data; boundary={boundary}"}

    def _page_version(self, kind: RecordType, values: Mapping[str, str], right: str) -> int | None:
        """The version that a page's form keeps: that of the record which its path names."""
        if kind.parameter not in values:
            return None
        record = f"/api/v1/{kind.plugin}/{kind.path}/{values[kind.parameter]}"
        return int(self.home.client(right).get(record).headers["ETag"].strip('"v'))

    def _fresh_units(self, operation: Operation) -> dict[str, Any]:
        """Units of their own for an operation that changes the tree: the others must find theirs where it was."""
        if operation.permission != tree_samples.REORGANISE:
            return {}
        with self.home.uow() as uow:
            made = tree_samples.fresh_units(uow, self.home.units["east"], self.home.units["district"])
        self.markers |= set(made["org_unit_ids"])
        return made

    def _version(self, operation: Operation, path: str, right: str) -> dict[str, str]:
        """If-Match for a change of a record, read from the record itself or from the one above the step."""
        if operation.method == "GET" or not operation.parameters:
            return {}
        for record in (path, path.rsplit("/", 1)[0]):
            tag = self.home.client(right).get(record).headers.get("ETag")
            if tag:
                return {"If-Match": tag}
        return {}

    def _targets(self, operation: Operation, right: str) -> dict[str, str]:
        """What the parameters of the path mean; an attachment is one of the very record that the path names."""
        names = [name for name in operation.parameters if name != _ATTACHMENT]
        values = {name: self._target(operation, name, right) for name in names}
        kind = attachment_samples.kind_at(operation.path)
        if _ATTACHMENT in operation.parameters and kind is not None:
            with self.home.uow() as uow:
                made = attachment_samples.attached(uow, kind, UUID(values[kind.parameter]))
            self.markers.add(str(made))
            values[_ATTACHMENT] = str(made)
        return values

    def _target(self, operation: Operation, name: str, right: str) -> str:
        """What a parameter of the path means: a sample of the owner plugin, or a thing of the core."""
        named = record_page_samples.beside_or_itself(self.world.app, operation).name
        for key in (named, name):
            if key in self.samples:
                # Where no role reaches it, the thing has to be somebody's own: they make it themselves.
                with self.home.uow(None if right in PROVIDED else right) as uow:
                    made: UUID = self.samples[key](uow, self.home.units[PLACE])
                self.markers.add(str(made))
                return str(made)
        core = self._core.of(right, self._tree_values)
        for key in (operation.name, name):
            if key in core:
                return core[key]()
        raise NoSample(f"{operation.name}: no sample for {name}")

    def _attackers(self, operation: Operation, right: str) -> Iterator[Attacker]:
        home, other = self.home, self.other
        yield Attacker("nobody", "anonymous", home.client(), frozenset())
        yield Attacker(
            "forged token", "anonymous", Asker(self.world.app, home.view.code, "gh_forged"), frozenset()
        )
        forged = Asker(self.world.app, home.view.code, f"{KEY_PREFIX}forged", reason="测试")
        yield Attacker("forged operator key", "anonymous", forged, frozenset())
        yield Attacker("worker", "worker", home.client("worker"), frozenset())
        yield Attacker("guest", "guest", home.client("guest"), frozenset())
        yield Attacker("street next door", "officer", home.client("west"), self._held("west"))
        if operation.permission not in self._held("auditor"):
            # The head of a page names the units that a reader's role reaches, and this one's reaches all.
            units = frozenset(str(unit) for unit in home.units.values())
            held = self._held("auditor")
            yield Attacker("officer without the permission", "officer", home.client("auditor"), held, units)
        powerless = Asker(self.world.app, home.view.code, self._powerless_token(right))
        yield Attacker("token without the permission", "machine", powerless, frozenset())
        alike = right if right in RIGHT else "worker"
        for login in dict.fromkeys((alike, "admin", "district")):
            held = self._held(login)
            yield Attacker(f"{login} of another federation", "officer", other.client(login), held)
        stranger = Asker(self.world.app, home.view.code, other.client(alike).secret)
        yield Attacker("another federation's session at this host", "officer", stranger, frozenset())

    def _held(self, login: str) -> frozenset[str]:
        with self.home.uow(login) as uow:
            return frozenset(p for grant in uow.principal.grants for p in grant.permissions)

    def _powerless_token(self, login: str) -> str:
        # An operator has no account that a token could be of.
        return self.home.token("admin" if login == OPERATOR else login, []).secret or ""

    def _judge(self, operation: Operation, attacker: Attacker, answer: TestResponse) -> None:
        """A refusal where the permission is missing or a thing of home is named; elsewhere, nothing of home shows."""
        # A change by a page answers with a redirect; so does whoever has to sign in first, elsewhere.
        served = 200 <= answer.status_code < 300 or answer.status_code == 303
        by_itself = operation.permission == SIGNED_IN or operation.is_personal
        allowed = by_itself and attacker.kind != "anonymous"
        permitted = allowed or operation.permission in attacker.permissions
        shows_home = any(marker in _text(answer) for marker in self.markers - attacker.knows)
        refused_as_unknown = attacker.kind != "anonymous" or answer.status_code == 401
        too_much = served and (not permitted or self._names_home(operation))
        if too_much or shows_home or not refused_as_unknown:
            self._leak(operation, attacker, answer)
        elif answer.status_code >= 500:
            self.tally.broken.append(
                f"{operation.name} as {attacker.name}: {answer.status_code} {_text(answer)[:300]}"
            )

    def _names_home(self, operation: Operation) -> bool:
        """Whether the request points at something that is the home federation's east side's own."""
        owned = [name for name in operation.parameters if name.endswith("_id") and name != "plugin_id"]
        known = _Named()
        named = record_page_samples.beside_or_itself(self.world.app, operation)
        is_sent = operation.method != "GET"
        content = (make(self.world.app, named, known) for make in (sample_body, sample_form) if is_sent)
        return bool(owned) or any("here" in str(part or "") for part in content)

    def _leak(self, operation: Operation, attacker: Attacker, answer: TestResponse) -> None:
        self.tally.leaks.append(
            f"{operation.name} as {attacker.name}: {answer.status_code} {_text(answer)[:300]}"
        )


class _Named(dict[str, Any]):
    """Says `here` for what is the home federation's own; a sample whose name has a space is there for everybody."""

    def __missing__(self, name: str) -> str:
        elsewhere = ("register", "file", "mapping", "cells", "role", "id_number", "parameter_value")
        is_everybodys = " " in name and not name.startswith(_STEP)
        return "" if name in elsewhere or is_everybodys else "here"


class _Samples(dict[str, Any]):
    """Values for the fields of a body; those that the core does not know are made when they are asked for."""

    def __init__(self, make: Callable[[str], Any], known: dict[str, Any]) -> None:
        super().__init__(known)
        self._make = make

    def __missing__(self, name: str) -> Any:
        return self._make(name)


def _text(answer: TestResponse) -> str:
    """An answer's content, also of a file that is no text."""
    return answer.get_data().decode(errors="replace")
