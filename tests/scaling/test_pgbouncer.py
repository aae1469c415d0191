"""Everything works through a pgbouncer that lends connections for a transaction."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.clusters import Cluster
from tests.e2e.browser import Person
from tests.e2e.conftest import Cast
from tests.e2e.databases import PostgresDatabase
from tests.e2e.endpoint import ask, granted, request
from tests.e2e.site import Site
from tests.federation.issuer import FakeIssuer
from tests.scaling.conftest import NewSite
from tests.scaling.pgbouncer import running_pgbouncer

pytestmark = pytest.mark.e2e


@pytest.fixture
def pooled(
    new_site: NewSite,
    stack: ExitStack,
    cluster: Cluster,
    database: PostgresDatabase,
    folder: Path,
) -> Site:
    """A site whose database is behind a pgbouncer; so are its commands."""
    address = stack.enter_context(running_pgbouncer(cluster, folder))
    url = re.sub(r"127\.0\.0\.1:\d+", address, database.url)
    return new_site(
        "pgbouncer",
        DATABASE_URL=url,
        DATABASE_PREPARED_STATEMENTS="false",
        WORKERS="2",
        THREADS="6",
        LOGIN_FAILURE_LIMIT="0",
    )


def test_logins_and_tokens_of_many_threads_share_few_connections(
    pooled: Site, cast: Cast
) -> None:
    web, public = cast.repository("web"), cast.repository("public")
    scopes = [f"repository:{name}:pull,push" for name in (web, public)]

    def ask_three() -> list[tuple[int, object]]:
        answers = [ask(pooled, who, *scopes) for who in (cast.writer, cast.nobody)]
        wrong = ask(pooled, cast.writer.with_secret("wrong"), *scopes)
        return [
            *((answer.status, granted(answer)) for answer in answers),
            (wrong.status, None),
        ]

    with ThreadPoolExecutor(12) as clients:
        found = [
            each.result() for each in [clients.submit(ask_three) for _ in range(40)]
        ]

    assert (
        found
        == [
            [
                (200, {web: {"pull", "push"}, public: {"pull", "push"}}),
                (200, {web: set(), public: {"pull"}}),
                (401, None),
            ]
        ]
        * 40
    )


def test_a_push_creates_and_a_person_logs_in(pooled: Site, cast: Cast) -> None:
    new = cast.repository("new")
    answer = ask(pooled, cast.creator, f"repository:{new}:pull,push")
    assert granted(answer) == {new: {"pull", "push"}}
    names = pooled.call("repositories", namespace=cast.organization)
    assert names["new"] == "private"
    web = cast.repository("web")
    answer = ask(pooled, cast.owner, f"repository:{web}:*")
    assert granted(answer) == {web: {"*"}}


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with FakeIssuer() as issuer:
        yield issuer


def test_an_exchange_gives_a_token_that_works(
    pooled: Site, cast: Cast, issuer: FakeIssuer
) -> None:
    token = issuer.signer.token().reveal()
    entry = {
        "issuer": issuer.url,
        "subject": issuer.signer.claims()["sub"],
    }
    organization, _, short = cast.reader.name.partition("+")
    trusted = request(
        "POST",
        pooled.address,
        f"/api/v1/organization/{organization}/robots/{short}/federation",
        headers={"Authorization": f"Bearer {cast.api.secret}"},
        document=[entry],
    )
    assert trusted.status == 200, trusted.text

    with requests.Session() as session:
        session.trust_env = False
        made = session.get(
            f"http://{pooled.address}/oauth2/federation/robot/token",
            auth=(cast.reader.name, token),
            timeout=30,
        )
    assert made.status_code == 200, made.text
    job = pooled.account(cast.reader.name, made.json()["token"])
    web = cast.repository("web")
    assert granted(ask(pooled, job, f"repository:{web}:pull")) == {web: {"pull"}}


def test_bulk_commands_use_their_temporary_tables(pooled: Site, cast: Cast) -> None:
    vault = cast.repository("vault")
    for _ in range(3):  # On whichever connection it gets.
        pooled.manage(
            *("set_permissions", cast.organization, "write"),
            *("--to", f"{cast.organization}+*", "--all"),
        )
    answer = ask(pooled, cast.nobody, f"repository:{vault}:push")
    assert granted(answer) == {vault: {"push"}}
    exported = pooled.manage("export_access", cast.organization)
    assert "vault" in exported


def test_admin_pages_and_lists_answer(pooled: Site, cast: Cast) -> None:
    pooled.manage(
        "shell",
        "-v0",
        "-c",
        "from quaysite.models import User;"
        f"User.objects.filter(username='{cast.owner.name}')"
        ".update(is_staff=True, is_superuser=True)",
    )
    pooled.manage("collectstatic", "-v0", "--noinput")
    pooled.start_server()  # It learns of the files when it starts.
    person = Person(pooled, cast.owner)
    page = person.get("/admin/robots/robot/").decode()
    assert cast.reader.name.partition("+")[2] in page
    for path in ("/admin/", "/admin/robots/auditevent/"):
        assert cast.owner.name in person.get(path).decode()
    listed = request(
        "GET",
        pooled.address,
        f"/api/v1/organization/{cast.organization}/robots?permissions=true",
        headers={"Authorization": f"Bearer {cast.api.secret}"},
    )
    assert listed.status == 200
    assert len(listed.json["robots"]) == 5
