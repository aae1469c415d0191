"""Answers of an end that is broken or means harm: told, and nothing foreign granted.

Each answer is put in place of one of the recorded ones. What comes of it is a refusal
of the whole run, which stores nothing, or a line of the report beside all the rest.
"""

from typing import Any

import pytest

from robots.accessfile.documents import NamespaceDocument
from robots.models import RepositoryPermission, TeamMember
from robots.quay import api
from robots.roles import State
from tests import factories
from tests.robots.ledger import unchanged
from tests.robots.quay.importing import forgotten, refusal, run_import, stored
from tests.robots.quay.recorded import (
    CI_TOKEN,
    ORG,
    WEB,
    acme,
    by_name,
    granted,
    member,
    members,
    prototype,
    repository,
    robot,
    team,
)
from tests.robots.quay.server import Said, served

LONG = "x" * 5_000_000
DEEP = b"[" * 100_000
ESCAPE = "\x1b[2J\x07evil\r\n\u202e"


def answers_with(path: str, said: Any) -> dict[str, Any]:
    return {**acme(), path: said}


WHOLE = {
    "no JSON": (ORG, Said(b"<html>Quay</html>")),
    "deep JSON": (f"{ORG}/robots", Said(DEEP)),
    "an array for an object": (ORG, []),
    "null": (ORG, None),
    "an object for an array": (f"{ORG}/robots/ci/federation", {"issuer": "x"}),
    "no list of robots": (f"{ORG}/robots", {"robots": "none"}),
    "a number of robots": (f"{ORG}/robots", {"robots": 7}),
    "no permissions": (f"{WEB}/user/", {}),
    "members that are a text": (f"{ORG}/team/builders/members", {"members": "bob"}),
    "the same page again": (
        "/repository",
        {"repositories": [repository("web")], "next_page": "again"},
    ),
    "a page that is no text": ("/repository", {"repositories": [], "next_page": 7}),
    "the person's organizations are none": ("/user/", {"organizations": {"a": 1}}),
    "a person who may be more": (
        "/user/",
        {"organizations": [], "super_user": "yes"},
    ),
    "an error of the server": (f"{ORG}/prototypes", Said({}, 500)),
    "no such token": (f"{WEB}/team/", Said({}, 401)),
    "a redirect": (f"{WEB}/team/", Said({}, 302)),
}


@pytest.mark.parametrize("path, said", WHOLE.values(), ids=WHOLE)
def test_a_whole_answer_that_is_none_ends_the_run(
    people: None, path: str, said: Any
) -> None:
    with served(answers_with(path, said)) as quay, unchanged():
        message = refusal(quay)
    assert len(message) < 400
    assert message.isprintable()


def test_pages_without_an_end_are_not_read_for_ever(
    people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MAX_PAGES", 3)
    pages = {
        f"/repository?namespace=acme&next_page={n}": {
            "repositories": [repository(f"r{n}x")],
            "next_page": str(n + 1),
        }
        for n in range(10)
    }
    first = {"repositories": [], "next_page": "0"}
    with served({**acme(), **pages, "/repository": first}) as quay, unchanged():
        assert "more than 3 pages" in refusal(quay)
    assert len([path for path in quay.requests if "next_page" in path]) == 2


def test_nor_are_lists_without_one(
    people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MAX_ITEMS", 4)
    many = {"repositories": [repository(f"r{n}x") for n in range(5)]}
    with served(answers_with("/repository", many)) as quay, unchanged():
        assert "more than 4 repositories" in refusal(quay)


def with_robots(*robots: Any) -> dict[str, Any]:
    return {"robots": [robot("acme+ci", None), robot("acme+bot", None), *robots]}


def with_repositories(*repositories: Any) -> dict[str, Any]:
    return {
        "repositories": [
            repository("web", description="The shop"),
            repository("tools/api", is_public=True, state="READ_ONLY"),
            *repositories,
        ]
    }


def with_members(*more: Any) -> dict[str, Any]:
    return members("builders", member("bob"), member("acme+ci"), *more)


def with_permissions(*more: dict[str, Any]) -> dict[str, Any]:
    return by_name(granted("write", "acme+ci"), granted("read", "bob"), *more)


def with_prototypes(*more: Any) -> dict[str, Any]:
    return {
        "prototypes": [
            prototype("read", "team:builders"),
            prototype("write", "acme+bot", "alice"),
            *more,
        ]
    }


def with_teams(**more: Any) -> dict[str, Any]:
    teams = {
        "owners": team("owners", "admin"),
        "builders": team("builders", "member", "They build"),
    }
    return {**acme()[ORG], "teams": {**teams, **more}}


PARTS = {
    "a robot of another namespace": (
        f"{ORG}/robots",
        with_robots(robot("other+thief", CI_TOKEN)),
    ),
    "a robot without a plus": (f"{ORG}/robots", with_robots(robot("alice", None))),
    "a robot with two": (f"{ORG}/robots", with_robots(robot("acme+a+b", None))),
    "a robot with a newline": (f"{ORG}/robots", with_robots(robot("acme+cd\n", None))),
    "a robot that climbs": (f"{ORG}/robots", with_robots(robot("acme+../x", None))),
    "a robot with 5 MB of name": (f"{ORG}/robots", with_robots(robot(LONG, None))),
    "a robot that is a list": (f"{ORG}/robots", with_robots([1])),
    "a robot without a name": (f"{ORG}/robots", with_robots({"name": None})),
    "a repository of another namespace": (
        "/repository",
        with_repositories({**repository("web"), "namespace": "other"}),
    ),
    "a repository with a bad name": (
        "/repository",
        with_repositories(repository("../../other/web")),
    ),
    "a repository with escapes": ("/repository", with_repositories(repository(ESCAPE))),
    "a repository that may be public": (
        "/repository",
        with_repositories(repository("maybe", is_public="false")),
    ),
    "a repository in a strange state": (
        "/repository",
        with_repositories(repository("locked", state="LOCKED")),
    ),
    "a repository of applications": (
        "/repository",
        with_repositories(repository("charts", kind="application")),
    ),
    "a foreign robot in a team": (
        f"{ORG}/team/builders/members",
        with_members(member("other+thief")),
    ),
    "a foreign robot that is said to be a person": (
        f"{ORG}/team/builders/members",
        with_members(member("other+thief", is_robot=False)),
    ),
    "a person that is said to be a robot": (
        f"{ORG}/team/builders/members",
        with_members(member("alice", is_robot=True)),
    ),
    "somebody invited": (
        f"{ORG}/team/builders/members",
        with_members(member("alice", invited=True)),
    ),
    "an invitation by mail": (
        f"{ORG}/team/builders/members",
        with_members({"email": "x@example.com", "kind": "invite", "invited": True}),
    ),
    "a member that is a number": (f"{ORG}/team/builders/members", with_members(7)),
    "a foreign robot with a permission": (
        f"{WEB}/user/",
        with_permissions(granted("admin", "other+thief")),
    ),
    "a team among the people": (
        f"{WEB}/user/",
        with_permissions(granted("admin", "team:owners")),
    ),
    "a role that is none": (
        f"{WEB}/user/",
        with_permissions(granted("owner", "alice")),
    ),
    "a role in capitals": (f"{WEB}/user/", with_permissions(granted("ADMIN", "alice"))),
    "a role that is a number": (
        f"{WEB}/user/",
        with_permissions({**granted("admin", "alice"), "role": 3}),
    ),
    "a person with a NUL": (
        f"{WEB}/user/",
        with_permissions(granted("admin", "alice\x00")),
    ),
    "a person with half a character": (
        f"{WEB}/user/",
        with_permissions(granted("admin", "\ud800")),
    ),
    "a person with 5 MB of name": (
        f"{WEB}/user/",
        with_permissions(granted("admin", LONG)),
    ),
    "a person in capitals": (
        f"{WEB}/user/",
        with_permissions(granted("admin", "ALICE")),
    ),
    "a team that is not there": (
        f"{WEB}/team/",
        by_name(
            {"role": "admin", "name": "builders"}, {"role": "admin", "name": "nobody"}
        ),
    ),
    "a team with a bad name": (ORG, with_teams(x=team("Owners!", "admin"))),
    "a team with a bad role": (ORG, with_teams(x=team("hackers", "root"))),
    "a team that is a text": (ORG, with_teams(x="hackers")),
    "a default permission of a foreign robot": (
        f"{ORG}/prototypes",
        with_prototypes(prototype("admin", "other+thief")),
    ),
    "a default permission by a foreign robot": (
        f"{ORG}/prototypes",
        with_prototypes(prototype("admin", "alice", "other+thief")),
    ),
    "a default permission of nothing": (f"{ORG}/prototypes", with_prototypes({})),
    "a default permission of an organization": (
        f"{ORG}/prototypes",
        with_prototypes(
            {**prototype("admin", "alice"), "delegate": {"kind": "org", "name": "x"}}
        ),
    ),
    "an address that is none": (ORG, {**with_teams(), "invoice_email_address": "x"}),
    "a person's address": (
        ORG,
        {**with_teams(), "email": "eve@example.com"},
    ),
    "an address that is a number": (ORG, {**with_teams(), "invoice_email_address": 7}),
    "a team with a description of 5 MB": (
        ORG,
        with_teams(builders=team("builders", "member", LONG)),
    ),
    "a team that a directory fills": (
        ORG,
        with_teams(builders={**team("builders", "member"), "is_synced": True}),
    ),
    "a repository with a description of 5 MB": (
        "/repository",
        with_repositories(repository("web", description=LONG)),
    ),
    "metadata of 5 MB": (
        f"{ORG}/robots/bot",
        robot("acme+bot", None, unstructured_metadata={"x": LONG}),
    ),
    "a strange tag expiration": (ORG, {**with_teams(), "tag_expiration_s": True}),
    "metadata that are a list": (
        f"{ORG}/robots/bot",
        robot("acme+bot", None, unstructured_metadata=[1]),
    ),
    "metadata without an end": (
        f"{ORG}/robots/bot",
        Said(b'{"unstructured_metadata": {"a": ' + b'{"a":' * 90 + b"1" + b"}" * 92),
    ),
    "a description of 5 MB": (
        f"{ORG}/robots/bot",
        robot("acme+bot", None, description=LONG),
    ),
    "a token that is a list": (
        f"{ORG}/robots/bot",
        {**robot("acme+bot", None), "token": [CI_TOKEN]},
    ),
    "a trust that is a text": (f"{ORG}/robots/bot/federation", ["issuer"]),
    "a trust of numbers": (
        f"{ORG}/robots/bot/federation",
        [{"issuer": 1, "subject": 2}],
    ),
}


def told_apart(document: NamespaceDocument) -> dict[str, Any]:
    """A document's parts without those that a whole-run comparison cannot hold."""
    return {
        "robots": set(document.robots or ()),
        "teams": {
            name: (team.fields["role"], set(team.members or ()))
            for name, team in (document.teams or {}).items()
        },
        "repositories": {
            name: (
                said.fields["visibility"],
                {who: grant.role for who, grant in (said.permissions or {}).items()},
            )
            for name, said in (document.repositories or {}).items()
        },
        "default_permissions": document.default_permissions,
    }


@pytest.fixture
def expected(people: None) -> dict[str, Any]:
    """What comes of the recorded answers; all of it is gone again."""
    with served(acme()) as quay, forgotten():
        run_import(quay)
        expected = told_apart(stored())
    factories.robot(factories.organization("other"), "thief")
    factories.user("eve", email="eve@example.com")
    return expected


@pytest.mark.parametrize("path, said", PARTS.values(), ids=PARTS)
def test_a_part_that_cannot_be_is_told_and_the_rest_comes(
    expected: dict[str, Any], path: str, said: Any
) -> None:
    with served(answers_with(path, said)) as quay:
        ran = run_import(quay)
    assert ran.code == 3
    assert ran.left_out
    assert all(len(line) < 700 and line.isprintable() for line in ran.left_out)
    assert told_apart(stored()) == expected
    foreign = {"robot__namespace__name": "other"}
    assert not RepositoryPermission.objects.filter(**foreign).exists()
    assert not TeamMember.objects.filter(**foreign).exists()


@pytest.mark.parametrize("teams", [None, ["owners"], "owners"])
def test_an_organization_without_teams_is_none(people: None, teams: Any) -> None:
    answers = answers_with(ORG, {**acme()[ORG], "teams": teams})
    with served(answers) as quay, unchanged():
        ran = run_import(quay)
    assert [line.split(":")[0] for line in ran.left_out] == ["organization acme"]


def quaysites(**more: Any) -> dict[str, Any]:
    said = robot("acme+ci", CI_TOKEN, unstructured_metadata={}, **more)
    return answers_with(f"{ORG}/robots/ci", said)


@pytest.mark.parametrize(
    "more",
    [
        {"enabled": "yes"},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "soon"},
        {"expires_at": "2030-01-01T00:00:00"},
        {"expires_at": 7},
    ],
)
def test_a_robot_that_may_not_work_there_does_not_come(
    people: None, more: dict[str, Any]
) -> None:
    with served(quaysites(**more)) as quay:
        ran = run_import(quay)
    held = stored()
    assert set(held.robots or ()) == {"bot"}
    assert "robot acme+ci: was not brought, and so nothing that it has" in ran.left_out


def test_a_disabled_robot_with_an_end_is_both_here(people: None) -> None:
    with served(quaysites(enabled=False, expires_at="2030-01-01T00:00:00Z")) as quay:
        run_import(quay)
    fields = (stored().robots or {})["ci"].fields
    assert fields["enabled"] is False
    assert fields["expires_at"].year == 2030


@pytest.mark.parametrize(
    "said", [{"robot_username": "other+thief"}, {"robot_username": None}, {}]
)
def test_a_mirror_has_no_foreign_robot(people: None, said: dict[str, Any]) -> None:
    answers = answers_with(
        "/repository", with_repositories(repository("copy", state="ORG_MIRROR"))
    )
    with served({**answers, "/repository/acme/copy/mirror": said}) as quay:
        ran = run_import(quay)
    fields = (stored().repositories or {})["copy"].fields
    assert (fields["state"], fields["mirror_robot"]) == (State.MIRROR, None)
    assert any("mirror robot of acme/copy" in line for line in ran.left_out)
