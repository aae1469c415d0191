"""Harbor's API, read over HTTP: pages, what is hidden, and answers that are none."""

from typing import Any

import pytest

from robots.errors import DomainError
from robots.harbor.api import PAGE_SIZE, read_api
from robots.harbor.records import Access, HarborRobot
from robots.harbor.sources import harbor
from robots.importing.leftovers import Leftovers
from robots.remote import Remote, RemoteFailed
from tests.robots.harbor.server import PASSWORD, USER, Harbor, robot, served


def remote_of(server: Harbor, password: str = PASSWORD) -> Remote:
    return harbor(server.url, USER, None, None, {"HARBOR_PASSWORD": password})


def read(server: Harbor, *projects: str) -> tuple[list[HarborRobot], list[str]]:
    leftovers = Leftovers()
    found = list(read_api(remote_of(server), projects, leftovers))
    return found, [leftover.words() for leftover in leftovers.all()]


def test_a_robot_as_the_api_has_it() -> None:
    said = robot("ci", "acme", "pull", "push", description="Builds", disable=True)
    with served({"acme": [said]}) as server:
        found, left = read(server)
    assert found == [
        HarborRobot(
            "robot$acme+ci",
            "acme",
            "Builds",
            None,
            True,
            (
                Access("acme", "repository", "pull", ""),
                Access("acme", "repository", "push", ""),
            ),
        )
    ]
    assert left == []


def test_robots_of_the_system_come_with_all_projects_only() -> None:
    system = robot("x", "acme", "pull", name="robot$x", level="system")
    system["permissions"].append(
        {"kind": "system", "namespace": "/", "access": [{"resource": "user"}]}
    )
    with served({"acme": [], "lab": []}, system=[system]) as server:
        (found,), _ = read(server)
        assert found.project == ""
        assert {access.project for access in found.accesses} == {"acme", "/"}
        assert read(server, "lab") == ([], [])
        assert "Level%3Dsystem" not in server.requests[-1]


def test_a_user_who_may_not_see_robots_of_the_system() -> None:
    with served(
        {"acme": [robot("ci", "acme", "pull")]}, statuses={"Level=system": 403}
    ) as server:
        found, left = read(server)
    assert len(found) == 1
    assert left == ["robots of the system: cannot be read by this user"]


@pytest.mark.parametrize("count", [0, 1, PAGE_SIZE - 1, PAGE_SIZE, 2 * PAGE_SIZE + 1])
def test_every_page_is_read(count: int) -> None:
    robots = [robot(f"r{n:03}", "acme", "pull") for n in range(count)]
    with served({"acme": robots}) as server:
        found, _ = read(server)
    assert [one.name for one in found] == [one["name"] for one in robots]


def test_null_is_a_list_of_nothing() -> None:
    with served({}, answers={"/projects": None}) as server:
        assert read(server) == ([], [])


def test_a_list_without_end_is_refused() -> None:
    page = [robot("ci", "acme", "pull")] * (2 * PAGE_SIZE)
    with served({"acme": page}) as server, pytest.raises(DomainError) as caught:
        read(server)
    assert "page 2 is page 1 again" in caught.value.message


@pytest.mark.parametrize("key", ["/projects", "Level=project,ProjectID=2"])
@pytest.mark.parametrize("answer", [{}, "x", 7, {"robots": []}])
def test_an_answer_that_is_no_list_is_refused(key: str, answer: Any) -> None:
    with (
        served({"acme": []}, answers={key: answer}) as server,
        pytest.raises(DomainError) as caught,
    ):
        read(server)
    assert "is no list" in caught.value.message


@pytest.mark.parametrize(
    "item",
    [
        None,
        "robot$acme+ci",
        {},
        robot("ci", "acme", name=7),
        robot("ci", "acme", description=[]),
        robot("ci", "acme", expires_at="never"),
        robot("ci", "acme", expires_at=True),
        robot("ci", "acme", expires_at=10**30),
        robot("ci", "acme", disable="no"),
        robot("ci", "acme", permissions={}),
        robot("ci", "acme", permissions=[7]),
        robot("ci", "acme", permissions=[{"kind": "project"}]),
        robot("ci", "acme", permissions=[
            {"kind": "project", "namespace": "acme", "access": "all"}]),
        robot("ci", "acme", permissions=[
            {"kind": "project", "namespace": "acme", "access": [{"action": 7}]}]),
    ],
)  # fmt: skip
def test_an_item_that_is_no_robot_is_left_out_and_the_others_are_read(
    item: Any,
) -> None:
    with served({"acme": [item, robot("cd", "acme", "pull")]}) as server:
        found, left = read(server)
    assert [one.name for one in found] == ["robot$acme+cd"]
    assert len(left) == 1


def test_a_project_that_is_none_is_left_out() -> None:
    projects = [7, {"project_id": 2}, {"name": 1, "project_id": 2}]
    with served({"acme": []}, answers={"/projects": projects}) as server:
        found, left = read(server)
    assert (found, len(left)) == ([], 3)


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_list_that_is_not_given_ends_it(status: int) -> None:
    for key in ("/projects", "Level=project,ProjectID=2"):
        with (
            served({"acme": []}, statuses={key: status}) as server,
            pytest.raises(RemoteFailed) as caught,
        ):
            read(server)
        assert caught.value.status == status


def test_a_wrong_password_is_told_without_it() -> None:
    with served({}) as server, pytest.raises(RemoteFailed) as caught:
        list(read_api(remote_of(server, "secret-canary"), (), Leftovers()))
    assert caught.value.status == 401
    assert "canary" not in caught.value.message


@pytest.mark.parametrize(
    ("user", "file", "environment", "error"),
    [
        ("admin", None, {}, "Give --password-file, or set HARBOR_PASSWORD"),
        ("admin", None, {"HARBOR_PASSWORD": "x" * 1025}, "1 to 1024 characters"),
        ("admin", "/none/file", {}, "--password-file: /none/file cannot be read"),
        ("ad:min", None, {"HARBOR_PASSWORD": "x"}, "no colon"),
    ],
)
def test_what_the_api_cannot_be_asked_with(
    user: str, file: str | None, environment: dict[str, str], error: str
) -> None:
    with pytest.raises(DomainError) as caught:
        harbor("https://harbor.example.com", user, file, None, environment)
    assert error in caught.value.message


def test_certificates_must_be_a_file_and_http_is_for_this_machine() -> None:
    environment = {"HARBOR_PASSWORD": "x"}
    with pytest.raises(DomainError):
        harbor("https://harbor.example.com", USER, None, "/none", environment)
    with pytest.raises(DomainError):
        harbor("http://harbor.example.com", USER, None, None, environment)


def test_robots_of_the_system_that_cannot_be_had_now_end_it() -> None:
    with (
        served({"acme": []}, statuses={"Level=system": 500}) as server,
        pytest.raises(RemoteFailed) as caught,
    ):
        read(server)
    assert caught.value.status == 500


def test_more_pages_than_any_harbor_has_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("robots.harbor.api.MAX_PAGES", 2)
    robots = [robot(f"r{n:03}", "acme", "pull") for n in range(2 * PAGE_SIZE)]
    with served({"acme": robots}) as server, pytest.raises(DomainError) as caught:
        read(server)
    assert caught.value.message == "/robots: more than 2 pages"


def test_a_robot_without_permissions_may_nothing() -> None:
    with served({"acme": [robot("ci", "acme", permissions=None)]}) as server:
        (found,), _ = read(server)
    assert found.accesses == ()
