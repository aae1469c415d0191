"""An upgrade in one database: run by `manage.py shell` of a site without tables.

The models of the release before are Django's own picture of them, as its migrations
left them: what they write and read is what servers of that release write and read.
"""

import json
import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from robots import credentials
from robots.models import NamespaceKind, TokenOrigin
from robots.roles import Role, TeamRole, Visibility

BEFORE = [
    ("quaysite", "0002_oauth"),
    ("federation", "0002_keyless"),
    ("robots", "0006_replication_beat"),
]
"""What is migrated first: the state that the release before left. Moves with each."""

OURS = ("quaysite", "robots", "federation")


def main() -> None:
    """Migrate to BEFORE, write, migrate to now, write again; tell it as JSON."""
    _migrate(BEFORE)
    old = MigrationExecutor(connection).loader.project_state(BEFORE).apps
    robots = [_write(old, "before")]
    first = _rows(old)
    _migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    kept = _rows(old)
    robots.append(_write(old, "during"))
    report = {
        "robots": robots,
        "written": _counts(first),
        "first": first,
        "kept": kept,
        "both": _counts(_rows(old)),
    }
    json.dump(report, sys.stdout, default=str)


def _migrate(targets: Iterable[tuple[str, str]]) -> None:
    MigrationExecutor(connection).migrate(list(targets))


def _rows(apps: Any) -> dict[str, list[dict[str, Any]]]:
    """Every row of ours that these models know, as they read it."""
    return {
        model._meta.label: list(model.objects.order_by("pk").values())
        for label in OURS
        for model in apps.get_app_config(label).get_models()
    }


def _counts(rows: dict[str, list[dict[str, Any]]]) -> dict[str, int]:
    return {label: len(found) for label, found in rows.items()}


def _write(apps: Any, name: str) -> dict[str, str]:
    """An organization with something in each table; a robot that may pull from it."""
    make = Maker(apps)
    owner = make("quaysite.User", username=f"alice-{name}", password="!")
    here = make("robots.Namespace", name=name, kind=NamespaceKind.ORGANIZATION)
    robot = make("robots.Robot", namespace=here, name="ci")
    web = make(
        "robots.Repository", namespace=here, name="web", visibility=Visibility.PRIVATE
    )
    team = make("robots.Team", namespace=here, name="owners", role=TeamRole.ADMIN)
    make("robots.TeamMember", namespace=here, team=team, user=owner)
    grant = {"namespace": here, "role": Role.READ}
    make("robots.RepositoryPermission", repository=web, robot=robot, **grant)
    make("robots.DefaultPermission", creator_robot=robot, team=team, **grant)
    make("robots.Star", repository=web, user=owner)
    secret = credentials.generate_token()
    _write_secrets(make, robot, owner, secret)
    _write_past(make, here, web, robot)
    return {
        "name": f"{name}+ci",
        "secret": secret.reveal(),
        "repository": f"{name}/web",
    }


def _write_secrets(
    make: "Maker", robot: Any, owner: Any, secret: credentials.Secret
) -> None:
    digest = credentials.digest(secret)
    sealed = credentials.seal(secret, digest)
    make("robots.RobotToken", robot=robot, digest=digest, sealed=sealed)
    make("robots.AppToken", user=owner, title="laptop", digest=digest, sealed=sealed)
    make("robots.ImportedSecret", robot=robot, salt="ab12", digest="0" * 32)
    trust = make(
        "federation.Trust",
        robot=robot,
        issuer="https://issuer.example.com",
        subject="job",
        digest=digest,
    )
    _write_login(make, robot, trust)


def _write_login(make: "Maker", robot: Any, trust: Any) -> None:
    ends = timezone.now() + timedelta(hours=1)
    digest = credentials.digest(credentials.generate_token())
    token = make(
        "robots.RobotToken",
        robot=robot,
        origin=TokenOrigin.FEDERATED,
        digest=digest,
        expires_at=ends,
    )
    make("federation.FederatedToken", token=token, trust=trust)
    make("federation.UsedAssertion", robot=robot, digest=digest, expires_at=ends)


def _write_past(make: "Maker", here: Any, web: Any, robot: Any) -> None:
    now = timezone.now()
    make(
        "robots.RepositoryUse",
        repository=web,
        robot=robot,
        action="pull",
        first_used_at=now - timedelta(days=9),
        last_used_at=now,
    )
    event = make(
        "robots.AuditEvent",
        kind="robot_created",
        namespace=here,
        namespace_name=here.name,
        performer_kind="command",
        performer_name="tests",
    )
    make("robots.PermissionChange", event=event, repository_name="web", change=1)
    make(
        "robots.EmergencySwitch",
        namespace=here,
        reason="a test",
        allowed="",
        turned_on_at=now - timedelta(days=9),
        ends_at=now - timedelta(days=8),
        turned_on_by="tests",
    )


class Maker:
    """Creates rows by the models of a release."""

    def __init__(self, apps: Any) -> None:
        self._apps = apps

    def __call__(self, label: str, **fields: Any) -> Any:
        return self._apps.get_model(label).objects.create(**fields)
