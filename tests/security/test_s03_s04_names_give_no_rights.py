"""S-03 and S-04: no right comes from a name, and robots and people never share one."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.models import AuditEvent, Namespace, Repository, Robot
from tests import factories
from tests.api.matrix import in_session
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, login_of

SCOPES = ["repository:acme/web:pull,push,*,delete", "registry:catalog:*"]
NOTHING: list[tuple[str, list[str]]] = [("acme/web", []), ("catalog", [])]


@pytest.mark.parametrize(
    "name", ["admin", "root", "owners", "scanner-trivy", "mirror", "alice", "quaysite"]
)
def test_s03_a_robot_has_no_rights_by_its_name(
    name: str, cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.SUPER_USERS = [name, f"acme+{name}"]
    robot, _ = factories.robot(cast.acme, name)
    assert endpoint.access(*SCOPES, login=login_of(robot)) == NOTHING


def test_s03_a_robot_called_like_one_with_rights_has_none_of_them(
    cast: Cast, endpoint: Endpoint
) -> None:
    for namespace in ("acme-ci", "acme2", "bcme"):
        robot, _ = factories.robot(factories.organization(namespace), "ci")
        assert endpoint.access(*SCOPES, login=login_of(robot)) == NOTHING


@pytest.mark.parametrize("name", ["admins", "owner", "creators"])
def test_s03_a_team_has_no_rights_by_its_name(
    name: str, cast: Cast, endpoint: Endpoint
) -> None:
    factories.team(cast.acme, name, members=(cast.charlie,))
    assert endpoint.access(*SCOPES, login=basic("charlie")) == NOTHING


def person_of_before(name: str) -> User:
    """Somebody from before the apps were installed: a person without a namespace."""
    User.objects.bulk_create([User(username=name, password="unusable")])
    return User.objects.get(username=name)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/user/robots?token=true&permissions=true", None),
        ("GET", "/user/robots/ci", None),
        ("PUT", "/user/robots/new", {}),
        ("PATCH", "/user/robots/ci", {"enabled": False}),
        ("DELETE", "/user/robots/ci", None),
        ("POST", "/user/robots/ci/regenerate", None),
        ("GET", "/user/robots/ci/permissions", None),
        ("GET", "/user/robots/ci/tokens", None),
        ("GET", "/user/robots/ci/federation", None),
        ("GET", "/user/robots/ci/trusts", None),
        ("GET", "/user/robots/ci/access?repository=acme/web", None),
        ("GET", "/user/unusedaccess", None),
        ("GET", "/user/logs", None),
        ("PUT", "/user/emergencyswitch", {"reason": "leak"}),
        ("POST", "/repository", {"repository": "new", "visibility": "private",
                                 "description": ""}),
    ],
)  # fmt: skip
def test_s03_a_person_called_like_an_organization_has_nothing_of_it(
    method: str, path: str, body: object, cast: Cast
) -> None:
    client = in_session(person_of_before("acme"))
    answer = client.send(method, f"/api/v1{path}", body, {})
    assert answer.status == 403
    assert cast.ci_secret.reveal() not in answer.text
    assert not AuditEvent.objects.filter(performer_name="acme").exists()
    assert Robot.objects.get(pk=cast.ci.pk).enabled
    assert not Robot.objects.filter(name="new").exists()
    assert not Repository.objects.filter(name="new").exists()


@pytest.mark.parametrize("path", ["/organization/", "/superuser/organizations/acme"])
def test_s03_no_organization_takes_the_name_of_a_person(path: str, cast: Cast) -> None:
    person_of_before("zenith")
    root = factories.user("root", is_superuser=True)
    client = in_session(root)
    method = "POST" if path == "/organization/" else "PUT"
    answer = client.send(method, f"/api/v1{path}", {"name": "zenith"}, {})
    taken = "A user or organization with this name already exists"
    assert (answer.status, answer.json["detail"]) == (400, taken)
    assert not Namespace.objects.filter(name="zenith").exists()
    assert Namespace.objects.filter(name="acme").exists()
    assert not AuditEvent.objects.filter(namespace_name="zenith").exists()


@pytest.mark.parametrize("name", ["acme+ci", "+ci", "acme+", "a+b+c"])
def test_s04_no_person_can_have_the_name_of_a_robot(name: str, cast: Cast) -> None:
    with pytest.raises(ValidationError, match="lowercase letters and digits"):
        User(username=name, password="x").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.user(name)


def test_s04_a_robots_secret_is_no_password_of_a_person_and_the_other_way_round(
    cast: Cast, endpoint: Endpoint
) -> None:
    secret = cast.ci_secret.reveal()
    for name in ("acme", "ci", "alice"):
        assert endpoint.get(login=basic(name, secret)).status_code == 401
    for name in ("acme+alice", "alice+alice", "alice+"):
        assert endpoint.get(login=basic(name)).status_code == 401
