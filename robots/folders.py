"""Folders of files that are not to be lost."""

import os
from pathlib import Path


def sync(folder: Path) -> None:
    """Make the names of new files last, not only what is in them. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
