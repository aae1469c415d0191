"""The present sources of the wheel, copied as another checkout would have them."""

import shutil
from pathlib import Path

from supply import CHECKOUT

PACKAGES = ("robots", "federation", "registryauth", "quaysite")


def copy(folder: Path) -> Path:
    """Lay out what the wheel is built from, with the times of now."""
    for package in PACKAGES:
        shutil.copytree(
            CHECKOUT / package,
            folder / package,
            ignore=shutil.ignore_patterns("__pycache__"),
            copy_function=shutil.copyfile,
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(CHECKOUT / name, folder / name)
    return folder
