"""The wheel of the four packages, whose bytes depend on the commit and on nothing else.

`python -m supply.wheel FOLDER` makes the wheel of the last commit, twice, from two
folders; the exit code is 1 where they differ.
"""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from supply import CHECKOUT


def build(tree: Path, folder: Path, epoch: int) -> Path:
    """The wheel of the sources in `tree`, in `folder`, as of `epoch` (seconds).

    Nothing is fetched: the build backend is the one installed here.
    """
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    done = subprocess.run(
        [*command, "-d", str(folder)],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the wheel cannot be built:\n{done.stderr[-2000:]}")
    (wheel,) = folder.glob("*.whl")
    return wheel


def committed_at() -> int:
    """When the last commit was made, in seconds since the epoch."""
    return int(_git("log", "-1", "--format=%ct"))


def export(folder: Path) -> None:
    """Lay out the files of the last commit, and no others."""
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "HEAD"))) as archive:
        archive.extractall(folder, filter="data")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _git(*arguments: str) -> bytes:
    return subprocess.run(
        ["git", *arguments],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout


def main(target: str) -> int:
    digests = set()
    epoch = committed_at()
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as again:
        for place in (Path(first), Path(again)):
            export(place / "tree")
            wheel = build(place / "tree", place / "made", epoch)
            digests.add(digest(wheel))
        if len(digests) > 1:
            print("Two builds of one commit differ.", file=sys.stderr)
            return 1
        kept = Path(target) / wheel.name
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(wheel.read_bytes())
    print(f"{digests.pop()}  {kept}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
