"""Lists of robot accounts: paged, searched, and of a constant cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from robots import credentials
from robots.models import RepositoryPermission, Robot, RobotToken, TeamMember
from robots.roles import Role
from tests.api.local import LocalClient, LocalUser
from tests.api.signed_in import signed_in
from tests.conftest import Cast

pytestmark = pytest.mark.django_db


ORG = "/api/v1/organization/acme/robots"


def test_pages_walk_through_every_robot_once(cast: Cast, local_user: LocalUser) -> None:
    many(cast, 23)
    now = timezone.now()
    for hours, name in enumerate(["r003", "r017", "r011"]):
        used = now - timedelta(hours=hours)
        Robot.objects.filter(name=name).update(last_used_at=used)
    alice = local_user(cast.alice)
    everything = [robot["name"] for robot in alice.get(ORG).json["robots"]]
    assert everything[:4] == ["acme+r003", "acme+r017", "acme+r011", "acme+ci"]
    assert len(everything) == 25
    seen: list[str] = []
    token, pages = "", 0
    while pages == 0 or token:
        more = f"&next_page={token}" if token else ""
        page = alice.get(f"{ORG}?limit=4&permissions=true{more}").json
        seen += [robot["name"] for robot in page["robots"]]
        token, pages = page.get("next_page", ""), pages + 1
    assert (seen, pages) == (everything, 7)
    found = alice.get(f"{ORG}?q=R00&limit=100").json["robots"]
    assert len(found) == 10
    for bad in ("abc", "0", "-1", "1.5", "9" * 30, "%00", "%C2%B2"):
        answer = alice.get(f"{ORG}?limit={bad}")
        text = {"limit": "If specified, the number of robots to return."}
        assert (answer.status, answer.json) == (400, {"message": text})
    assert alice.get(f"{ORG}?next_page=forged").status == 400
    assert alice.get(f"{ORG}?q=%00").status == 400


def many(cast: Cast, count: int, prefix: str = "r") -> None:
    """`count` robots more, each with a token, in a team and on a repository."""
    robots = Robot.objects.bulk_create(
        Robot(namespace=cast.acme, name=f"{prefix}{n:03}") for n in range(count)
    )
    RobotToken.objects.bulk_create(sealed_token(robot) for robot in robots)
    TeamMember.objects.bulk_create(
        TeamMember(namespace=cast.acme, team=cast.team, robot=robot) for robot in robots
    )
    RepositoryPermission.objects.bulk_create(
        RepositoryPermission(
            namespace=cast.acme, repository=cast.web, robot=robot, role=Role.READ
        )
        for robot in robots
    )


def sealed_token(robot: Robot) -> RobotToken:
    secret = credentials.generate_token()
    digest = credentials.digest(secret)
    sealed = credentials.seal(secret, digest)
    return RobotToken(robot=robot, digest=digest, sealed=sealed)


@pytest.mark.parametrize("way", ["session", "bearer"])
def test_a_long_list_costs_as_many_queries_as_a_short_one(
    cast: Cast, local_user: LocalUser, way: str
) -> None:
    enter = signed_in if way == "session" else local_user
    many(cast, 98)
    short = cost(enter(cast.alice), 100)
    many(cast, 9_900, "more")
    assert short == cost(enter(cast.alice), 10_000)
    assert short <= 8


def cost(client: LocalClient, expected: int) -> int:
    """The queries of one whole request for robots with all that can be shown."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(f"{ORG}?permissions=true&token=true")
    assert answer.status == 200
    robots = answer.json["robots"]
    assert len(robots) == expected
    assert all(robot["token"] and robot["repositories"] for robot in robots)
    assert len([robot for robot in robots if robot["teams"]]) == expected - 2
    return len(queries)
