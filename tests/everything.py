"""`make test`: every test, on SQLite and on PostgreSQL, with what they need.

What cannot be installed is reported with the package to install; with CI=true
that is a failure. Exit code: 0 if all passed, 1 otherwise.
"""

import os
import subprocess
import sys

from tests import postgres, programs

COVERAGE = ["--cov", "--cov-branch", "--cov-append", "--cov-report="]

WHOLLY_COVERED = [
    "robots/access.py",
    "robots/decision.py",
    "robots/grants.py",
    "robots/credentials.py",
    "registryauth/*",
]
"""What decides and authenticates: every branch of it is tested."""


def main() -> int:
    wanted = set(programs.missing().values())
    if not postgres.can_be_had():
        wanted.add(postgres.PACKAGE)
    programs.install(sorted(wanted))
    arguments = sys.argv[1:]
    failures = [*_report_missing(), *_run_all(arguments)]
    if not arguments and not _covered():
        failures.append("the coverage of what decides and authenticates")
    for failure in failures:
        print(f"FAILED: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _report_missing() -> list[str]:
    lines = [
        f"{program} is missing: apt-get install {package}"
        for program, package in programs.missing().items()
    ]
    for line in lines:
        print(f"SKIPPED: {line}", file=sys.stderr)
    return lines if _in_ci() else []


def _run_all(arguments: list[str]) -> list[str]:
    failures = []
    subprocess.run([sys.executable, "-m", "coverage", "erase"], check=True)
    if not _pytest("SQLite", {}, arguments):
        failures.append("the tests on SQLite")
    with postgres.server() as url:
        if url is None:
            print(
                f"SKIPPED: PostgreSQL is missing: apt-get install {postgres.PACKAGE}",
                file=sys.stderr,
            )
            if _in_ci():
                failures.append("PostgreSQL is missing")
        elif not _pytest("PostgreSQL", {"DATABASE_URL": url}, arguments):
            failures.append("the tests on PostgreSQL")
    return failures


def _pytest(engine: str, environment: dict[str, str], arguments: list[str]) -> bool:
    print(f"--- on {engine}", flush=True)
    inherited = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    command = [sys.executable, "-m", "pytest", *COVERAGE, *arguments]
    result = subprocess.run(command, env={**inherited, **environment}, check=False)
    return result.returncode == 0


def _covered() -> bool:
    report = [sys.executable, "-m", "coverage", "report", "--fail-under=100"]
    included = f"--include={','.join(WHOLLY_COVERED)}"
    return subprocess.run([*report, included], check=False).returncode == 0


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"


if __name__ == "__main__":
    sys.exit(main())
