"""Typed reading of environment variables, and secrets that make themselves.

Every helper names the variable in its error. A secret may come from NAME, from
the file that NAME_FILE points to, or be generated once into the data folder.
"""

import os
import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}

SECRET_LENGTH = 50
"""Characters of a generated secret; 43 carry 256 bits."""


def env_str(name: str, default: str) -> str:
    return os.environ.get(name, default)


def env_choice(name: str, default: str, choices: Sequence[str]) -> str:
    """Raises ImproperlyConfigured unless the value is one of `choices`."""
    value = os.environ.get(name, default)
    if value not in choices:
        raise ImproperlyConfigured(
            f"{name} must be {' or '.join(choices)}, not {value!r}"
        )
    return value


def env_bool(name: str, default: bool) -> bool:
    """Raises ImproperlyConfigured unless the value reads as true or false."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in _TRUE:
        return True
    if value.strip().lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}")


def env_int(name: str, default: int) -> int:
    """Raises ImproperlyConfigured unless the value is a whole number."""
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be a whole number, not {value!r}"
        ) from None


def env_list(name: str, default: list[str]) -> list[str]:
    """Items separated by commas; white space around them does not count."""
    value = os.environ.get(name)
    if value is None:
        return default
    return [item.strip() for item in value.split(",") if item.strip()]


def env_ints(name: str, default: list[int]) -> list[int]:
    """Raises ImproperlyConfigured unless every item of the list is a whole number."""
    try:
        return [int(item) for item in env_list(name, list(map(str, default)))]
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must be whole numbers separated by commas,"
            f" not {os.environ[name]!r}"
        ) from None


def env_secret(name: str, generated: Path) -> str:
    """The secret called `name`; made and kept in `generated` (mode 0600) if unset.

    Raises ImproperlyConfigured if both ways are used, or a file cannot be read.
    """
    value, file = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value and file:
        raise ImproperlyConfigured(f"set {name} or {name}_FILE, not both")
    if value:
        return value
    return _read_secret(name, Path(file) if file else _ensure_secret(generated))


def env_generated_file(name: str, generated: Path) -> Path | None:
    """The file that `env_secret` makes and keeps; None where the secret is given."""
    given = os.environ.get(name) or os.environ.get(f"{name}_FILE")
    return None if given else generated


def env_given_secret(name: str) -> str:
    """The secret called `name`, or from the file that NAME_FILE points to; empty if
    neither is set. Raises ImproperlyConfigured as `env_secret` does.
    """
    if not (os.environ.get(name) or os.environ.get(f"{name}_FILE")):
        return ""
    return env_secret(name, Path())


def env_address(name: str, default: str) -> str:
    """An address that may hold a password: from `name`, or from the file that
    NAME_FILE points to. Raises ImproperlyConfigured as `env_secret` does.
    """
    if os.environ.get(f"{name}_FILE"):
        return env_given_secret(name)
    return env_str(name, default)


def _read_secret(name: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}: cannot read {path}: {error}") from None
    if not text:
        raise ImproperlyConfigured(f"{name}: {path} is empty")
    return text


def _ensure_secret(path: Path) -> Path:
    """Make the file unless it exists; of several starting processes one wins."""
    try:
        if path.exists():
            return path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, encoding="utf-8"
        ) as draft:  # mode 0600
            draft.write(secrets.token_urlsafe(SECRET_LENGTH)[:SECRET_LENGTH] + "\n")
            draft.flush()
            _link_once(Path(draft.name), path)
    except OSError as error:
        raise ImproperlyConfigured(f"cannot create {path}: {error}") from None
    return path


def _link_once(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return
