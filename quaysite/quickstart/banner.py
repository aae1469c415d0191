"""What `make run` prints: where everything is, and lines to copy and try."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from quaysite.quickstart.demo_data import (
    ADMIN,
    ORGANIZATION,
    READER,
    REPOSITORY,
    WRITER,
)
from robots.credentials import Secret

IMAGE = "demo-image"
"""The folder of the image to push, and its name in podman's store."""

_RULE = "-" * 72


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the banner tells. A registry or a secret that is None is missing."""

    site: str
    registry: str | None
    admin_password: Secret | None
    writer_secret: Secret | None
    reader_secret: Secret | None
    folder: Path
    logs: Path


def banner(facts: Facts) -> str:
    """The whole text. It holds secrets: for the terminal, never for a log."""
    parts = [_places(facts), _robots(facts)]
    if facts.registry is None:
        parts.append(_no_registry())
    elif facts.writer_secret is not None:
        parts.append(_lines_to_try(facts, facts.registry, facts.writer_secret))
    parts.append(f"Logs are in {facts.logs}. Ctrl-C ends everything; the data stays.")
    return "\n".join([_RULE, *"\n\n".join(parts).splitlines(), _RULE])


def manage_py() -> str:
    """How this machine's user calls manage.py, from the checkout's folder."""
    python = Path(sys.executable)
    if python.is_relative_to(settings.BASE_DIR):
        python = python.relative_to(settings.BASE_DIR)
    return f"{python} manage.py"


def _places(facts: Facts) -> str:
    return "\n".join(
        [
            f"Admin      http://{facts.site}/admin/",
            f"           {_admin(facts.admin_password)}",
            f"Registry   {facts.registry or 'none'}",
        ]
    )


def _admin(password: Secret | None) -> str:
    if password is not None:
        return f"user {ADMIN}, password {password.reveal()} (shown this once)"
    return (
        "the password was shown at the first start; a new one:\n"
        f"           {manage_py()} changepassword {ADMIN}"
    )


def _robots(facts: Facts) -> str:
    may = {
        WRITER: (facts.writer_secret, f"may pull and push {ORGANIZATION}/{REPOSITORY}"),
        READER: (facts.reader_secret, f"may pull {ORGANIZATION}/{REPOSITORY}"),
    }
    lines = []
    for shortname, (secret, rights) in may.items():
        name = f"{ORGANIZATION}+{shortname}"
        lines += [f"Robot      {name} {rights}", f"           {_token(name, secret)}"]
    return "\n".join(lines)


def _token(name: str, secret: Secret | None) -> str:
    if secret is not None:
        return secret.reveal()
    return (
        "its token cannot be shown again; a new one:\n"
        f"           {manage_py()} regenerate_robot_token {name}"
    )


def _no_registry() -> str:
    return (
        "Quaysite runs alone: there is no registry here, nor a docker or podman that\n"
        "works. Get one with `apt-get install docker-registry` as root, or install\n"
        "docker, then start again."
    )


def _lines_to_try(facts: Facts, registry: str, secret: Secret) -> str:
    robot, repository = f"{ORGANIZATION}+{WRITER}", f"{ORGANIZATION}/{REPOSITORY}"
    target = f"{registry}/{repository}:latest"
    files = [
        f"  cd {shlex.quote(str(facts.folder))}",
        "  export REGISTRY_AUTH_FILE=$PWD/client-auth.json",
    ]
    login = f"login --tls-verify=false -u {robot} -p {secret.reveal()} {registry}"
    return "\n".join(
        [
            "Try, in another terminal, with skopeo",
            *files,
            f"  skopeo {login}",
            f"  skopeo copy --dest-tls-verify=false oci:{IMAGE}:latest docker://{target}",
            f"  skopeo inspect --tls-verify=false docker://{target}",
            "or with podman",
            *files,
            f"  podman {login}",
            f"  podman pull oci:{IMAGE}:latest",
            f"  podman push --tls-verify=false localhost/{IMAGE}:latest {target}",
            f"  podman pull --tls-verify=false {target}",
        ]
    )
