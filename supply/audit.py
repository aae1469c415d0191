"""`make audit`: the minimums, then pip-audit, where its advisories can be had.

Exit code: 0 if all was audited and nothing found, 1 if something was, 2 if the
advisories could not be had, which is no answer at all.
"""

import json
import subprocess
import sys
from collections.abc import Sequence

from supply import CHECKOUT
from supply.minimums import MINIMUMS, below
from supply.pins import RUNTIME, read

FILES = ("requirements-dev.txt", "requirements-supply.txt")
"""The first has what the runtime has, and more."""


def main(pip_audit: str) -> int:
    late = below(read(RUNTIME))
    print(*late, f"{len(MINIMUMS)} minimum versions, {len(late)} not met.", sep="\n")
    outcomes = [_audited([pip_audit, *_options(file)], file) for file in FILES]
    return 1 if late or 1 in outcomes else max(outcomes)


def _options(file: str) -> list[str]:
    """Nothing is installed to be looked at: the file has every version already."""
    asked = ["--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    return [*asked, "--format", "json", "--requirement", str(CHECKOUT / file)]


def _audited(command: Sequence[str], file: str) -> int:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        rows = json.loads(done.stdout)["dependencies"]
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        print(f"NOT AUDITED: {file}: {last[0]}", file=sys.stderr)
        return 2
    found = [row for row in rows if row.get("vulns")]
    for row in found:
        for one in row["vulns"]:
            print(
                f"{row['name']} {row['version']}: {one['id']}, mended in"
                f" {', '.join(one['fix_versions']) or 'no version yet'}."
            )
    # What could not be looked up is left out by pip-audit, and no failure to it.
    unknown = [row["name"] for row in rows if "skip_reason" in row]
    print(f"{file}: {len(rows) - len(unknown)} audited, {len(found)} vulnerable.")
    if unknown:
        print(
            f"NOT AUDITED: {file}: {len(unknown)} of {len(rows)}, as no advisories"
            f" of them can be had here: {', '.join(unknown[:3])} ...",
            file=sys.stderr,
        )
    return 1 if found else 2 if unknown else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
