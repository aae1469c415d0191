"""Signing keys as files: their modes, their life, and a clear word on each fault."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings as django_settings

from registryauth.key_rotation import KeyState
from registryauth.keys import KeyStore, KeyStoreError, SigningKey

FIRST_KEY = (
    "import sys, pathlib; from registryauth.keys import KeyStore;"
    "KeyStore(pathlib.Path(sys.argv[1])).ensure('ES256')"
)


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "deep" / "keys")


@pytest.fixture
def made(store: KeyStore) -> SigningKey:
    """The first key of `store`."""
    store.ensure("ES256")
    return store.active()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_link_in_place_of_the_lock_empties_nothing(
    store: KeyStore, made: SigningKey, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_text("kept")
    (store.folder / ".lock").unlink()
    (store.folder / ".lock").symlink_to(other)
    store.add("ES256")
    assert other.read_text() == "kept"
    assert len(store.all()) == 2


def test_files_are_readable_by_those_who_need_them_only(
    store: KeyStore, made: SigningKey
) -> None:
    assert mode(store.folder) == 0o700
    assert mode(store.folder / f"{made.id}.pem") == 0o600
    assert mode(store.folder / f"{made.id}.crt") == 0o644
    assert mode(store.folder / "active") == 0o644


def test_no_draft_is_left_behind(store: KeyStore, made: SigningKey) -> None:
    assert {path.name for path in store.folder.iterdir()} == {
        ".lock",
        "activated",
        "active",
        f"{made.id}.crt",
        f"{made.id}.pem",
    }


def test_ensure_makes_one_key_and_no_second(store: KeyStore) -> None:
    assert store.is_empty()
    store.ensure("ES256")
    first = store.active()
    store.ensure("RS256")
    assert [key.id for key in store.all()] == [first.id]
    assert (first.algorithm, first.id.split("-")[1]) == ("ES256", "es256")


def test_ensure_writes_nothing_where_a_key_is_active(
    store: KeyStore, made: SigningKey
) -> None:
    """A folder that is mounted read-only, which root cannot try out with modes."""
    (store.folder / ".lock").unlink()
    (store.folder / ".lock").mkdir()
    store.ensure("ES256")
    assert store.active().id == made.id
    with pytest.raises(KeyStoreError, match="cannot change"):
        store.add("ES256")


def test_processes_that_start_together_make_one_key(store: KeyStore) -> None:
    command = [sys.executable, "-c", FIRST_KEY, str(store.folder)]
    starting = [
        subprocess.Popen(command, cwd=django_settings.BASE_DIR) for _ in range(6)
    ]
    assert [process.wait(timeout=60) for process in starting] == [0] * 6
    assert [key.id for key in store.all()] == [store.active().id]


def test_a_further_key_is_listed_and_signs_once_activated(
    store: KeyStore, made: SigningKey
) -> None:
    added = store.add("RS256")
    assert {key.id for key in store.all()} == {made.id, added.id}
    assert store.active().id == made.id
    store.activate(added.id)
    assert store.active().id == added.id
    assert store.active().algorithm == "RS256"


def test_a_retired_key_is_gone_with_its_certificate(
    store: KeyStore, made: SigningKey
) -> None:
    added = store.add("ES256")
    store.retire(added.id)
    assert [key.id for key in store.all()] == [made.id]
    assert not list(store.folder.glob(f"{added.id}.*"))


def test_a_key_without_a_certificate_can_be_retired(
    store: KeyStore, made: SigningKey
) -> None:
    added = store.add("ES256")
    (store.folder / f"{added.id}.crt").unlink()
    store.retire(added.id)
    assert [key.id for key in store.all()] == [made.id]


def test_the_key_that_signs_is_not_retired(store: KeyStore, made: SigningKey) -> None:
    with pytest.raises(KeyStoreError, match="signs: activate another key first"):
        store.retire(made.id)
    assert store.active().id == made.id


@pytest.mark.parametrize("deed", ["activate", "retire"])
@pytest.mark.parametrize("key_id", ["none", "", "../keys/none"])
def test_an_unknown_key_is_named(
    deed: str, key_id: str, store: KeyStore, made: SigningKey
) -> None:
    with pytest.raises(KeyStoreError, match=f"has no key {key_id}$"):
        getattr(store, deed)(key_id)
    assert store.active().id == made.id


def test_keys_of_one_second_follow_each_other_as_they_were_made(
    store: KeyStore, made: SigningKey
) -> None:
    added = [store.add("ES256").id for _ in range(8)]
    assert [key.id for key in store.all()] == [made.id, *added]
    store.activate(added[-1])
    assert {key.state for key in store.known()[:-1]} == {KeyState.RETIRING}


def test_an_unknown_algorithm_is_refused_and_leaves_no_file(store: KeyStore) -> None:
    with pytest.raises(KeyStoreError, match="EdDSA: use one of ES256, RS256"):
        store.ensure("EdDSA")
    assert store.is_empty()


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_the_certificate_is_of_the_key_and_a_root_of_its_own(
    algorithm: str, store: KeyStore
) -> None:
    store.ensure(algorithm)
    key = store.active()
    certificate = x509.load_pem_x509_certificate(key.certificate.encode())
    certificate.verify_directly_issued_by(certificate)
    assert certificate.public_key() == key.private_key.public_key()
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.value.ca
    now = datetime.now(UTC)
    assert certificate.not_valid_before_utc < now - timedelta(minutes=50)
    assert certificate.not_valid_after_utc > now + timedelta(days=3649)
    (name,) = certificate.subject
    assert name.value == f"quaysite {key.id}"


def test_rsa_keys_have_2048_bits(store: KeyStore) -> None:
    store.ensure("RS256")
    assert store.active().private_key.key_size == 2048


def test_a_key_does_not_print_its_secret(made: SigningKey) -> None:
    assert repr(made) == f"<SigningKey {made.id} ES256 {made.kid}>"


def test_without_an_active_key_the_store_says_so(
    store: KeyStore, made: SigningKey
) -> None:
    (store.folder / "active").unlink()
    with pytest.raises(KeyStoreError, match="has no active signing key$"):
        store.active()
    store.ensure("ES256")
    assert [key.id for key in store.all()] == [made.id]


def test_an_active_key_that_is_missing_is_named(
    store: KeyStore, made: SigningKey
) -> None:
    store.add("ES256")
    (store.folder / f"{made.id}.pem").unlink()
    with pytest.raises(KeyStoreError, match=f"the active key {made.id} is missing"):
        store.active()


def test_keys_that_are_lost_are_not_replaced(store: KeyStore, made: SigningKey) -> None:
    (store.folder / f"{made.id}.pem").unlink()
    assert not store.is_empty()
    store.ensure("ES256")
    assert store.all() == []
    for ask in (store.active, store.published, store.known):
        with pytest.raises(KeyStoreError, match="is missing"):
            ask()


def test_an_active_file_of_bytes_is_no_key(store: KeyStore, made: SigningKey) -> None:
    (store.folder / "active").write_bytes(b"\xff\xfe")
    with pytest.raises(KeyStoreError, match="has no active signing key$"):
        store.active()


def _pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _small_rsa() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _locked() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    encryption = BestAvailableEncryption(b"passphrase")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def _public() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _unknown_curve() -> bytes:
    """A key on a curve that openssl knows and the cryptography package does not."""
    made = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2"],
        capture_output=True,
        check=True,
    )
    return made.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot read signing key"),
        (b"nonsense", "cannot read signing key"),
        (b"\xff\xfe", "cannot read signing key"),
        (_public(), "cannot read signing key"),
        (_locked(), "cannot read signing key .*: Password was not given"),
        (_unknown_curve(), "cannot read signing key .* is not supported"),
        (_pem(ed25519.Ed25519PrivateKey.generate()), "is neither an EC nor an RSA key"),
        (_pem(ec.generate_private_key(ec.SECP384R1())), "must be on the curve P-256"),
        (_small_rsa(), "RSA keys need 2048 bits or more"),
    ],
    ids=[
        "empty",
        "text",
        "bytes",
        "public key",
        "passphrase",
        "unknown curve",
        "Ed25519",
        "P-384",
        "RSA 1024",
    ],
)
def test_a_key_that_cannot_sign_is_named_with_the_reason(
    content: bytes, message: str, store: KeyStore, made: SigningKey
) -> None:
    path = store.folder / f"{made.id}.pem"
    path.write_bytes(content)
    for read in (store.active, store.all):
        with pytest.raises(KeyStoreError, match=message) as caught:
            read()
        assert str(path) in str(caught.value)


def test_a_missing_certificate_is_named(store: KeyStore, made: SigningKey) -> None:
    (store.folder / f"{made.id}.crt").unlink()
    with pytest.raises(KeyStoreError, match=r"cannot read signing key .*\.crt"):
        store.all()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = KeyStore(tmp_path / "file" / "keys")
    assert store.all() == []
    with pytest.raises(KeyStoreError, match=f"cannot change {store.folder}"):
        store.ensure("ES256")
