"""S-23: a token holds what was asked for and is allowed; a denial reveals nothing."""

from itertools import chain, combinations

import pytest

from robots.models import Repository
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic

ACTIONS = ("pull", "push", "*", "delete")
SUBSETS = list(chain.from_iterable(combinations(ACTIONS, n) for n in range(1, 5)))

MAY = {
    "alice": {"web": set(ACTIONS), "api": set(ACTIONS), "public": set(ACTIONS)},
    "bob": {"web": set(), "api": {"pull", "push"}, "public": {"pull"}},
    "charlie": {"web": set(), "api": set(), "public": {"pull"}},
    "acme+ci": {"web": {"pull", "push"}, "api": set(), "public": {"pull"}},
    "acme+reader": {"web": {"pull"}, "api": set(), "public": {"pull"}},
    "nobody": {"web": set(), "api": set(), "public": {"pull"}},
}


def login(cast: Cast, who: str) -> str | None:
    secrets = {"acme+ci": cast.ci_secret, "acme+reader": cast.reader_secret}
    if who == "nobody":
        return None
    return basic(who, secrets[who]) if who in secrets else basic(who)


@pytest.mark.parametrize("who", MAY)
def test_s23_every_set_of_actions_is_cut_to_what_is_allowed(
    who: str, cast: Cast, endpoint: Endpoint
) -> None:
    for asked in SUBSETS:
        scopes = [f"repository:acme/{name}:{','.join(asked)}" for name in MAY[who]]
        access = endpoint.access(*scopes, login=login(cast, who))
        granted = {name.removeprefix("acme/"): set(actions) for name, actions in access}
        assert granted == {
            name: allowed & set(asked) for name, allowed in MAY[who].items()
        }


@pytest.mark.parametrize("who", ["bob", "charlie", "acme+ci", "nobody"])
def test_s23_a_denied_repository_looks_like_one_that_does_not_exist(
    who: str, cast: Cast, endpoint: Endpoint
) -> None:
    Repository.objects.create(namespace=cast.acme, name="secret")
    claims = {
        name: endpoint.claims(
            endpoint.get(f"repository:acme/{name}:pull,push", login=login(cast, who))
        )
        for name in ("secret", "absent")
    }
    for name, answered in claims.items():
        assert answered["access"] == [
            {"type": "repository", "name": f"acme/{name}", "actions": []}
        ]
    assert claims["secret"].keys() == claims["absent"].keys()


def test_s23_rights_on_one_repository_do_not_reach_another(
    cast: Cast, endpoint: Endpoint
) -> None:
    Repository.objects.create(namespace=cast.acme, name="web/nested")
    Repository.objects.create(namespace=cast.acme, name="web2")
    Repository.objects.create(namespace=cast.acme, name="we")
    scopes = [f"repository:acme/{name}:pull" for name in ("web/nested", "web2", "we")]
    access = endpoint.access(*scopes, login=login(cast, "acme+ci"))
    assert [actions for _, actions in access] == [[], [], []]
