"""A mail server, a receiver of posts, and an organization with admins to be told."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from robots.models import Namespace
from robots.roles import TeamRole
from tests import factories
from tests.conftest import Cast
from tests.quaysite.expiry.notices import give_address
from tests.receivers import Hook, MailServer, hook, mail_server


@pytest.fixture
def mail(settings: Settings) -> Iterator[MailServer]:
    with mail_server(settings) as running:
        yield running


@pytest.fixture
def posts(settings: Settings) -> Iterator[Hook]:
    with hook(settings) as running:
        yield running


@pytest.fixture
def acme(cast: Cast) -> Namespace:
    """With two admins who have an address, and people who are told nothing."""
    give_address(cast)
    owners = cast.acme.teams.get(role=TeamRole.ADMIN)
    for name, fields in (
        ("ann", {"email": "ann@example.com"}),
        ("ben", {}),
        ("eve", {"email": "eve@example.com", "is_active": False}),
    ):
        person = factories.user(name, **fields)
        owners.members.create(user=person, namespace=cast.acme)
    cast.bob.email = "bob@example.com"  # In a team that does not administer.
    cast.bob.save()
    return cast.acme
