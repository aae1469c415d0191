"""Signing keys as files: made, listed, chosen, read. One folder for all replicas.

A key is `ID.pem` (private key, mode 0600) beside `ID.crt` (a self-signed
certificate of it, for registries that take a bundle). The file `active` names
the key that signs, and `activated` since when; the others are published too, so that
a registry accepts tokens signed before and after a change.
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

from registryauth.key_rotation import (
    Deed,
    KnownKey,
    Schedule,
    Step,
    known_keys,
    steps,
)
from registryauth.kid import libtrust_kid

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

ALGORITHMS = ("ES256", "RS256")
"""Those that Distribution 2.8 and 3.x both verify; Ed25519 crashes 2.8 at start."""

RSA_BITS = 2048
CERTIFICATE_LIFETIME = timedelta(days=3650)

_ACTIVE = "active"
_ACTIVATED = "activated"
_BORN = "%Y%m%dT%H%M%S"
"""How an id begins: when the key was made."""
_LOCK = ".lock"

_STEPS_AT_ONCE = 20
"""Of one rotation: what is due after a long pause is done, and it comes to an end."""


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

    def published(self) -> list[SigningKey]:
        """Every key, as registries are to know them: never without the one that signs.

        Raises KeyStoreError for an unreadable one, and if the active one is missing.
        """
        # Looked at first: to load a key takes long, and what is raised is not kept.
        self._active_path()
        return self.all()

    def changed_ns(self) -> int:
        """When a file was last added or taken away, in nanoseconds since the epoch.

        Raises KeyStoreError.
        """
        try:
            return self.folder.stat().st_mtime_ns
        except OSError as error:
            raise KeyStoreError(
                f"cannot read {self.folder}: {error.strerror}"
            ) from None

    def active(self) -> SigningKey:
        """The key that signs. Raises KeyStoreError if there is none."""
        return self._load(self._active_path())

    def known(self) -> list[KnownKey]:
        """What each key is at present, oldest first. Raises KeyStoreError."""
        active_id = self._active_id()
        created = [(path.stem, _created(path)) for path in self.folder.glob("*.pem")]
        if active_id not in dict(created):
            raise self._missing(active_id)
        return known_keys(created, active_id, self._activated())

    def active_mark(self) -> tuple[str, int]:
        """The id of the key that signs, and what changes when that is written anew."""
        try:
            changed = (self.folder / _ACTIVE).stat().st_mtime_ns
        except OSError:
            changed = 0
        return self._active_id(), changed

    def is_empty(self) -> bool:
        """Whether no key has been made yet. Where one is active they are lost."""
        made = (self.folder / _ACTIVE).exists() or any(self.folder.glob("*.pem"))
        return not made

    def ensure(self, algorithm: str) -> None:
        """Make a first key and activate it, unless one was made before.

        Writes nothing where a key is active: the folder may be mounted read-only. One
        that is lost is not replaced: registries would refuse every token of another.
        """
        if (self.folder / _ACTIVE).exists():
            return
        with self._locked():
            if self.is_empty():
                self._set_active(self._make(algorithm))

    def add(self, algorithm: str) -> SigningKey:
        """Make a further key, published but not yet signing."""
        with self._locked():
            return self._load(self.folder / f"{self._make(algorithm)}.pem")

    def activate(self, key_id: str) -> None:
        """Let this key sign from now on. KeyStoreError if it is unknown."""
        with self._locked():
            self._require(key_id)
            self._set_active(key_id)

    def rotate(self, algorithm: str, schedule: Schedule, now: datetime) -> list[Step]:
        """Take the steps that are due, and tell them; a key that was made has an id.

        Safe to be called at any time, by several at once. Raises KeyStoreError.
        """
        done = []
        with self._locked():
            for _ in range(_STEPS_AT_ONCE):
                ahead = steps(self.known(), schedule)
                if not ahead or ahead[0].due > now:
                    break
                done.append(self._take(ahead[0], algorithm, now))
        return done

    def retire(self, key_id: str) -> None:
        """Delete a key. KeyStoreError if it is unknown or the active one."""
        with self._locked():
            self._require(key_id)
            self._delete(key_id)

    def _take(self, step: Step, algorithm: str, now: datetime) -> Step:
        if step.deed is Deed.ADD:
            return step._replace(key_id=self._make(algorithm, now))
        assert step.key_id is not None  # noqa: S101 - only what is added has none
        if step.deed is Deed.ACTIVATE:
            self._set_active(step.key_id, now)
        else:
            self._delete(step.key_id)
        return step

    def _delete(self, key_id: str) -> None:
        if key_id == self._active_id():
            raise KeyStoreError(f"{key_id} signs: activate another key first")
        (self.folder / f"{key_id}.pem").unlink()
        (self.folder / f"{key_id}.crt").unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Not "w", which empties whatever a link there leads to.
            with (self.folder / _LOCK).open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise KeyStoreError(f"cannot change {self.folder}: {error}") from None

    def _active_id(self) -> str:
        try:
            return (self.folder / _ACTIVE).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise KeyStoreError(f"{self.folder} has no active signing key") from None

    def _active_path(self) -> Path:
        active_id = self._active_id()
        path = self.folder / f"{active_id}.pem"
        if not path.exists():
            raise self._missing(active_id)
        return path

    def _missing(self, active_id: str) -> KeyStoreError:
        return KeyStoreError(
            f"{self.folder}: the active key {active_id} is missing; bring it back, or"
            " remove the file active to begin with a new key"
        )

    def _activated(self) -> datetime:
        """Since when the active key signs; as its file tells, where nobody wrote it."""
        try:
            text = (self.folder / _ACTIVATED).read_text(encoding="ascii").strip()
            key_id, _, moment = text.partition(" ")
            when = datetime.fromisoformat(moment)
        except (OSError, ValueError):
            key_id, when = "", datetime.now(UTC)
        if key_id == self._active_id() and when.tzinfo is not None:
            return when
        return _changed(self.folder / _ACTIVE)

    def _set_active(self, key_id: str, now: datetime | None = None) -> None:
        """In this order: without the second file the first one's date counts."""
        moment = (now or datetime.now(UTC)).isoformat()
        _write(self.folder / _ACTIVE, f"{key_id}\n".encode(), mode=0o644)
        _write(self.folder / _ACTIVATED, f"{key_id} {moment}\n".encode(), mode=0o644)

    def _require(self, key_id: str) -> None:
        if not (self.folder / f"{key_id}.pem").exists():
            raise KeyStoreError(f"{self.folder} has no key {key_id}")

    def _make(self, algorithm: str, now: datetime | None = None) -> str:
        private_key = _generate(algorithm)
        now = now or datetime.now(UTC)
        fingerprint = libtrust_kid(private_key.public_key()).replace(":", "")[:8]
        born = self._after_all(now)
        key_id = f"{born:{_BORN}}-{algorithm.lower()}-{fingerprint.lower()}"
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

    def _after_all(self, now: datetime) -> datetime:
        """`now`, or later: ids tell seconds, and which key follows which."""
        born = [_created(path) for path in self.folder.glob("*.pem")]
        return max([now, *[moment + timedelta(seconds=1) for moment in born]])

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


def _created(path: Path) -> datetime:
    """When a key was made: its id says so, or its file, where somebody brought it."""
    try:
        born = datetime.strptime(path.stem.partition("-")[0], _BORN)  # noqa: DTZ007
    except ValueError:
        return _changed(path)
    return born.replace(tzinfo=UTC)


def _changed(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise KeyStoreError(f"cannot read {path}: {error.strerror}") from None


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
