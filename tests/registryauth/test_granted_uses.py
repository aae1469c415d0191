"""What registry tokens are issued for is remembered, by robot and by person."""

from robots.models import Repository, RepositoryUse
from robots.roles import TeamRole
from robots.usage import usage
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, login_of


def stored() -> list[tuple[str, str, str]]:
    return sorted(
        (use.repository.name, str(use.robot or use.user), use.action)
        for use in RepositoryUse.objects.all()
    )


def test_granted_actions_of_a_token_are_uses(cast: Cast, endpoint: Endpoint) -> None:
    asked = [
        "repository:acme/web:pull,push,delete",
        "repository:acme/api:pull",
        "repository:acme/nothing:pull",
        "registry:catalog:*",
    ]
    assert endpoint.get(*asked, login=login_of(cast.ci)).status_code == 200
    person = basic("bob", factories.PASSWORD)
    assert endpoint.get("repository:acme/api:*,pull", login=person).status_code == 200
    assert endpoint.get("repository:acme/public:pull").status_code == 200
    assert stored() == []
    usage.flush()
    assert stored() == [
        ("api", "bob", "pull"),
        ("web", "acme+ci", "pull"),
        ("web", "acme+ci", "push"),
    ]


def test_a_push_that_creates_the_repository_uses_it(
    cast: Cast, endpoint: Endpoint
) -> None:
    factories.team(cast.acme, "builders", TeamRole.CREATOR, (cast.ci,))
    asked = "repository:acme/new:pull,push"
    assert endpoint.get(asked, login=login_of(cast.ci)).status_code == 200
    assert Repository.objects.filter(name="new").exists()
    usage.flush()
    assert stored() == [("new", "acme+ci", "pull"), ("new", "acme+ci", "push")]
