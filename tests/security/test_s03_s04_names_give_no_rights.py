"""S-03 and S-04: no right comes from a name, and robots and people never share one."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from quaysite.models import User
from tests import factories
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
