"""Every page of the admin: no link leads astray, no grave violation, no overflow.

The guard watches all of them for console errors, violations of the policy, and
requests to other hosts.
"""

import pytest

from federation.models import Trust
from quaysite.models import User
from robots.models import DefaultPermission
from robots.roles import Role
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.crawl import Crawl
from tests.conftest import Cast

RIVAL = "rival"
"""Part of every name in an organization that only a superuser sees."""


@pytest.fixture
def world(cast: Cast) -> Cast:
    """Something on every page."""
    DefaultPermission.objects.create(
        namespace=cast.acme, team=cast.team, role=Role.READ
    )
    rival = factories.organization(RIVAL)
    spy, _ = factories.robot(rival, f"{RIVAL}-bot")
    factories.repository(rival, f"{RIVAL}-repo")
    factories.team(rival, f"{RIVAL}-team", members=(spy,))
    Trust.objects.create(
        robot=cast.ci, issuer="https://issuer.example", subject="repo:acme/app"
    )
    return cast


def crawl(sign_in: SignIn, user: User, least: int, *, judging: bool = True) -> Crawl:
    whole = user.is_superuser
    secret = None if whole else RIVAL
    crawl = Crawl(sign_in(user), judging=judging, dark=whole, secret=secret)
    crawl.run()
    assert crawl.problems == []
    assert len(crawl.visited) >= least
    return crawl


def test_of_a_superuser(world: Cast, sign_in: SignIn) -> None:
    crawl(sign_in, factories.user("root", is_staff=True, is_superuser=True), 40)


def test_of_an_administrator(world: Cast, sign_in: SignIn) -> None:
    """What is on these pages the superuser's have too, and more."""
    crawl(sign_in, world.alice, 25, judging=False)


def test_of_a_member(world: Cast, sign_in: SignIn) -> None:
    crawl(sign_in, world.bob, 10, judging=False)


def test_of_somebody_who_is_in_no_organization(world: Cast, sign_in: SignIn) -> None:
    crawl(sign_in, world.charlie, 5)
