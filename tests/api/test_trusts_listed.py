"""Lists of trusts: pages, a search, and what they cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from federation.models import Trust
from robots.models import RobotToken, TokenOrigin
from tests.api.local import LocalClient
from tests.api.single_trusts import TRUSTS
from tests.conftest import Cast
from tests.federation.written_trusts import token_of

pytestmark = pytest.mark.django_db


def many(cast: Cast, count: int) -> None:
    for number in range(count):
        trust = Trust(
            robot=cast.ci,
            position=number,
            name=f"number {number:03}",
            issuer=f"https://{number % 2}.example",
            subject=f"repo:acme/{number}",
        )
        trust.save()
        token_of(trust, 5)


def test_pages_walk_through_every_trust_once(cast: Cast, alice: LocalClient) -> None:
    many(cast, 7)
    seen: list[str] = []
    token, pages = "", 0
    while pages == 0 or token:
        more = f"&next_page={token}" if token else ""
        page = alice.get(f"{TRUSTS}?limit=3{more}").json
        seen += [trust["name"] for trust in page["trusts"]]
        token, pages = page.get("next_page", ""), pages + 1
    assert (seen, pages) == ([f"number {number:03}" for number in range(7)], 3)
    assert alice.get(f"{TRUSTS}?limit=0").status == 400
    assert alice.get(f"{TRUSTS}?next_page=forged").status == 400


@pytest.mark.parametrize(
    ("wanted", "count"),
    [("NUMBER 002", 1), ("//1.example", 3), ("acme/6", 1), ("nothing", 0)],
)
def test_a_search_looks_at_name_issuer_and_subject(
    wanted: str, count: int, cast: Cast, alice: LocalClient
) -> None:
    many(cast, 7)
    query = wanted.replace(" ", "%20")
    assert len(alice.get(f"{TRUSTS}?q={query}").json["trusts"]) == count


def test_a_long_list_costs_as_many_queries_as_a_short_one(
    cast: Cast, alice: LocalClient
) -> None:
    many(cast, 1)
    cost(alice, 1)
    short = cost(alice, 1)
    Trust.objects.all().delete()
    RobotToken.objects.filter(origin=TokenOrigin.FEDERATED).delete()
    many(cast, 50)
    assert cost(alice, 50) == short <= 4


def cost(client: LocalClient, expected: int) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(TRUSTS)
    assert len(answer.json["trusts"]) == expected
    assert all(trust["tokens"] == 1 for trust in answer.json["trusts"])
    return len(queries)
