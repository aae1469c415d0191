"""`make test`: every test, on SQLite and on PostgreSQL, with what they need.

What cannot be installed is reported with the package to install; with CI=true
that is a failure. Exit code: 0 if all passed, 1 otherwise.
"""

import os
import subprocess
import sys
import tempfile
from typing import IO

from tests import npm, postgres, programs

COVERAGE = ["--cov", "--cov-branch", "--cov-report="]

WHOLLY_COVERED = [
    "robots/access.py",
    "robots/decision.py",
    "robots/grants.py",
    "robots/credentials.py",
    "robots/imported_secrets.py",
    "robots/lifecycle/imported_secrets.py",
    "registryauth/*",
    "federation/*.py",
]
"""What decides and authenticates: every branch of it is tested."""

ONCE = [
    "tests/browser",
    "tests/clients/test_auth_file.py",
    "tests/clients/test_docker_helper.py",
    "tests/clients/test_exchange.py",
    "tests/clients/test_kubelet.py",
    "tests/clients/test_script.py",
    "tests/clients/test_sources.py",
    "tests/federation/presets",
    "tests/federation/test_addresses.py",
    "tests/federation/test_assertions.py",
    "tests/federation/test_assertions_any.py",
    "tests/federation/test_fetching.py",
    "tests/federation/test_issuers.py",
    "tests/federation/test_jwks.py",
    "tests/federation/test_jwks_redis.py",
    "tests/federation/test_keys.py",
    "tests/federation/test_linter.py",
    "tests/benchmarks",
    "tests/federation/test_matching.py",
    "tests/quaysite/test_quickstart_command.py",
    "tests/quaysite/test_quickstart_demo.py",
    "tests/replica",
    "tests/scaling",
    "tests/test_architecture.py",
]
"""What asks no database, or brings its own: the run on SQLite has all of it, and on
PostgreSQL it would be the same again."""


def main() -> int:
    wanted = set(programs.missing().values())
    if not postgres.can_be_had():
        wanted.add(postgres.PACKAGE)
    programs.install(sorted(wanted))
    npm.install()
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
    if npm.find() is None:
        lines.append(f"the identity provider is missing: {npm.INSTALL}")
    for line in lines:
        print(f"SKIPPED: {line}", file=sys.stderr)
    return lines if _in_ci() else []


def _run_all(arguments: list[str]) -> list[str]:
    """Both databases at once, as each run keeps one processor busy.

    What PostgreSQL's run says is held back until SQLite's has ended.
    """
    subprocess.run([sys.executable, "-m", "coverage", "erase"], check=True)
    failures = []
    once = [] if arguments else [f"--ignore={path}" for path in ONCE]
    with postgres.server() as url, tempfile.TemporaryFile() as said:
        beside = _pytest("PostgreSQL", url, [*arguments, *once], said) if url else None
        print("--- on SQLite", flush=True)
        if _pytest("SQLite", None, arguments).wait():
            failures.append("the tests on SQLite")
        if beside is None:
            failures += _report_no_postgresql()
        elif beside.wait():
            failures.append("the tests on PostgreSQL")
        print("--- on PostgreSQL", flush=True)
        said.seek(0)
        sys.stdout.write(said.read().decode(errors="replace"))
    subprocess.run([sys.executable, "-m", "coverage", "combine", "-q"], check=False)
    return failures


def _report_no_postgresql() -> list[str]:
    print(
        f"SKIPPED: PostgreSQL is missing: apt-get install {postgres.PACKAGE}",
        file=sys.stderr,
    )
    return ["PostgreSQL is missing"] if _in_ci() else []


def _pytest(
    engine: str, url: str | None, arguments: list[str], said: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    environment["COVERAGE_FILE"] = f".coverage.{engine}"
    if url:
        environment["DATABASE_URL"] = url
    command = [sys.executable, "-m", "pytest", *COVERAGE, *arguments]
    return subprocess.Popen(command, env=environment, stdout=said, stderr=said)


def _covered() -> bool:
    report = [sys.executable, "-m", "coverage", "report", "--fail-under=100"]
    included = f"--include={','.join(WHOLLY_COVERED)}"
    return subprocess.run([*report, included], check=False).returncode == 0


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"


if __name__ == "__main__":
    sys.exit(main())
