"""One organization that is out of all proportion, in a site that is seeded.

`big` has 100,000 repositories. Its robot `big+m-0` has permissions on half of them and
is in all 200 teams, as `person-0` is. The first team has 5,000 members, and each robot
has a permission on the first repository. `person-1` owns it all.
"""

from typing import Any

from django.db import connection, transaction

from benchmarks import seed_sql
from benchmarks.world import secret_of
from robots.credentials import Secret, digest
from robots.models import (
    Namespace,
    Robot,
    RobotToken,
    Team,
    TeamMember,
    TokenOrigin,
)
from robots.roles import Role, State, TeamRole, Visibility

NAMESPACE = "big"
ROBOT = "big+m-0"
OWNER = "person-1"
SIZES = {
    "repositories": 100_000,
    "permissions": 50_000,
    "teams": 200,
    "members": 5_000,
    "each_team": 50,
}

_ROBOTS = """
INSERT INTO robots_robot (namespace_id, name, description, metadata, enabled,
    created_at)
SELECT %(namespace)s, 'm-' || i, '', '{}', TRUE, CURRENT_TIMESTAMP
FROM series WHERE i < %(members)s"""

_REPOSITORIES = """
INSERT INTO robots_repository (namespace_id, name, description, visibility, state,
    created_at)
SELECT %(namespace)s, 'r-' || i, '', %(private)s, %(normal)s, CURRENT_TIMESTAMP
FROM series WHERE i < %(repositories)s"""

_TEAMS = """
INSERT INTO robots_team (namespace_id, name, description, role, created_at)
SELECT %(namespace)s, 't-' || i, '', 1, CURRENT_TIMESTAMP
FROM series WHERE i < %(teams)s"""

_ROBOT_IN_TEAMS = """
INSERT INTO robots_teammember (namespace_id, team_id, robot_id, created_at)
SELECT t.namespace_id, t.id, r.id, CURRENT_TIMESTAMP
FROM robots_team t JOIN robots_robot r ON r.namespace_id = t.namespace_id
WHERE t.namespace_id = %(namespace)s AND (t.name = 't-0' OR r.name = 'm-0')"""

_PERSON_IN_TEAMS = """
INSERT INTO robots_teammember (namespace_id, team_id, user_id, created_at)
SELECT t.namespace_id, t.id, 1, CURRENT_TIMESTAMP
FROM robots_team t WHERE t.namespace_id = %(namespace)s"""

_PERMISSIONS = """
INSERT INTO robots_repositorypermission (namespace_id, repository_id, robot_id, role,
    created_at)
SELECT %(namespace)s, p.id, r.id, %(read)s, CURRENT_TIMESTAMP
FROM series
JOIN robots_repository p ON p.namespace_id = %(namespace)s AND p.name = 'r-' || i
JOIN robots_robot r ON r.namespace_id = %(namespace)s AND r.name = 'm-0'
WHERE i < %(permissions)s"""

_OF_EVERYBODY = """
INSERT INTO robots_repositorypermission (namespace_id, repository_id, robot_id, role,
    created_at)
SELECT %(namespace)s, p.id, r.id, %(read)s, CURRENT_TIMESTAMP
FROM robots_robot r
JOIN robots_repository p ON p.namespace_id = %(namespace)s AND p.name = 'r-0'
WHERE r.namespace_id = %(namespace)s AND r.name <> 'm-0'"""

_OF_TEAMS = """
INSERT INTO robots_repositorypermission (namespace_id, repository_id, team_id, role,
    created_at)
SELECT %(namespace)s, p.id, t.id, %(write)s, CURRENT_TIMESTAMP
FROM series
JOIN robots_repository p ON p.namespace_id = %(namespace)s AND p.name = 'r-' || i
JOIN robots_team t ON t.namespace_id = %(namespace)s
WHERE i < %(each_team)s"""

# Of which none is good any more.
_ENDED_SECRETS = """
INSERT INTO robots_importedsecret (robot_id, salt, digest, expires_at, is_replaced,
    created_at)
SELECT id, 'ab', '0123456789abcdef0123456789abcdef', CURRENT_TIMESTAMP, FALSE,
    CURRENT_TIMESTAMP
FROM robots_robot WHERE namespace_id = %(namespace)s"""

_STATEMENTS = (
    _ROBOTS,
    _REPOSITORIES,
    _TEAMS,
    _ROBOT_IN_TEAMS,
    _PERSON_IN_TEAMS,
    _PERMISSIONS,
    _OF_EVERYBODY,
    _OF_TEAMS,
    _ENDED_SECRETS,
)


def secret() -> Secret:
    """The static token of ROBOT."""
    return Secret(secret_of(-1))


def add(**sizes: int) -> None:
    """Write `big`, of other SIZES if they are given."""
    with transaction.atomic(), connection.cursor() as cursor:
        values = _values(SIZES | sizes)
        cursor.execute(seed_sql.CREATE_SERIES)
        cursor.execute(seed_sql.FILL_SERIES, {"length": max(SIZES.values())})
        for statement in _STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute(seed_sql.DROP_SERIES)
    namespace = Namespace.objects.get(name=NAMESPACE)
    owners = Team.objects.create(
        namespace=namespace, name="owners", role=TeamRole.ADMIN
    )
    TeamMember.objects.create(namespace=namespace, team=owners, user_id=2)
    robot = Robot.objects.get(namespace=namespace, name="m-0")
    RobotToken.objects.create(
        robot=robot, origin=TokenOrigin.STATIC, digest=digest(secret())
    )


def _values(sizes: dict[str, int]) -> dict[str, Any]:
    return {
        **sizes,
        "namespace": Namespace.objects.create(name=NAMESPACE).pk,
        "read": Role.READ.value,
        "write": Role.WRITE.value,
        "private": Visibility.PRIVATE.value,
        "normal": State.NORMAL.value,
    }
