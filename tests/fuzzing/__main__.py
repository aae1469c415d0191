"""`python -m tests.fuzzing TARGET`: one target, led by what of the code it reaches.

Options are those of libFuzzer: `-max_total_time=300`, `-runs=1000`. What is found on
the way is kept in var/fuzzing/TARGET, and so is an input that fails. atheris comes
with requirements-fuzzing.txt; its engine ends the process itself.
"""

import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import atheris
import django

READ = [
    "federation.assertions",
    "federation.keys",
    "jwt",
    "registryauth.authentication",
    "registryauth.bearer",
    "registryauth.parameters",
    "registryauth.scopes",
    "robots.names",
    "robots.text",
    "tests.fuzzing",
]
"""The code whose branches lead the search: what reads, and what judges that."""

KEPT = Path("var/fuzzing")


def main() -> None:
    name = sys.argv[1]
    kept = KEPT / name
    kept.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quaysite.settings")
    os.environ["VAR_DIR"] = tempfile.mkdtemp()
    with atheris.instrument_imports(include=READ):
        django.setup()
        # Not before there are settings, and while imports are watched.
        targets = import_module("tests.fuzzing.targets")
    options = [f"-artifact_prefix={kept}/failed-", "-max_len=2048", *sys.argv[2:]]
    folders = [str(kept), str(targets.CORPUS / name)]
    atheris.Setup([sys.argv[0], *options, *folders], targets.TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
