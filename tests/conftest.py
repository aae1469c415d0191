"""The cast: alice owns acme, bob is in a team of it, charlie must have no access."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from federation import jwks
from quaysite.models import User
from registryauth import issued, logins, signing
from registryauth.issued import IssuedCount
from registryauth.logins import LoginLog
from robots import audit_upkeep, login_blocks
from robots.credentials import Secret
from robots.failed_logins import failed_logins
from robots.lifecycle.permissions import grant
from robots.models import Namespace, Repository, Robot, Team
from robots.old_digests import old_digests
from robots.recent_uses import RecentUses
from robots.repository_uses import uses
from robots.roles import Role, Visibility
from robots.token_budget import token_budget
from robots.usage import usage
from tests import factories
from tests.audit_triggers import let_flush


def pytest_configure() -> None:
    """Make the folder of collected static files: without it the server warns.

    How fast examples are made says something of the machine, not of the code.
    """
    Path(django_settings.STATIC_ROOT or "").mkdir(parents=True, exist_ok=True)
    hypothesis_settings.register_profile(
        "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    hypothesis_settings.load_profile("patient")
    let_flush()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Have PostgreSQL plan each statement anew.

    A plan that it keeps was made for empty tables and reads them whole, that of each
    foreign key's check as well: a thousand rows then took half a minute to check.
    """
    if connection.vendor != "postgresql":
        return
    name = connection.ops.quote_name(connection.settings_dict["NAME"])
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET plan_cache_mode = force_custom_plan")
    connection.close()


@dataclass(frozen=True)
class Cast:
    """Who and what most tests need; the secrets are those of the two robots."""

    alice: User
    bob: User
    charlie: User
    acme: Namespace
    team: Team
    ci: Robot
    ci_secret: Secret
    reader: Robot
    reader_secret: Secret
    web: Repository
    api: Repository
    public: Repository


@pytest.fixture(autouse=True)
def fast_passwords(settings: Settings) -> None:
    """Argon2 costs 0.1 s a password on purpose; tests of it ask for it by name."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def uncollected_static_files(settings: Settings) -> None:
    """Pages refer to static files by their plain names, as no test collects them."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {
            "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        },
    }


@pytest.fixture(autouse=True)
def no_background_thread(settings: Settings) -> None:
    """Last uses are written when a test says so."""
    settings.USAGE_FLUSH_SECONDS = 0


@pytest.fixture(autouse=True)
def own_login_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logins, tokens and uses of other tests do not come to this one's rows."""
    monkeypatch.setattr(logins, "login_log", LoginLog())
    monkeypatch.setattr(issued, "issued_count", IssuedCount())
    monkeypatch.setattr(uses, "_waiting", {})
    monkeypatch.setattr(uses, "_count", 0)
    monkeypatch.setattr(uses, "_recent", RecentUses())
    monkeypatch.setattr(usage, "_uses", {})
    monkeypatch.setattr(old_digests, "_waiting", {})
    monkeypatch.setattr(old_digests, "_settled", set())


@pytest.fixture(autouse=True)
def own_sealer() -> None:
    """Nobody remembers the seals of another test's audit."""
    audit_upkeep._sealer.cache_clear()


@pytest.fixture(autouse=True)
def own_cache() -> None:
    """No test sees the issuers' keys that another one fetched."""
    cache.clear()
    jwks.forget_keys()


@pytest.fixture(autouse=True)
def own_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for what failed, or was had, in another test."""
    failed_logins.forget()
    token_budget.forget()
    monkeypatch.setattr(login_blocks, "_waiting", [])


@pytest.fixture(autouse=True)
def own_signing_keys(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A folder of signing keys for this test alone."""
    folder = tmp_path_factory.mktemp("signing-keys")
    settings.REGISTRY_SIGNING_KEYS_DIR = folder
    signing.forget_keys()
    yield folder
    signing.forget_keys()


@pytest.fixture
def cast(db: None) -> Cast:
    alice = factories.user("alice")
    bob = factories.user("bob")
    charlie = factories.user("charlie")
    acme = factories.organization("acme", owner=alice)
    ci, ci_secret = factories.robot(acme, "ci")
    reader, reader_secret = factories.robot(acme, "reader")
    web = factories.repository(acme, "web")
    api = factories.repository(acme, "api")
    public = factories.repository(acme, "public", Visibility.PUBLIC)
    team = factories.team(acme, "developers", members=(bob,))
    grant(web, ci, Role.WRITE, factories.BY)
    grant(web, reader, Role.READ, factories.BY)
    grant(api, team, Role.WRITE, factories.BY)
    return Cast(
        alice, bob, charlie, acme, team, ci, ci_secret, reader, reader_secret,
        web, api, public,
    )  # fmt: skip
