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

ON_SQLITE = [
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
    "tests/test_architecture.py",
]
"""What asks no database, or brings its own: on the other it would be the same again."""

ON_POSTGRESQL = [
    "tests/e2e/test_access_as_code.py",
    "tests/e2e/test_catalog.py",
    "tests/e2e/test_created_by_push.py",
    "tests/e2e/test_credentials.py",
    "tests/e2e/test_deletion.py",
    "tests/e2e/test_harbor_robots.py",
    "tests/e2e/test_keyless_code_flow.py",
    "tests/e2e/test_keyless_endings.py",
    "tests/e2e/test_keyless_issuer.py",
    "tests/e2e/test_keyless_login_script.py",
    "tests/e2e/test_keyless_password.py",
    "tests/e2e/test_mounts.py",
    "tests/e2e/test_notifications.py",
    "tests/e2e/test_outage.py",
    "tests/e2e/test_people.py",
    "tests/e2e/test_people_tokens_e2e.py",
    "tests/e2e/test_repository_states.py",
    "tests/e2e/test_robots_disallow.py",
    "tests/e2e/test_signing_keys.py",
    "tests/replica",
    "tests/scaling",
]
"""What starts many servers: once, on PostgreSQL, as sites run that are no trial."""


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
    with postgres.server() as url, tempfile.TemporaryFile() as said:
        divided = url is not None and not arguments
        here = [*arguments, *_without(ON_POSTGRESQL if divided else [])]
        there = [*arguments, *_without(ON_SQLITE if divided else [])]
        beside = _pytest("PostgreSQL", url, there, said) if url else None
        print("--- on SQLite", flush=True)
        if _pytest("SQLite", None, here).wait():
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


def _without(paths: list[str]) -> list[str]:
    return [f"--ignore={path}" for path in paths]


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
