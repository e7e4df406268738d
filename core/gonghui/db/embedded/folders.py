"""Where a cluster lives: our state in `var/postgres`, its data there or in a place its account can reach."""

import hashlib
import os
import stat
import time
from pathlib import Path
from typing import BinaryIO

from gonghui.db.embedded.account import Account
from gonghui.db.embedded.errors import EmbeddedServerError

# Only root comes here: it may write there, everybody may pass, and nothing there is aged away.
PLACES = Path("/var/lib")


def state_of(var: Path) -> Path:
    """`var/postgres`, made when missing; the files that we keep about the cluster are in it."""
    state = (var / "postgres").resolve()
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
    except PermissionError as error:
        raise EmbeddedServerError(
            f"{state.parent} cannot be made: choose a `var` that you may write to"
        ) from error
    return claim(state)


def claim(folder: Path) -> Path:
    """Make `folder` ours, or accept the one that we made earlier."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise EmbeddedServerError(
            f"{folder} cannot be made: {error.strerror}; make way for it, or let this user write there"
        ) from error
    if not _is_ours(folder):
        raise EmbeddedServerError(
            f"{folder} is a link or belongs to another user than uid {os.geteuid()}:"
            " run as its owner, or remove it"
        )
    # The account of root's server passes through to its data, no further; others have no business here.
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def open_privately(path: Path) -> BinaryIO:
    """Open `path` for appending; nobody else may read it, and so nobody else can lock it either."""
    return open(path, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))


def write_privately(path: Path, text: str) -> None:
    """Replace `path` at once, so that a killed writer leaves the old text or the new one."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open_privately(fresh) as file:
        file.write(text.encode())
    fresh.replace(path)


def home_of(state: Path, account: Account) -> Path:
    """The folder that holds `data`: `state`, or a place outside when `account` cannot enter `state`."""
    note = state / "place"
    if not note.exists():
        if account.can_enter(state):
            return state
        _refuse_data_out_of_reach(state)
        write_privately(note, str(_place_of(state)))
    _refuse_moved(note, _place_of(state))
    return claim(_place_of(state))


def abandoned_place(state: Path) -> Path | None:
    """The place of an earlier `var` of the same path, which was removed without its data."""
    place = _place_of(state)
    return place if place.exists() and _is_ours(place) and not (state / "place").exists() else None


def set_aside(place: Path) -> None:
    """Keep an abandoned database, out of the way of the new one."""
    place.rename(place.with_name(f"{place.name}.abandoned-{time.time_ns()}"))


def _is_ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _place_of(state: Path) -> Path:
    return PLACES / f"gonghui-{fingerprint(state)}"


def fingerprint(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _refuse_data_out_of_reach(state: Path) -> None:
    if (state / "data").exists():
        raise EmbeddedServerError(
            f"the server's account can no longer enter {state}, which holds its data:"
            " let others pass (chmod o+x) through the folders above it"
        )


def _refuse_moved(note: Path, place: Path) -> None:
    noted = Path(note.read_text(encoding="utf-8"))
    if noted == place:
        return
    if noted.exists():
        # Two copies of one `var` must not run two servers on the same data.
        raise EmbeddedServerError(
            f"{note.parent} was moved or copied and its data is still in {noted}: move that to {place}"
            f" and write the new name into {note}, or remove {note} to begin with an empty database"
        )
    write_privately(note, str(place))
