"""Reading access files: what the good ones say, and how the bad ones are refused."""

from datetime import UTC, datetime

import pytest

from robots.accessfile import decoding, trusts
from robots.accessfile.documents import (
    DefaultPermissionDocument,
    GrantDocument,
    NamespaceDocument,
    RepositoryDocument,
    RobotDocument,
    TeamDocument,
)
from robots.accessfile.errors import FileInvalid
from robots.accessfile.problems import MAX_TOLD
from robots.accessfile.reading import read_access_file
from robots.roles import Role, State, TeamRole, Visibility
from tests.robots.accessfile.bad_files import BAD_FILES, BadFile
from tests.robots.accessfile.good_files import COMPLETE, UNQUOTED

START = "version: 1\nnamespaces:\n"


def read(text: str) -> dict[str, NamespaceDocument]:
    return dict(read_access_file("acme.yaml", text.encode()).namespaces)


def refused(text: str) -> list[str]:
    with pytest.raises(FileInvalid) as caught:
        read(text)
    return caught.value.message.split("\n")


@pytest.mark.parametrize("bad", BAD_FILES, ids=lambda bad: bad.id)
def test_a_bad_file_is_refused_with_its_place(bad: BadFile) -> None:
    with pytest.raises(FileInvalid) as caught:
        read_access_file(bad.name, bad.bytes())
    first = caught.value.message.split("\n")[0]
    assert first.startswith(bad.place) or bad.id == "unknown-top"
    assert bad.says in caught.value.message


def test_the_bad_files_are_many_and_each_is_of_its_own_kind() -> None:
    ids = [bad.id for bad in BAD_FILES]
    assert len(ids) == len(set(ids)) > 100


def test_a_complete_file_says_everything() -> None:
    found = read(COMPLETE)
    assert found["alice"] == NamespaceDocument(personal=True, partial=True, robots={})
    acme = found["acme"]
    assert acme.fields == {
        "enabled": True,
        "email": "ops@example.com",
        "invoice_email": False,
        "invoice_email_address": "bills@example.com",
        "tag_expiration_s": 86400,
    }
    team = {"role": TeamRole.CREATOR, "description": "Who builds"}
    members = {"acme+ci": 13, "alice": 13}
    assert acme.teams == {"builders": TeamDocument(team, members)}
    defaults = (
        DefaultPermissionDocument("team:builders", Role.READ, "alice"),
        DefaultPermissionDocument("acme+ci", Role.ADMIN),
    )
    assert acme.default_permissions == defaults


def test_robots_and_repositories_say_everything() -> None:
    acme = read(COMPLETE)["acme"]
    robot = {
        "description": "Builds",
        "enabled": True,
        "expires_at": datetime(2030, 1, 1, tzinfo=UTC),
        "metadata": {
            "owner": "alice",
            "ports": [80, 443],
            "ratio": 0.5,
            "old": False,
            "note": None,
        },
    }
    trust = {
        "issuer": "https://issuer.example.com",
        "subject": "build-7",
        "audiences": ["https://quay.example.com"],
    }
    assert acme.robots == {"ci": RobotDocument(robot, (trust,))}
    web = {
        "visibility": Visibility.PUBLIC,
        "state": State.MIRROR,
        "mirror_robot": "ci",
        "description": "The shop.\nIt sells.\n",
    }
    permissions = {
        "acme+ci": GrantDocument(Role.WRITE),
        "team:builders": GrantDocument(Role.READ, datetime(2030, 6, 30, tzinfo=UTC)),
        "alice": GrantDocument(None),
    }
    assert acme.repositories == {
        "base/images": RepositoryDocument(),
        "web": RepositoryDocument(web, permissions),
    }


def test_what_is_said_knows_its_line() -> None:
    acme = read(COMPLETE)["acme"]
    assert acme.line == 3
    assert acme.robots and acme.robots["ci"].line == 15
    assert acme.repositories and acme.repositories["web"].permissions
    lines = [grant.line for grant in acme.repositories["web"].permissions.values()]
    assert lines == [34, 35, 36]
    assert acme.default_permissions
    assert [default.line for default in acme.default_permissions] == [38, 41]


def test_words_of_yaml_are_names_where_names_are_wanted() -> None:
    found = read(UNQUOTED)["1234"]
    assert found.teams == {
        "on": TeamDocument(members={"1234+0x1f": 5, "99": 5, "yes": 5})
    }
    fields = {"description": "007", "expires_at": None, "metadata": {"1": "yes"}}
    assert found.robots == {"0x1f": RobotDocument(fields)}
    assert found.default_permissions == (DefaultPermissionDocument("1.5", Role.READ),)
    assert found.repositories and found.repositories["1e5"].permissions == {
        "99": GrantDocument(Role.READ),
        "true": GrantDocument(Role.WRITE),
    }


def test_a_section_that_is_not_there_is_not_an_empty_one() -> None:
    (said,) = read(f"{START}  acme: {{}}\n").values()
    assert said == NamespaceDocument()
    (said,) = read(f"{START}  acme: {{teams: {{}}, default_permissions: []}}").values()
    assert said == NamespaceDocument(teams={}, default_permissions=())


def test_a_mark_of_the_byte_order_and_returns_are_read() -> None:
    text = COMPLETE.replace("\n", "\r\n")
    found = read_access_file("acme.yaml", text.encode("utf-8-sig"))
    assert dict(found.namespaces) == read(COMPLETE)


def test_a_file_of_the_greatest_size_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_BYTES", len(COMPLETE))
    assert read(COMPLETE)
    assert refused(f"{COMPLETE} ") == [
        f"acme.yaml: at most {len(COMPLETE)} bytes can be read"
    ]


def test_all_mistakes_are_told_at_once_in_the_order_of_lines() -> None:
    text = (
        f"{START}  acme:\n    teams:\n      b: {{}}\n    enabled: 1\n"
        "    robots:\n      ci: {}\n      ci: {}\n      cd: {enabld: true}\n"
    )
    places = [line.split(": ")[:2] for line in refused(text)]
    assert places == [
        ["acme.yaml:5", "namespaces.acme.teams.b"],
        ["acme.yaml:6", "namespaces.acme.enabled"],
        ["acme.yaml:9", "namespaces.acme.robots"],
        ["acme.yaml:10", "namespaces.acme.robots.cd"],
    ]


def test_there_is_an_end_of_what_is_told() -> None:
    keys = "".join(f"    key{number}: 1\n" for number in range(100))
    lines = refused(f"{START}  acme:\n{keys}")
    assert len(lines) == MAX_TOLD + 1
    assert lines[-1] == "acme.yaml: there may be more; these come first"


@pytest.mark.parametrize(
    "key", ['"\\e[2K\\e[1A"', '"x\\nacme.yaml:1: nothing is wrong"', '"\\u202Ex"']
)
@pytest.mark.parametrize("place", ["  {}: {{}}", "  acme: {{robots: {{ {}: {{}} }}}}"])
def test_a_key_cannot_draw_on_the_terminal(key: str, place: str) -> None:
    (line,) = refused(f"{START}{place.format(key)}\n")
    assert line.isprintable()
    assert line.startswith("acme.yaml:3: namespaces.")


def test_what_is_wrong_is_cut_short() -> None:
    (line,) = refused(f'{START}  "{"x" * 100_000}": {{}}\n')
    assert len(line) < 1100


def test_without_an_app_of_trusts_there_is_no_such_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trusts, "_keepers", [])
    (line,) = refused(f"{START}  acme: {{robots: {{ci: {{trusts: []}}}}}}\n")
    assert "unknown key 'trusts'; allowed are description, enabled" in line
