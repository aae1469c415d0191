"""`make test`: every test, on SQLite and on PostgreSQL, with what they need.

What cannot be installed is reported with the package to install; with CI=true
that is a failure. Exit code: 0 if all passed, 1 otherwise.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import IO, NamedTuple

from tests import npm, postgres, programs

WHOLLY_COVERED = [
    "robots/access.py",
    "robots/decision.py",
    "robots/grants.py",
    "robots/login_grants.py",
    "robots/credentials.py",
    "robots/imported_secrets.py",
    "robots/lifecycle/imported_secrets.py",
    "registryauth/*",
    "federation/*.py",
    "robots/outbound/*.py",
]
"""What decides and authenticates: every branch of it is tested."""

COVERAGE = [
    *("--cov=robots.access", "--cov=robots.decision", "--cov=robots.grants"),
    *("--cov=robots.login_grants", "--cov=robots.credentials"),
    *("--cov=robots.imported_secrets", "--cov=robots.lifecycle.imported_secrets"),
    *("--cov=robots.outbound", "--cov=registryauth", "--cov=federation"),
    *("--cov-branch", "--cov-report="),
]
"""Of these modules alone and in the tests that need it: counting takes half as long
again as the tests do."""

COVERING = {
    "SQLite": [
        "tests/api/test_application_tokens.py",
        "tests/api/test_federation_two_fields.py",
        "tests/federation",
        "tests/quaysite/test_failed_sign_ins.py",
        "tests/quaysite/test_hashing_places.py",
        "tests/quaysite/test_metrics.py",
        "tests/quaysite/test_oidc_sign_in.py",
        "tests/registryauth",
        "tests/robots/accessfile/test_stored.py",
        "tests/robots/accessfile/test_writing.py",
        "tests/robots/quay",
        "tests/robots/test_access.py",
        "tests/robots/test_access_queries.py",
        "tests/robots/test_credentials.py",
        "tests/robots/test_decision.py",
        "tests/robots/test_ends.py",
        "tests/robots/test_imported_secrets.py",
        "tests/robots/test_replica_grants.py",
        "tests/robots/test_token_budget.py",
        "tests/security",
    ],
    "PostgreSQL": [
        "tests/registryauth/test_logins.py",
        "tests/registryauth/test_outages.py",
        "tests/replica",
    ],
}
"""The tests that reach every branch of it: run first, and with coverage."""

ON_SQLITE = [
    "tests/abuse",
    "tests/benchmarks",
    "tests/browser",
    "tests/clients/test_auth_file.py",
    "tests/clients/test_docker_helper.py",
    "tests/clients/test_exchange.py",
    "tests/clients/test_kubelet.py",
    "tests/clients/test_script.py",
    "tests/clients/test_sources.py",
    "tests/deploy/test_compose.py",
    "tests/deploy/test_container.py",
    "tests/deploy/test_kubernetes.py",
    "tests/deploy/test_settings.py",
    "tests/docs",
    "tests/federation/assertions",
    "tests/federation/kept_keys",
    "tests/federation/linter",
    "tests/federation/outbound_get",
    "tests/federation/presets",
    "tests/federation/test_addresses.py",
    "tests/federation/test_admin_set_trust.py",
    "tests/federation/test_assertions_any.py",
    "tests/federation/test_diagnosis.py",
    "tests/federation/test_issuers.py",
    "tests/federation/test_jwks_redis.py",
    "tests/federation/test_keys.py",
    "tests/federation/test_matching.py",
    "tests/federation/test_matching_any.py",
    "tests/fuzzing",
    "tests/installed",
    "tests/mutation",
    "tests/quaysite/test_access_as_code_example.py",
    "tests/quaysite/test_logs.py",
    "tests/quaysite/test_metrics_folder.py",
    "tests/quaysite/test_metrics_servers.py",
    "tests/quaysite/test_monitoring_files.py",
    "tests/quaysite/test_quickstart_command.py",
    "tests/quaysite/test_quickstart_demo.py",
    "tests/quaysite/test_rotating_secret_keys.py",
    "tests/quaysite/test_throttled_servers.py",
    "tests/quaysite/test_tracing.py",
    "tests/registryauth/test_fuzz.py",
    "tests/registryauth/test_scopes_any.py",
    "tests/robots/accessfile/test_tree_any.py",
    "tests/robots/quay/test_hostile.py",
    "tests/robots/test_admin_credentials.py",
    "tests/robots/test_admin_set_permissions_refused.py",
    "tests/robots/test_names_any.py",
    "tests/security/test_s06_to_s31_hostile_tokens.py",
    "tests/security/test_s09_claims_have_their_types.py",
    "tests/supply",
    "tests/test_architecture.py",
]
"""What asks no database, or brings its own, or looks at texts and tokens: on the other
it would be the same again."""

ON_POSTGRESQL = [
    "tests/api/test_schemathesis.py",
    "tests/deploy/test_nginx.py",
    "tests/deploy/test_systemd.py",
    "tests/e2e/test_abuse_kit.py",
    "tests/e2e/test_access_as_code.py",
    "tests/e2e/test_catalog.py",
    "tests/e2e/test_created_by_push.py",
    "tests/e2e/test_credentials.py",
    "tests/e2e/test_deletion.py",
    "tests/e2e/test_emergency_switches.py",
    "tests/e2e/test_harbor_robots.py",
    "tests/e2e/test_keyless.py",
    "tests/e2e/test_keyless_code_flow.py",
    "tests/e2e/test_keyless_endings.py",
    "tests/e2e/test_keyless_issuer.py",
    "tests/e2e/test_keyless_login_script.py",
    "tests/e2e/test_keyless_password.py",
    "tests/e2e/test_mounts.py",
    "tests/e2e/test_notifications.py",
    "tests/e2e/test_outage.py",
    "tests/e2e/test_password_burst.py",
    "tests/e2e/test_people.py",
    "tests/e2e/test_people_tokens_e2e.py",
    "tests/e2e/test_repository_states.py",
    "tests/e2e/test_revocation.py",
    "tests/e2e/test_robots_disallow.py",
    "tests/e2e/test_signing_key_rotation.py",
    "tests/e2e/test_signing_keys.py",
    "tests/e2e/test_usage_flushes.py",
    "tests/quaysite/test_expiry_simulation.py",
    "tests/replica",
    "tests/robots/test_admin_addresses.py",
    "tests/robots/test_admin_lookups.py",
    "tests/scaling",
    "tests/security/test_s01_s02_admin_shows_nothing_foreign.py",
]
"""What starts many servers or tries many addresses: once, on PostgreSQL, which is the
stricter of the two and what sites run on that are no trial."""


class Run(NamedTuple):
    """The tests on one engine, but for those `elsewhere`; or what `arguments` name.

    `said` is where pytest writes, if it is not what everybody sees.
    """

    engine: str
    arguments: list[str]
    elsewhere: list[str]
    url: str | None = None
    said: IO[bytes] | None = None


def main() -> int:
    wanted = set(programs.missing().values())
    if not postgres.can_be_had():
        wanted.add(postgres.PACKAGE)
    programs.install(sorted(wanted))
    npm.install()
    arguments = sys.argv[1:]
    failures = [*_report_missing(), *_run_all(arguments)]
    # Some branches are PostgreSQL's alone.
    if not arguments and postgres.can_be_had() and not _covered():
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
    with (
        postgres.server() as url,
        tempfile.TemporaryFile() as said,
        ThreadPoolExecutor() as pool,
    ):
        there = Run("PostgreSQL", arguments, ON_SQLITE, url, said)
        here = Run("SQLite", arguments, ON_POSTGRESQL if url else [])
        beside = pool.submit(_all_pass, there) if url else None
        print("--- on SQLite", flush=True)
        if not _all_pass(here):
            failures.append("the tests on SQLite")
        if beside is None:
            failures += _report_no_postgresql()
        elif not beside.result():
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


def _all_pass(run: Run) -> bool:
    """Whether all tests pass: first those that are covered, then the others."""
    if run.arguments:
        return _passes(run, run.arguments)
    covering = COVERING[run.engine]
    elsewhere = _without(run.elsewhere)
    covered = _passes(run, [*COVERAGE, *covering, *elsewhere])
    return _passes(run, [*_without(covering), *elsewhere]) and covered


def _passes(run: Run, arguments: list[str]) -> bool:
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    environment["COVERAGE_FILE"] = f".coverage.{run.engine}"
    if run.url:
        environment["DATABASE_URL"] = run.url
    command = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(
        command, env=environment, stdout=run.said, stderr=run.said, check=False
    )
    return done.returncode == 0


def _without(paths: list[str]) -> list[str]:
    return [f"--ignore={path}" for path in paths]


def _covered() -> bool:
    report = [sys.executable, "-m", "coverage", "report", "--fail-under=100"]
    included = f"--include={','.join(WHOLLY_COVERED)}"
    return subprocess.run([*report, included], check=False).returncode == 0


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"


if __name__ == "__main__":
    sys.exit(main())
