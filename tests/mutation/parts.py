"""What decides and verifies, and the tests that are to notice mistakes in it.

Tests that start servers of their own are none of them: a mistake lives in one process.
"""

from typing import NamedTuple


class Part(NamedTuple):
    """Modules, by their paths, and the files and folders of their tests."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


def _in(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)


PARTS = {
    "deciding": Part(
        _in(
            "robots",
            "access.py",
            "credentials.py",
            "decision.py",
            "grants.py",
            "login_grants.py",
            "names.py",
            "roles.py",
            "switches.py",
        ),
        (
            *_in(
                "tests/robots",
                "test_access.py",
                "test_access_queries.py",
                "test_lifecycle_permissions.py",
                "test_lifecycle_repositories.py",
                "test_credentials.py",
                "test_decision.py",
                "test_names.py",
                "test_roles.py",
                "test_switches.py",
                "test_switch_targets.py",
                "test_admin_narrow_switches.py",
                "test_commands_emergency_switch.py",
                "test_idle.py",
                "test_imported_secrets.py",
                "test_ends.py",
            ),
            *_in(
                "tests/registryauth",
                "test_authorisation_table.py",
                "test_create_on_push.py",
                "test_login_grants.py",
                "test_robot_login.py",
                "test_emergency_switch.py",
                "test_narrow_switches.py",
                "first_login",
                "test_notices.py",
            ),
            "tests/api/test_narrow_emergency_switches.py",
        ),
    ),
    "logins": Part(
        _in(
            "registryauth",
            "app_login.py",
            "authentication.py",
            "bearer.py",
            "first_login.py",
            "issue.py",
            "oauth_login.py",
            "oidc_login.py",
            "parameters.py",
            "people_login.py",
            "refresh.py",
            "robot_login.py",
            "scopes.py",
            "signing.py",
            "token_rows.py",
            "tokens.py",
        ),
        (
            *_in(
                "tests/registryauth",
                "test_app_login.py",
                "test_authentication.py",
                "test_authorisation_table.py",
                "test_catalog.py",
                "test_client_key.py",
                "test_counted.py",
                "test_create_on_push.py",
                "test_emergency_switch.py",
                "first_login",
                "test_granted_uses.py",
                "test_issued.py",
                "test_keys.py",
                "test_login_grants.py",
                "test_logins.py",
                "test_logs.py",
                "test_narrow_switches.py",
                "test_notices.py",
                "test_oauth_login.py",
                "test_oidc_login.py",
                "test_parameters.py",
                "test_people_login.py",
                "test_ping.py",
                "test_refresh_tokens.py",
                "test_robot_login.py",
                "test_robot_spelling.py",
                "test_scopes.py",
                "test_signing.py",
                "test_token_get.py",
                "test_token_post.py",
                "test_token_response.py",
            ),
            *_in(
                "tests/robots",
                "test_imported_secrets.py",
                "test_old_digests.py",
                "test_token_budget.py",
            ),
            "tests/security/test_s26_the_real_client_is_not_locked_out.py",
        ),
    ),
    "federation": Part(
        _in(
            "federation",
            "admission.py",
            "assertions.py",
            "conditions.py",
            "jwks.py",
            "keys.py",
            "live_trusts.py",
            "login.py",
            "matching.py",
            "patterns.py",
            "replay.py",
            "tokens.py",
        ),
        (
            *_in(
                "tests/federation",
                "test_admission.py",
                "assertions",
                "test_conditions.py",
                "test_counted.py",
                "test_diagnosis.py",
                "test_dies_with.py",
                "test_entries.py",
                "test_exchange_cost.py",
                "test_exchange_failures.py",
                "test_exchange_get.py",
                "test_exchange_post.py",
                "test_issuers.py",
                "kept_keys",
                "test_keys.py",
                "test_lifecycle.py",
                "test_lifecycle_changes.py",
                "test_lifecycle_tokens.py",
                "test_lifecycle_policies.py",
                "test_matching.py",
                "test_patterns.py",
                "test_refusal_reasons.py",
                "test_writes.py",
            ),
            *_in(
                "tests/registryauth",
                "test_emergency_switch.py",
                "test_narrow_switches.py",
                "test_oidc_login.py",
            ),
            "tests/security",
        ),
    ),
}
