"""Harbor's slow hash: its own test's vector, and what is refused as one."""

import hashlib

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from robots import credentials
from robots.credentials import Secret
from robots.errors import AlreadyExists, DomainError, NotFound
from robots.imported_secrets import SlowHash, is_hash_of, matches, slow_hash
from robots.lifecycle.imported_secrets import (
    exchange_imported_secret,
    keep_imported_secret,
    revoke_imported_secret,
)
from robots.lifecycle.robots import regenerate_token
from robots.lifecycle.tokens import add_static_token, add_token
from robots.models import AuditEvent, ImportedSecret
from tests import factories
from tests.conftest import Cast
from tests.robots.ledger import unchanged

KNOWN = "83d3d6f3e7cacb040423adf7ced63d21"
"""Of "content" with the salt "salt", in Harbor's src/common/utils/utils_test.go."""

SHA1 = "dc79e76c88415c97eb089d9cc80b4ab0"
"""The same with SHA-1, which Harbor had for people and never for robots."""


def of(secret: str, salt: str) -> SlowHash:
    digest = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt.encode(), 4096, 16)
    return slow_hash(salt, digest.hex())


def test_the_vector_of_harbors_own_test_matches() -> None:
    kept = slow_hash("salt", KNOWN)
    assert is_hash_of(kept, "content")
    for wrong in ("Content", "content ", "conten", "", "\ud800"):
        assert not is_hash_of(kept, wrong)


def test_another_salt_or_function_does_not() -> None:
    for kept in (slow_hash("salt ", KNOWN), slow_hash("salt", SHA1)):
        assert not is_hash_of(kept, "content")


def test_what_is_too_short_for_a_secret_is_none() -> None:
    for short in ("", "content", "Clean1x"):
        kept = of(short, "salt")
        assert is_hash_of(kept, short)
        assert not matches(kept, Secret(short))
    assert matches(of("Cleaner1", "salt"), Secret("Cleaner1"))


@given(
    st.text(min_size=8, max_size=80),
    st.text(min_size=1, max_size=16),
    st.text(max_size=80),
)
def test_a_secret_matches_the_hash_of_itself_alone(
    secret: str, salt: str, other: str
) -> None:
    kept = of(secret, salt)
    zeros = secret.endswith("\0")
    assert matches(kept, Secret(secret)) == (not zeros)
    assert not matches(kept, Secret(f"{secret}\0"))
    if other != secret and not zeros:
        assert not matches(kept, Secret(other))


@pytest.mark.parametrize(
    ("salt", "digest"),
    [
        ("", KNOWN),
        ("s" * 65, KNOWN),
        ("é" * 33, KNOWN),
        ("salt", ""),
        ("salt", KNOWN[:-1]),
        ("salt", f"{KNOWN}\n"),
        ("salt", KNOWN.upper()),
        ("salt", f"{KNOWN}00"),
        ("salt", "x" * 32),
    ],
)
def test_what_is_no_hash_is_refused_and_not_repeated(salt: str, digest: str) -> None:
    with pytest.raises(DomainError) as caught:
        slow_hash(salt, digest)
    assert not digest or digest not in caught.value.message


def test_a_hash_is_kept_with_an_event_and_once(cast: Cast) -> None:
    kept = slow_hash("salt", KNOWN)
    keep_imported_secret(cast.ci, kept, factories.BY)
    with pytest.raises(AlreadyExists):
        keep_imported_secret(cast.ci, slow_hash("other", SHA1), factories.BY)
    stored = ImportedSecret.objects.get()
    assert (stored.salt, stored.digest) == kept
    assert str(stored) == "imported secret of acme+ci"
    event = AuditEvent.objects.get(kind="import_robot_secret")
    assert event.facts == {"robot": "ci"}


def test_a_hash_is_revoked_alone_with_an_event(cast: Cast) -> None:
    keep_imported_secret(cast.ci, slow_hash("salt", KNOWN), factories.BY)
    tokens = cast.ci.tokens.count()
    revoke_imported_secret(cast.ci, factories.BY)
    assert not ImportedSecret.objects.exists()
    assert cast.ci.tokens.count() == tokens
    event = AuditEvent.objects.get(kind="revoke_imported_secret")
    assert (event.namespace_name, event.facts["robot"]) == ("acme", "ci")
    with pytest.raises(NotFound):
        revoke_imported_secret(cast.ci, factories.BY)
    assert AuditEvent.objects.filter(kind="revoke_imported_secret").count() == 1


def test_a_token_of_the_same_moment_keeps_the_secret(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = of("correct horse battery", "salt")
    keep_imported_secret(cast.ci, kept, factories.BY)
    secret = Secret("correct horse battery")
    add_static_token(cast.reader, secret=secret)
    # As if that token were not there yet when it was looked for.
    monkeypatch.setattr(credentials, "accepted_digests", lambda secret: [])
    before = AuditEvent.objects.count()
    with pytest.raises(AlreadyExists):
        exchange_imported_secret(cast.ci.pk, kept, secret, factories.BY)
    assert ImportedSecret.objects.filter(robot=cast.ci).exists()
    assert AuditEvent.objects.count() == before


def test_a_secret_counts_as_the_token_that_it_becomes(
    cast: Cast, settings: Settings
) -> None:
    settings.ROBOT_MAX_TOKENS = 2
    keep_imported_secret(cast.ci, of("a secret of old", "salt"), factories.BY)
    with unchanged(), pytest.raises(DomainError, match="has 2 live tokens already"):
        add_token(cast.ci, factories.BY)
    with unchanged(), pytest.raises(DomainError, match="has 2 live tokens already"):
        regenerate_token(cast.ci, factories.BY, grace=60)
    ImportedSecret.objects.update(expires_at=timezone.now())
    add_token(cast.ci, factories.BY)


def test_a_robot_that_is_full_keeps_no_secret(cast: Cast, settings: Settings) -> None:
    settings.ROBOT_MAX_TOKENS = 1
    with unchanged(), pytest.raises(DomainError, match="has 1 live tokens already"):
        keep_imported_secret(cast.ci, of("a secret of old", "salt"), factories.BY)
