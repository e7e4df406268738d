"""`gonghui audit`: what it exports it verifies, and the key that signs stays in its file."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from time import monotonic, sleep

import orjson
import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import select
from tests.support.processes import environment_of

from gonghui.audit.entries import AuditEntry
from gonghui.audit.seals import AuditSeal
from gonghui.audit.signing import signing_key
from gonghui.commands.audit import audit
from gonghui.errors import NotFound
from gonghui.lifecycle.installation import Installation
from gonghui.settings import Settings, settings
from gonghui.testing import Federation, World

PATIENCE = 60


@pytest.fixture(autouse=True)
def _own_var(world: World, tmp_path: Path) -> Iterator[None]:
    """Key, objects and log of this test's own; `world` sets what the others share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GONGHUI_VAR", str(tmp_path / "var"))
        patch.setenv("GONGHUI_AUDIT_LOG_FILE", str(tmp_path / "audit.log"))
        settings.cache_clear()
        yield
    settings.cache_clear()


def run(world: World, *arguments: str) -> Result:
    installation = Installation(world.database, world.registry, "")
    return CliRunner().invoke(audit, arguments, obj=lambda: nullcontext(installation), catch_exceptions=False)


def key(world: World) -> str:
    return run(world, "key").output.strip()


@pytest.mark.parametrize("more", [(), ("--values",)])
def test_what_is_exported_verifies_and_a_tampered_copy_does_not(
    world: World, federation: Federation, tmp_path: Path, more: tuple[str, ...]
) -> None:
    file, copy = tmp_path / "trail", tmp_path / "copy"
    assert run(world, "export", "--tenant", federation.view.code, "-o", str(file), *more).exit_code == 0
    whole = run(world, "verify", str(file), "--key-fingerprint", key(world))
    assert (whole.exit_code, whole.output[:6]) == (0, "第 1 至 ")
    copy.write_bytes(file.read_bytes().replace(b'"operation":"insert"', b'"operation":"update"', 1))
    changed = run(world, "verify", str(copy), "--key-fingerprint", key(world))
    assert (changed.exit_code, "与其哈希不符" in changed.output) == (1, True)
    assert run(world, "verify", str(file), "--key-fingerprint", "0" * 64).exit_code == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_handing_the_trail_out_stands_in_it(world: World, federation: Federation, tmp_path: Path) -> None:
    run(world, "export", "--tenant", federation.view.code, "-o", str(tmp_path / "trail"), "--values")
    with federation.uow() as uow:
        acts = uow.session.scalars(select(AuditEntry.action)).all()
    assert acts.count("core.audit.exported") == 1


def test_a_head_kept_elsewhere_proves_later_that_nothing_before_it_is_gone(
    world: World, federation: Federation, tmp_path: Path
) -> None:
    tenant = ("--tenant", federation.view.code)
    with pytest.raises(NotFound):
        run(world, "head", *tenant)
    assert run(world, "seal").exit_code == 0
    (tmp_path / "head").write_text(run(world, "head", *tenant).output)
    run(world, "export", *tenant, "-o", str(tmp_path / "trail"))
    asked = ("--key-fingerprint", key(world), "--head", str(tmp_path / "head"))
    assert run(world, "verify", str(tmp_path / "trail"), *asked).exit_code == 0
    kept = orjson.loads((tmp_path / "head").read_bytes())["head"]["seq"]
    shorter = (tmp_path / "trail").read_bytes().splitlines(keepends=True)[: kept - 2]
    (tmp_path / "trail").write_bytes(b"".join(shorter))
    cut = run(world, "verify", str(tmp_path / "trail"), *asked)
    assert (cut.exit_code, cut.output.startswith("末尾被截去")) == (1, True)


def test_one_round_seals_signs_stores_and_ships(world: World, federation: Federation, tmp_path: Path) -> None:
    done = run(world, "seal")
    assert (done.exit_code, done.output[:3]) == (0, "封存 ")
    assert str(federation.view.id) in (tmp_path / "audit.log").read_text()
    run(world, "export", "--tenant", federation.view.code, "-o", str(tmp_path / "stored"), "--stored")
    stored = run(world, "verify", str(tmp_path / "stored"), "--key-fingerprint", key(world))
    assert stored.exit_code == 0


def test_a_process_of_its_own_seals_what_comes(world: World, federation: Federation) -> None:
    command = [sys.executable, "-c", "from gonghui.cli import main; main()", "sealer"]
    environment = environment_of(world, GONGHUI_AUDIT_SEAL_SECONDS="0.1")
    with subprocess.Popen(command, env=environment) as process:
        try:
            for _round in range(2):
                with federation.uow() as uow:
                    uow.note("test.meanwhile")
                until = monotonic() + PATIENCE
                while waiting(federation):
                    assert process.poll() is None, "the sealer ended"
                    assert monotonic() < until, "nothing was sealed"
                    sleep(0.05)
        finally:
            process.terminate()
        assert process.wait(PATIENCE) == 0


def waiting(federation: Federation) -> bool:
    """Whether an entry of the federation's trail is not sealed yet."""
    sealed = select(AuditSeal.entry_id).where(AuditSeal.entry_id == AuditEntry.id).exists()
    with federation.uow() as uow:
        return uow.session.scalar(select(AuditEntry.id).where(~sealed).limit(1)) is not None


def test_the_platforms_own_trail_is_exported_without_a_tenant(world: World, tmp_path: Path) -> None:
    run(world, "export", "-o", str(tmp_path / "trail"), "--values")
    assert run(world, "verify", str(tmp_path / "trail"), "--key-fingerprint", key(world)).exit_code == 0


# --- the key


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    chosen = Settings(var=tmp_path / "own")
    first = signing_key(chosen).fingerprint
    assert signing_key(chosen).fingerprint == first
    assert stat.S_IMODE((tmp_path / "own/secrets/audit-key.pem").stat().st_mode) == 0o600


def test_a_key_may_be_kept_elsewhere(tmp_path: Path) -> None:
    made = signing_key(Settings(var=tmp_path / "own"))
    moved = (tmp_path / "own/secrets/audit-key.pem").rename(tmp_path / "elsewhere.pem")
    assert signing_key(Settings(var=tmp_path / "new", audit_key=moved)).fingerprint == made.fingerprint
    with pytest.raises(OSError, match="missing"):
        signing_key(Settings(audit_key=tmp_path / "missing.pem"))


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    curve = generate_private_key(SECP256R1())
    path = tmp_path / "curve.pem"
    path.write_bytes(curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ValueError, match="Ed25519"):
        signing_key(Settings(audit_key=path))
