"""A small disk for logs, which can be filled without harm to anybody."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEGABYTES = 256


@contextmanager
def disk_for(folder: Path) -> Iterator[None]:
    """A file system at `folder` in this block, if this process may make one."""
    folder.mkdir()
    mounted = os.geteuid() == 0 and _mount(folder)
    try:
        yield
    finally:
        if mounted:
            # What still writes there is no reason to keep it.
            _run("umount", "--lazy", str(folder))


def is_disk(folder: Path) -> bool:
    """Whether there is one."""
    return os.path.ismount(folder)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """There is no room on the disk at `folder` in this block, not for a byte."""
    ballast = folder / "ballast"
    try:
        _fill(ballast)
        yield
        if os.statvfs(folder).f_bavail:
            raise RuntimeError("the disk of the log was not full")
    finally:
        ballast.unlink()


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as out:
        for size in (2**20, 1):
            try:
                while True:
                    out.write(bytes(size))
            except OSError:
                continue


def _mount(folder: Path) -> bool:
    options = ("-t", "tmpfs", "-o", f"size={MEGABYTES}m")
    return _run("mount", *options, "tmpfs", str(folder))


def _run(program: str, *arguments: str) -> bool:
    path = shutil.which(program)
    if path is None:
        return False
    done = subprocess.run(  # noqa: S603 - mount and umount
        [path, *arguments], capture_output=True, check=False
    )
    return done.returncode == 0
