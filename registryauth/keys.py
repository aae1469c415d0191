"""Signing keys as files: made, listed, chosen, read. One folder for all replicas.

A key is `ID.pem` (private key, mode 0600) beside `ID.crt` (a self-signed
certificate of it, for registries that take a bundle). The file `active` names
the key that signs; the others are still published, so that a registry accepts
tokens signed before and after a change.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from registryauth.kid import libtrust_kid

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

ALGORITHMS = ("ES256", "RS256")
"""Those that Distribution 2.8 and 3.x both verify; Ed25519 crashes 2.8 at start."""

RSA_BITS = 2048
CERTIFICATE_LIFETIME = timedelta(days=3650)

_ACTIVE = "active"
_LOCK = ".lock"


class KeyStoreError(Exception):
    """The folder of signing keys is unusable; the text says what to mend."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key in memory, with what others need to verify its signatures."""

    id: str
    algorithm: str
    kid: str
    private_key: PrivateKey
    certificate: str

    def __repr__(self) -> str:
        return f"<SigningKey {self.id} {self.algorithm} {self.kid}>"


class KeyStore:
    """The folder of signing keys. Reading needs no lock; changes take one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[SigningKey]:
        """Every key, oldest first. Raises KeyStoreError for an unreadable one."""
        return [self._load(path) for path in sorted(self.folder.glob("*.pem"))]

    def active(self) -> SigningKey:
        """The key that signs. Raises KeyStoreError if there is none."""
        path = self.folder / f"{self._active_id()}.pem"
        if not path.exists():
            raise KeyStoreError(f"{self.folder}: the active key {path.name} is missing")
        return self._load(path)

    def is_empty(self) -> bool:
        """Whether no key has been made yet."""
        return not any(self.folder.glob("*.pem"))

    def ensure(self, algorithm: str) -> None:
        """Make a first key and activate it, unless there is one already.

        Writes nothing where a key is active: the folder may be mounted read-only.
        """
        if not self.is_empty() and (self.folder / _ACTIVE).exists():
            return
        with self._locked():
            if self.is_empty():
                self._set_active(self._make(algorithm))

    def add(self, algorithm: str) -> SigningKey:
        """Make a further key, published but not yet signing."""
        with self._locked():
            return self._load(self.folder / f"{self._make(algorithm)}.pem")

    def activate(self, key_id: str) -> None:
        """Let this key sign from the next start on. KeyStoreError if unknown."""
        with self._locked():
            self._require(key_id)
            self._set_active(key_id)

    def retire(self, key_id: str) -> None:
        """Delete a key. KeyStoreError if it is unknown or the active one."""
        with self._locked():
            self._require(key_id)
            if key_id == self._active_id():
                raise KeyStoreError(f"{key_id} signs: activate another key first")
            (self.folder / f"{key_id}.pem").unlink()
            (self.folder / f"{key_id}.crt").unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self.folder / _LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise KeyStoreError(f"cannot change {self.folder}: {error}") from None

    def _active_id(self) -> str:
        try:
            return (self.folder / _ACTIVE).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise KeyStoreError(f"{self.folder} has no active signing key") from None

    def _set_active(self, key_id: str) -> None:
        _write(self.folder / _ACTIVE, f"{key_id}\n".encode(), mode=0o644)

    def _require(self, key_id: str) -> None:
        if not (self.folder / f"{key_id}.pem").exists():
            raise KeyStoreError(f"{self.folder} has no key {key_id}")

    def _make(self, algorithm: str) -> str:
        private_key = _generate(algorithm)
        now = datetime.now(UTC)
        fingerprint = libtrust_kid(private_key.public_key()).replace(":", "")[:8]
        key_id = f"{now:%Y%m%dT%H%M%S}-{algorithm.lower()}-{fingerprint.lower()}"
        _write(
            self.folder / f"{key_id}.crt",
            _certify(private_key, key_id, now),
            mode=0o644,
        )
        pem = private_key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        _write(self.folder / f"{key_id}.pem", pem, mode=0o600)
        return key_id

    def _load(self, path: Path) -> SigningKey:
        try:
            private_key = load_pem_private_key(path.read_bytes(), password=None)
            certificate = path.with_suffix(".crt").read_text(encoding="ascii")
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyStoreError(f"cannot read signing key {path}: {error}") from None
        if not isinstance(private_key, PrivateKey):
            raise KeyStoreError(f"{path} is neither an EC nor an RSA key")
        return SigningKey(
            id=path.stem,
            algorithm=_algorithm_of(private_key, path),
            kid=libtrust_kid(private_key.public_key()),
            private_key=private_key,
            certificate=certificate,
        )


def _generate(algorithm: str) -> PrivateKey:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    raise KeyStoreError(
        f"unknown signing algorithm {algorithm}: use one of {', '.join(ALGORITHMS)}"
    )


def _algorithm_of(private_key: PrivateKey, path: Path) -> str:
    if isinstance(private_key, rsa.RSAPrivateKey):
        if private_key.key_size < RSA_BITS:
            raise KeyStoreError(f"{path}: RSA keys need {RSA_BITS} bits or more")
        return "RS256"
    if not isinstance(private_key.curve, ec.SECP256R1):
        raise KeyStoreError(f"{path}: EC keys must be on the curve P-256")
    return "ES256"


def _certify(private_key: PrivateKey, name: str, now: datetime) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"quaysite {name}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + CERTIFICATE_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private_key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Replace a file in one step, with its mode set before it has its name."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)
