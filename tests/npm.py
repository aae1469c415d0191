"""What tests take from npm: an OpenID provider and its Node.js, and axe-core.

They are installed, once, into a cache folder of the user's; nothing is left in the
checkout. By hand: python -m tests.npm
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import programs

PROVIDER = Path(__file__).parent / "e2e" / "provider"
"""Holds what to install, each package with its exact version and its digest."""

INSTALL = "python -m tests.npm"

_PINS = ("package.json", "package-lock.json")


def find() -> Path | None:
    """The folder `node_modules` with all that is pinned, or None."""
    found = _home() / "node_modules"
    return found if found.is_dir() else None


def install() -> None:
    """Install what is missing, if there is npm. Runs no package's own scripts.

    The folder appears when it is complete, so two runs do not disturb each other.
    """
    npm = programs.find("npm")
    if npm is None or find() is not None:
        return
    home = _home()
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as beside:
        folder = Path(beside, "new")
        folder.mkdir()
        for name in _PINS:
            shutil.copy(PROVIDER / name, folder)
        if _npm_ci(npm, folder):
            with contextlib.suppress(OSError):  # another run was faster
                folder.rename(home)


def _npm_ci(npm: str, folder: Path) -> bool:
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
    return done.returncode == 0


def _home() -> Path:
    """A folder of its own for each set of pins."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    pins = b"".join((PROVIDER / name).read_bytes() for name in _PINS)
    return Path(cache) / "quaysite-tests" / hashlib.sha256(pins).hexdigest()[:16]


if __name__ == "__main__":
    install()
    sys.exit(find() is None)
