"""Where robots are read from: a file of Harbor's database, or its API."""

import base64
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from robots.credentials import Secret
from robots.errors import DomainError
from robots.harbor.csv_export import read_csv
from robots.harbor.dumps import read_dump
from robots.harbor.records import HarborRobot
from robots.importing.secret_text import secret_text
from robots.remote import Remote

VARIABLE = "HARBOR_PASSWORD"

MAX_PASSWORD = 1024
"""Characters."""


def read_export(path: str) -> list[HarborRobot]:
    """The robots of a file: `*.csv` is CSV, all else what pg_dump writes.

    Raises DomainError, with the line of what is wrong.
    """
    read = read_csv if path.lower().endswith(".csv") else read_dump
    try:
        with Path(path).open(encoding="utf-8-sig", newline="\n") as lines:
            return read(Path(path).name, lines)
    except OSError as error:
        raise DomainError(f"--export: {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DomainError(f"--export: {path} is not UTF-8") from None


def harbor(
    url: str,
    user: str,
    password_file: str | None,
    ca_file: str | None,
    environment: Mapping[str, str] = os.environ,
) -> Remote:
    """The Harbor at `url`, asked as `user`. Raises DomainError without a password."""
    if ":" in user:
        raise DomainError("--user: a user name has no colon")
    password = _password(password_file, environment)
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return Remote(url, authorization=Secret(f"Basic {encoded}"), ca_file=ca_file)


def only_of(
    robots: Iterable[HarborRobot], projects: Sequence[str]
) -> list[HarborRobot]:
    """The robots of these projects; of all, and of the system, where none is named.

    Raises DomainError for a project that has no robots.
    """
    if not projects:
        return list(robots)
    found = [robot for robot in robots if robot.project in projects]
    missing = set(projects) - {robot.project for robot in found}
    if missing:
        raise DomainError(
            f"--project: there is no robot of a project {min(missing)} in that file"
        )
    return found


def _password(file: str | None, environment: Mapping[str, str]) -> str:
    if file is None:
        password = environment.get(VARIABLE, "")
    else:
        password = secret_text("--password-file", file, MAX_PASSWORD)
    if not 0 < len(password) <= MAX_PASSWORD:
        raise DomainError(
            f"Give --password-file, or set {VARIABLE}: 1 to {MAX_PASSWORD} characters"
        )
    return password
