"""S-01, S-02, S-05 over random worlds: nothing of a namespace shows to strangers.

Every robot, repository and secret has a text that nothing else has, so that an
answer, a log line or an audit event that holds it is found by searching.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quaysite.models import User
from robots.access import authorize, visible_repositories
from robots.decision import AccessRequest
from robots.lifecycle.permissions import grant
from robots.models import AuditEvent, Namespace, Repository, Robot
from robots.names import RepositoryName
from robots.people import identity_of_person
from robots.roles import Action, Role, TeamRole, Visibility
from robots.standing import standing_in
from tests import factories
from tests.api.conftest import ALL_SCOPES
from tests.api.local import LocalClient
from tests.api.tokens import bearer

pytestmark = pytest.mark.django_db

PEOPLE = ("dora", "eve")
ORGANIZATIONS = ("a-b", "a_b")

in_random_worlds = settings(
    max_examples=6,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Plan:
    """For each person and organization a team role or none; grants and visibility."""

    standings: tuple[TeamRole | None, ...]
    grants: tuple[Role | None, ...]
    public: tuple[bool, ...]


@dataclass(frozen=True)
class World:
    people: list[User]
    namespaces: list[Namespace]
    repositories: list[Repository]
    robots: list[Robot]
    secrets: dict[int, str]


def plans() -> st.SearchStrategy[Plan]:
    pairs = len(PEOPLE) * len(ORGANIZATIONS)
    return st.builds(
        Plan,
        standings=st.tuples(*[st.none() | st.sampled_from(TeamRole)] * pairs),
        grants=st.tuples(*[st.none() | st.sampled_from(Role)] * pairs),
        public=st.tuples(*[st.booleans()] * (len(PEOPLE) + len(ORGANIZATIONS))),
    )


def build(plan: Plan) -> World:
    people = [factories.user(name) for name in PEOPLE]
    organizations = [factories.organization(name) for name in ORGANIZATIONS]
    namespaces = [*organizations, *(person.personal_namespace for person in people)]
    repositories, robots, secrets = [], [], {}
    for number, namespace in enumerate(namespaces):
        seen = Visibility.PUBLIC if plan.public[number] else Visibility.PRIVATE
        repositories.append(factories.repository(namespace, f"repo{number}mark", seen))
        robot, secret = factories.robot(namespace, f"robot{number}mark")
        robots.append(robot)
        secrets[number] = secret.reveal()
        grant(repositories[number], robot, Role.WRITE, factories.BY)
    for n, (person, number) in enumerate(product(people, range(len(organizations)))):
        role, permission = plan.standings[n], plan.grants[n]
        if role is not None:
            factories.team(organizations[number], f"team{n}mark", role, (person,))
        if permission is not None:
            grant(repositories[number], person, permission, factories.BY)
    return World(people, namespaces, repositories, robots, secrets)


def paths(world: World) -> Iterator[str]:
    yield from (
        "/user/",
        "/user/robots?permissions=true",
        "/user/logs",
        "/user/starred",
        "/repository?public=true",
        "/find/all?query=mark",
        "/find/all?query=o",
        "/find/repositories?query=mark",
        "/entities/robot?includeTeams=true&includeOrgs=true",
    )
    for namespace in world.namespaces:
        name = namespace.name
        yield f"/repository?namespace={name}"
        yield f"/entities/robot?namespace={name}&includeTeams=true"
        yield f"/entities/{name}+?namespace={name}"
        base = f"/organization/{name}"
        for rest in (
            "", "/robots", "/robots?permissions=true", "/members", "/collaborators",
            "/prototypes", "/logs", "/aggregatelogs", "/applications",
        ):  # fmt: skip
            yield base + rest
    for robot in world.robots:
        base = f"/organization/{robot.namespace.name}/robots/{robot.name}"
        for rest in ("", "/permissions", "/federation", "/tokens"):
            yield base + rest
        yield f"/users/{robot.full_name}"
    for repository in world.repositories:
        base = f"/repository/{repository.full_name}"
        for rest in ("", "/permissions/user/", "/permissions/team/", "/logs"):
            yield base + rest


def writes(world: World) -> Iterator[tuple[str, str, object]]:
    """Each robot on each repository, and each robot in each organization's team."""
    for robot, repository in product(world.robots, world.repositories):
        path = f"/repository/{repository.full_name}/permissions/user/{robot.full_name}"
        yield "PUT", path, {"role": "read"}
    for robot, number in product(world.robots, range(4)):
        base = f"/organization/{ORGANIZATIONS[number % 2]}"
        yield "PUT", f"{base}/team/team{number}mark/members/{robot.full_name}", {}
        body = {"role": "read", "delegate": {"name": robot.full_name, "kind": "user"}}
        yield "POST", f"{base}/prototypes", body


def forbidden_texts(world: World, person: User) -> dict[str, str]:
    """What must not show to `person`, and why."""
    identity = identity_of_person(person)
    visible = set(visible_repositories(identity, timezone.now()))
    texts = {}
    for number, namespace in enumerate(world.namespaces):
        standing = standing_in(identity, namespace.name)
        assert standing is not None
        repository, robot = world.repositories[number], world.robots[number]
        if not standing.is_admin:
            texts[world.secrets[number]] = f"secret of {robot.full_name}"
        if repository not in visible:
            texts[repository.name] = f"private {repository.full_name}"
        name = RepositoryName(namespace.name, repository.name)
        question = AccessRequest(name, frozenset({Action.PULL}))
        (decision,) = authorize(identity, [question], timezone.now())
        if not standing.is_member and decision.role is not Role.ADMIN:
            texts[robot.name] = f"robot {robot.full_name}"
    return texts


@in_random_worlds
@given(plan=plans())
def test_s01_s02_s05_nothing_shows_to_strangers(
    plan: Plan, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    with transaction.atomic(), caplog.at_level(logging.DEBUG):
        world = build(plan)
        for person in world.people:
            hidden = forbidden_texts(world, person)
            client = LocalClient(bearer(person, ALL_SCOPES))
            for path in paths(world):
                answer = client.get(f"/api/v1{path}")
                assert answer.status < 500, (path, answer.text)
                # What the path itself says, an error may repeat.
                shown = answer.text.replace(path.split("?")[0].split("/")[-1], "")
                for text, what in hidden.items():
                    assert text not in shown, f"{what} shows to {person} at {path}"
            for method, path, body in writes(world):
                answer = client.send(method, f"/api/v1{path}", body, {})
                assert answer.status < 500, (path, answer.text)
        assert_kept_apart(world)
        for secret in world.secrets.values():
            assert secret not in caplog.text
        transaction.set_rollback(True)


def assert_kept_apart(world: World) -> None:
    """No stored grant, and no audit event, holds another namespace's robot."""
    for robot in world.robots:
        for permission in robot.repository_permissions.select_related("repository"):
            assert permission.repository.namespace_id == robot.namespace_id
        for member in robot.team_memberships.select_related("team"):
            assert member.team.namespace_id == robot.namespace_id
        for default in robot.default_permissions.all():
            assert default.namespace_id == robot.namespace_id
    for event in AuditEvent.objects.exclude(namespace=None):
        text = json.dumps(event.facts)
        for number, namespace in enumerate(world.namespaces):
            assert world.secrets[number] not in text
            if namespace.pk != event.namespace_id:
                assert f"robot{number}mark" not in text, event.kind
                assert f"repo{number}mark" not in text, event.kind
