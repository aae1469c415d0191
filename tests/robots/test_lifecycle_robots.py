"""Robots: created with one token, regenerated, switched off and on, deleted."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from robots import credentials
from robots.credentials import Secret
from robots.errors import (
    AlreadyExists,
    DomainError,
    InUse,
    NameInvalid,
    NotFound,
    RobotsDisallowed,
)
from robots.lifecycle.robots import (
    create_robot,
    delete_robot,
    regenerate_token,
    set_enabled,
)
from robots.models import (
    AuditEvent,
    DefaultPermission,
    Repository,
    RepositoryPermission,
    Robot,
    RobotToken,
    TeamMember,
    TokenOrigin,
)
from robots.roles import Role, State
from tests import factories
from tests.conftest import Cast
from tests.factories import BY
from tests.robots.ledger import recorded, unchanged


def test_a_new_robot_has_one_static_token_and_no_access(cast: Cast) -> None:
    with recorded(
        "create_robot",
        cast.acme,
        robot="new",
        description=None,
        unstructured_metadata=None,
    ):
        robot, secret = create_robot(cast.acme, "new", BY)
    stored = Robot.objects.get(namespace=cast.acme, name="new")
    assert stored == robot
    assert (stored.description, stored.metadata, stored.enabled) == ("", {}, True)
    assert stored.expires_at is None
    token = stored.tokens.get()
    assert (token.origin, token.expires_at) == (TokenOrigin.STATIC, None)
    assert token.digest == credentials.digest(secret)
    assert re.fullmatch(r"[A-Z0-9]{64}", secret.reveal())
    assert not stored.repository_permissions.exists()
    assert not stored.team_memberships.exists()


def test_description_and_metadata_are_kept_and_recorded(cast: Cast) -> None:
    with recorded(
        "create_robot",
        cast.acme,
        robot="new",
        description="builds",
        unstructured_metadata={"team": "a"},
    ):
        create_robot(cast.acme, "new", BY, description="builds", metadata={"team": "a"})
    stored = Robot.objects.get(name="new")
    assert (stored.description, stored.metadata) == ("builds", {"team": "a"})


def test_a_token_can_be_read_again_while_the_setting_allows(
    cast: Cast, settings: Settings
) -> None:
    settings.ROBOT_TOKENS_RETRIEVABLE = True
    robot, secret = create_robot(cast.acme, "readable", BY)
    assert factories.stored_secret(robot) == secret.reveal()
    settings.ROBOT_TOKENS_RETRIEVABLE = False
    robot, secret = create_robot(cast.acme, "unreadable", BY)
    token = robot.tokens.get()
    assert token.sealed is None
    assert token.digest == credentials.digest(secret)


def test_no_secret_is_stored_in_the_clear(cast: Cast) -> None:
    robot, secret = create_robot(cast.acme, "new", BY)
    token = robot.tokens.get()
    assert secret.reveal() not in str(RobotToken.objects.values().get(pk=token.pk))
    assert secret.reveal().encode() not in bytes(token.sealed or b"")


@pytest.mark.parametrize("name", ["New", "a", "new\n", "a+b", "", "a--b"], ids=ascii)
def test_a_bad_name_creates_nothing(cast: Cast, name: str) -> None:
    with unchanged(), pytest.raises(NameInvalid):
        create_robot(cast.acme, name, BY)


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "x" * 256},
        {"description": "a\x00b"},
        {"description": "\ud800"},
        {"metadata": {"a": ["\x00"]}},
        {"metadata": {"\udfff": 1}},
        {"metadata": {"a": {"b": float("nan")}}},
        {"metadata": {"a": float("-inf")}},
    ],
    ids=lambda fields: ascii(fields)[:40],
)
def test_what_a_database_cannot_keep_is_refused_by_its_field(
    cast: Cast, fields: dict[str, Any]
) -> None:
    (field,) = fields
    with unchanged(), pytest.raises(DomainError, match=f"^{field}: "):
        create_robot(cast.acme, "new", BY, **fields)


def test_a_description_has_at_most_255_characters(cast: Cast) -> None:
    robot, _ = create_robot(cast.acme, "new", BY, description="ü" * 255)
    assert Robot.objects.get(pk=robot.pk).description == "ü" * 255


def test_a_name_is_taken_once_in_each_namespace(cast: Cast) -> None:
    with unchanged(), pytest.raises(AlreadyExists) as refusal:
        create_robot(cast.acme, "ci", BY)
    assert refusal.value.message == "Existing robot with name: acme+ci"
    robot, _ = create_robot(factories.organization("other"), "ci", BY)
    assert robot.full_name == "other+ci"


def test_while_robots_are_disallowed_none_is_created(
    cast: Cast, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+mirror"]
    with unchanged(), pytest.raises(RobotsDisallowed) as refusal:
        create_robot(cast.acme, "Bad Name", BY)  # told before the name is looked at
    assert refusal.value.message == (
        "Robot accounts have been disabled. Please contact your administrator."
    )
    robot, _ = create_robot(cast.acme, "mirror", BY)
    assert robot.full_name == "acme+mirror"


def test_regenerating_ends_every_token_and_makes_one(cast: Cast) -> None:
    old = cast.ci.tokens.get()
    RobotToken.objects.create(
        robot=cast.ci,
        origin=TokenOrigin.FEDERATED,
        digest="f" * 64,
        expires_at=timezone.now(),
    )
    others = list(cast.reader.tokens.values())
    with recorded("regenerate_robot_token", cast.acme, robot="ci"):
        robot, secret = regenerate_token(cast.ci, BY)
    token = cast.ci.tokens.get()
    assert robot == cast.ci
    assert token.pk != old.pk
    assert token.digest == credentials.digest(secret) != old.digest
    assert (token.origin, token.expires_at) == (TokenOrigin.STATIC, None)
    assert secret != cast.ci_secret
    assert factories.stored_secret(cast.ci) == secret.reveal()
    assert list(cast.reader.tokens.values()) == others


def test_a_deleted_robot_gets_no_token(cast: Cast) -> None:
    gone = Robot.objects.get(pk=cast.ci.pk)
    delete_robot(cast.ci, BY)
    with unchanged(), pytest.raises(NotFound) as refusal:
        regenerate_token(gone, BY)
    assert refusal.value.message == "Could not find robot with specified username"


def test_a_robot_is_switched_off_and_on(cast: Cast) -> None:
    with recorded("disable_robot", cast.acme, robot="ci"):
        set_enabled(cast.ci, False, BY)
    assert Robot.objects.get(pk=cast.ci.pk).enabled is False
    with recorded("enable_robot", cast.acme, robot="ci"):
        set_enabled(cast.ci, True, BY)
    assert Robot.objects.get(pk=cast.ci.pk).enabled is True
    assert cast.ci.tokens.count() == 1


def test_switching_a_robot_changes_nothing_else_of_it(cast: Cast) -> None:
    stale = Robot.objects.get(pk=cast.ci.pk)
    Robot.objects.filter(pk=cast.ci.pk).update(description="changed meanwhile")
    set_enabled(stale, False, BY)
    assert Robot.objects.get(pk=cast.ci.pk).description == "changed meanwhile"


def test_a_deleted_robot_leaves_nothing_behind(cast: Cast) -> None:
    ci = cast.ci
    cast.team.members.create(namespace=cast.acme, robot=ci)
    defaults = DefaultPermission.objects
    defaults.create(namespace=cast.acme, robot=ci, role=Role.READ)
    defaults.create(
        namespace=cast.acme, user=cast.bob, creator_robot=ci, role=Role.READ
    )
    pk = ci.pk
    with recorded("delete_robot", cast.acme, robot="ci"):
        delete_robot(ci, BY)
    assert not Robot.objects.filter(pk=pk).exists()
    assert not RobotToken.objects.filter(robot_id=pk).exists()
    assert not TeamMember.objects.filter(robot_id=pk).exists()
    assert not RepositoryPermission.objects.filter(robot_id=pk).exists()
    assert not DefaultPermission.objects.exists()
    assert Repository.objects.filter(pk=cast.web.pk).exists()


def test_a_name_used_again_has_no_old_rights(cast: Cast) -> None:
    old = cast.ci.pk
    delete_robot(cast.ci, BY)
    robot, secret = create_robot(cast.acme, "ci", BY)
    assert robot.pk != old
    assert secret != cast.ci_secret
    assert not robot.repository_permissions.exists()


@pytest.mark.parametrize("state", State, ids=lambda state: state.label)
def test_a_robot_that_mirrors_is_not_deleted(cast: Cast, state: State) -> None:
    Repository.objects.filter(pk=cast.web.pk).update(mirror_robot=cast.ci, state=state)
    with unchanged(), pytest.raises(InUse, match="^Robot is being used by a mirror$"):
        delete_robot(cast.ci, BY)


def test_a_robot_may_begin_disabled(cast: Cast) -> None:
    robot, _ = create_robot(cast.acme, "new", BY, enabled=False)
    assert not Robot.objects.get(pk=robot.pk).enabled
    event = AuditEvent.objects.get(kind="create_robot", facts__robot="new")
    assert event.facts["enabled"] is False


def test_a_robot_keeps_the_token_that_its_clients_have(cast: Cast) -> None:
    kept = Secret("Q" * 64)
    robot, secret = create_robot(cast.acme, "new", BY, secret=kept)
    assert secret is kept
    assert factories.stored_secret(robot) == "Q" * 64


def test_a_robot_without_a_token_has_an_empty_secret(cast: Cast) -> None:
    for secret in (None, Secret("Q" * 64)):
        name = f"new{bool(secret)}".lower()
        made = create_robot(cast.acme, name, BY, secret=secret, with_token=False)
        assert made.secret.reveal() == ""
        assert not made.robot.tokens.exists()


@pytest.mark.parametrize("text", ["", "x" * 19, "\ud800" * 30])
def test_a_token_that_no_registry_made_is_refused(cast: Cast, text: str) -> None:
    with unchanged(), pytest.raises(DomainError, match="20 characters or more"):
        create_robot(cast.acme, "new", BY, secret=Secret(text))


def test_no_two_robots_have_one_token(cast: Cast) -> None:
    with unchanged(), pytest.raises(DomainError, match="another robot's"):
        create_robot(cast.acme, "new", BY, secret=cast.ci_secret)


def test_an_end_that_has_passed_is_taken_only_where_that_is_said(cast: Cast) -> None:
    over = timezone.now() - timedelta(days=1)
    with unchanged(), pytest.raises(DomainError, match="must be in the future"):
        create_robot(cast.acme, "old", BY, expires_at=over)
    robot = create_robot(cast.acme, "old", BY, expires_at=over, past_end=True).robot
    assert robot.expires_at == over
    far = datetime(9999, 1, 1, tzinfo=UTC)
    with unchanged(), pytest.raises(DomainError, match="2000 to 9998"):
        create_robot(cast.acme, "far", BY, expires_at=far, past_end=True)
