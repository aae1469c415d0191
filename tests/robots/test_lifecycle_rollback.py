"""A deed whose audit event cannot be written has not happened (R9)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models.signals import pre_save

from robots.identity import Identity, Kind
from robots.lifecycle.organizations import create_organization
from robots.lifecycle.permissions import grant, revoke
from robots.lifecycle.repositories import create_on_push, create_repository
from robots.lifecycle.robots import (
    create_robot,
    delete_robot,
    regenerate_token,
    set_enabled,
)
from robots.lifecycle.teams import add_member, remove_member, set_team
from robots.models import AuditEvent
from robots.names import RepositoryName
from robots.origin import NOWHERE
from robots.roles import Role, TeamRole
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.ledger import unchanged

DEEDS: dict[str, Callable[[Cast], object]] = {
    "create_organization": lambda c: create_organization("new-org", BY, c.bob),
    "create_robot": lambda c: create_robot(c.acme, "new", BY),
    "regenerate_token": lambda c: regenerate_token(c.ci, BY),
    "set_enabled": lambda c: set_enabled(c.ci, False, BY),
    "delete_robot": lambda c: delete_robot(c.ci, BY),
    "create_repository": lambda c: create_repository(c.acme, "new", BY),
    "create_on_push": lambda c: create_on_push(
        Identity(Kind.ROBOT, "acme+ci", c.ci.pk, c.acme.pk),
        RepositoryName("acme", "new"),
        NOWHERE,
    ),
    "grant": lambda c: grant(c.web, c.charlie, Role.READ, BY),
    "grant_again": lambda c: grant(c.web, c.ci, Role.ADMIN, BY),
    "revoke": lambda c: revoke(c.web, c.ci, BY),
    "set_team_new": lambda c: set_team(c.acme, "new", TeamRole.MEMBER, BY),
    "set_team_role": lambda c: set_team(c.acme, "developers", TeamRole.ADMIN, BY),
    "add_member": lambda c: add_member(c.team, c.charlie, BY),
    "remove_member": lambda c: remove_member(c.team, c.bob, BY),
}


class AuditUnavailable(Exception):
    """What the audit says in these tests."""


@pytest.fixture
def failing_audit(cast: Cast) -> Iterator[None]:
    """No event can be written from here on; the cast is there already."""

    def refuse(**_: Any) -> None:
        raise AuditUnavailable

    pre_save.connect(refuse, sender=AuditEvent)
    yield
    pre_save.disconnect(refuse, sender=AuditEvent)


@pytest.mark.usefixtures("failing_audit")
@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
def test_what_cannot_be_recorded_is_not_done(
    cast: Cast, deed: Callable[[Cast], object]
) -> None:
    with unchanged(), pytest.raises(AuditUnavailable):
        deed(cast)
