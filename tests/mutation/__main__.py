"""`python -m tests.mutation [PART ...]`: do the tests notice mistakes in what decides?

Each mistake is put into the functions of a module, alone, and the tests that call them
are run until one fails. Prints those that none noticed, and a table. Exit code: 0 if
at least LEAST percent were noticed, 1 otherwise.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.mutation.parts import PARTS, Part

LEAST = 90.0
"""Percent of the mistakes."""

_LINE = re.compile(r"^mutant (?P<fate>\w+) (?P<path>[^:]+):", re.MULTILINE)
_UNNOTICED = re.compile(r"mutant (survived|untested) ")


def main() -> int:
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        print(f"no part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
        return 2
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(_hunted, [PARTS[name] for name in wanted]))
    fates: dict[str, Counter[str]] = {}
    for text in said:
        for found in _LINE.finditer(text):
            fates.setdefault(found["path"], Counter())[found["fate"]] += 1
    return _judged(fates)


def _hunted(part: Part) -> str:
    """What its run says. Raises RuntimeError if its tests fail by themselves."""
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "tests.mutation.hunt"),
        *(f"--mutate={path}" for path in part.modules),
        *part.tests,
    ]
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    said = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True
    ) as hunt:
        for line in hunt.stdout or ():
            said.append(line)
            if _UNNOTICED.match(line):
                print(line.removeprefix("mutant "), end="", flush=True)
    text = "".join(said)
    if hunt.returncode or not _LINE.search(text):
        raise RuntimeError(text)
    return text


def _judged(fates: dict[str, Counter[str]]) -> int:
    total: Counter[str] = Counter()
    print("\n| module | mistakes | noticed | % |\n|---|---|---|---|")
    for path, counts in sorted(fates.items()):
        print(_row(path, counts))
        total += counts
    print(_row("all", total))
    return 0 if _percent(total) >= LEAST else 1


def _row(name: str, counts: Counter[str]) -> str:
    noticed = counts["killed"] + counts["slow"]
    return f"| {name} | {counts.total()} | {noticed} | {_percent(counts):.1f} |"


def _percent(counts: Counter[str]) -> float:
    return 100 * (counts["killed"] + counts["slow"]) / max(counts.total(), 1)


if __name__ == "__main__":
    sys.exit(main())
