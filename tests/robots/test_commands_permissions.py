"""grant and revoke: exactly one row changes, and the command says how."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from robots.lifecycle.permissions import grant
from robots.models import AuditEvent, RepositoryPermission
from robots.roles import Role
from tests import factories
from tests.conftest import Cast

Captured = pytest.CaptureFixture[str]

JUNE = datetime(2130, 6, 30, tzinfo=UTC)


def permissions() -> set[tuple[str, str, str, datetime | None]]:
    rows = RepositoryPermission.objects.select_related("repository__namespace")
    return {
        (str(row.grantee), str(row.repository), row.get_role_display(), row.expires_at)
        for row in rows
    }


def refusal(*arguments: str) -> str:
    before, audited = permissions(), AuditEvent.objects.count()
    with pytest.raises(CommandError) as caught:
        call_command(*arguments)
    assert caught.value.returncode == 2
    assert (permissions(), AuditEvent.objects.count()) == (before, audited)
    return str(caught.value)


def last_event() -> tuple[str, str, str, str, dict[str, Any]]:
    event = AuditEvent.objects.latest("id")
    return (
        event.kind,
        event.performer_name,
        event.namespace_name,
        event.repository_name,
        event.facts,
    )


@pytest.mark.parametrize(
    ("identity", "named"),
    [
        pytest.param("acme+ci", {"username": "acme+ci"}, id="robot"),
        pytest.param("charlie", {"username": "charlie"}, id="user"),
        pytest.param("team:owners", {"team": "owners"}, id="team"),
    ],
)
def test_a_grant_adds_one_row_and_one_event(
    cast: Cast, capsys: Captured, identity: str, named: dict[str, str]
) -> None:
    before = permissions()
    call_command("grant", identity, "acme/api", "write")
    grantee = identity.removeprefix("team:")
    assert permissions() - before == {(grantee, "acme/api", "write", None)}
    assert before < permissions()
    assert capsys.readouterr().out == (
        f"{identity} has write on acme/api (before: nothing of its own).\n"
    )
    assert last_event() == (
        "change_repo_permission",
        "manage.py grant",
        "acme",
        "api",
        {**named, "repo": "api", "role": "write", "until": None},
    )


def test_a_grant_replaces_role_and_end(cast: Cast, capsys: Captured) -> None:
    grant(cast.web, cast.ci, Role.ADMIN, factories.BY, JUNE)
    call_command("grant", "acme+ci", "acme/web", "read")
    assert capsys.readouterr().out == (
        "acme+ci has read on acme/web (before: admin until 2130-06-30T00:00:00+00:00)."
        "\n"
    )
    row = RepositoryPermission.objects.get(robot=cast.ci)
    assert (row.role, row.expires_at) == (Role.READ, None)


def test_a_grant_that_changes_nothing_says_so(cast: Cast, capsys: Captured) -> None:
    call_command("grant", "acme+ci", "acme/web", "write")
    assert capsys.readouterr().out == "acme+ci has write on acme/web (as before).\n"
    call_command("grant", "acme+ci", "acme/web", "write", "--json")
    facts = json.loads(capsys.readouterr().out)
    assert facts["changed"] is False
    assert facts["before"] == {"role": "write", "until": None}


def test_json_tells_what_changed(cast: Cast, capsys: Captured) -> None:
    call_command(
        "grant", "acme+ci", "acme/web", "read", "--until", "2130-06-30", "--json"
    )
    assert json.loads(capsys.readouterr().out) == {
        "identity": "acme+ci",
        "repository": "acme/web",
        "role": "read",
        "until": "2130-06-30T00:00:00+00:00",
        "before": {"role": "write", "until": None},
        "changed": True,
    }


@pytest.mark.parametrize(
    ("text", "end"),
    [
        pytest.param("2130-06-30", JUNE, id="date is midnight UTC"),
        pytest.param("2130-06-30T00:00:00Z", JUNE, id="Z"),
        pytest.param("2130-06-30T02:00:00+02:00", JUNE, id="zone east"),
        pytest.param("2130-06-29T19:00-05:00", JUNE, id="zone west, no seconds"),
        pytest.param("21300630T000000Z", JUNE, id="basic format"),
        pytest.param(
            "2130-06-30T00:00:00.25Z",
            JUNE + timedelta(milliseconds=250),
            id="fraction",
        ),
    ],
)
def test_an_end_is_kept_to_the_moment(cast: Cast, text: str, end: datetime) -> None:
    call_command("grant", "acme+reader", "acme/api", "read", "--until", text)
    row = RepositoryPermission.objects.get(robot=cast.reader, repository=cast.api)
    assert row.expires_at == end


UNREADABLE = "is not an ISO 8601 date, or date-time with a zone"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("2130-06-30T00:00:00", UNREADABLE, id="no zone"),
        pytest.param("tomorrow", UNREADABLE, id="word"),
        pytest.param("", UNREADABLE, id="empty"),
        pytest.param("2130-02-30", UNREADABLE, id="no such day"),
        pytest.param("30/06/2130", UNREADABLE, id="slashes"),
        pytest.param("9999-12-31T23:59:59-12:00", UNREADABLE, id="beyond time"),
        pytest.param("\u0662130-06-30", UNREADABLE, id="digits of another script"),
        pytest.param("2130-06-30\0", "until: NUL characters", id="NUL"),
        pytest.param("2020-01-01", "is in the past", id="past date"),
        pytest.param("0001-01-01", "is in the past", id="first day"),
    ],
)
def test_an_end_is_refused(cast: Cast, text: str, error: str) -> None:
    assert error in refusal("grant", "acme+ci", "acme/web", "read", f"--until={text}")


def test_an_end_of_a_moment_ago_is_past(cast: Cast) -> None:
    moment = (timezone.now() - timedelta(seconds=1)).isoformat()
    error = refusal("grant", "acme+ci", "acme/web", "read", "--until", moment)
    assert error == f"--until: {moment} is in the past"


@pytest.mark.parametrize(
    ("identity", "repository", "error"),
    [
        pytest.param(
            "other+ci",
            "acme/web",
            "Cannot add robot other+ci under namespace acme",
            id="robot of another namespace",
        ),
        pytest.param(
            "team:traders",
            "acme/web",
            "No team traders in organization acme",
            id="team of another organization",
        ),
        pytest.param(
            "bob",
            "bob/own",
            "Namespace owner must always be admin.",
            id="owner of the namespace",
        ),
        pytest.param(
            "acme+nope", "acme/web", "There is no robot account acme+nope", id="robot"
        ),
        pytest.param("nobody", "acme/web", "There is no user nobody", id="user"),
        pytest.param("", "acme/web", "There is no user ", id="empty"),
        pytest.param(
            "a+b@example.com",
            "acme/web",
            "There is no user a+b@example.com",
            id="e-mail address",
        ),
        pytest.param("team:", "acme/web", "No team  in organization acme", id="team"),
        pytest.param(
            "acme+ci", "acme/nope", "There is no repository acme/nope", id="repository"
        ),
        pytest.param(
            "acme+ci", "acme/W", "There is no repository acme/W", id="bad repository"
        ),
        pytest.param("b\0b", "acme/web", "identity: NUL", id="NUL"),
        pytest.param("b\ud800", "acme/web", "identity: NUL", id="surrogate"),
        pytest.param("bob", "acme/w\0", "repository: NUL", id="repository NUL"),
        pytest.param(
            "\u202ebob", "acme/web", "There is no user \u202ebob", id="direction mark"
        ),
    ],
)
def test_a_grant_is_refused(
    cast: Cast, identity: str, repository: str, error: str
) -> None:
    other = factories.organization("other")
    factories.robot(other, "ci")
    factories.team(other, "traders")
    factories.repository(cast.bob.personal_namespace, "own")
    assert error in refusal("grant", identity, repository, "read")


def test_a_role_is_one_of_three(cast: Cast) -> None:
    before = permissions()
    with pytest.raises(CommandError, match="'read', 'write', 'admin'"):
        call_command("grant", "acme+ci", "acme/web", "owner")
    assert permissions() == before


@pytest.mark.parametrize(
    ("identity", "repository", "named"),
    [
        pytest.param("acme+ci", "acme/web", {"username": "acme+ci"}, id="robot"),
        pytest.param("bob", "acme/web", {"username": "bob"}, id="user"),
        pytest.param("team:developers", "acme/api", {"team": "developers"}, id="team"),
    ],
)
def test_a_revocation_removes_one_row(
    cast: Cast, capsys: Captured, identity: str, repository: str, named: dict[str, str]
) -> None:
    grant(cast.web, cast.bob, Role.WRITE, factories.BY)
    before = permissions()
    call_command("revoke", identity, repository)
    grantee = identity.removeprefix("team:")
    assert before - permissions() == {(grantee, repository, "write", None)}
    assert capsys.readouterr().out == (
        f"{identity} has nothing of its own on {repository} any more (before: write).\n"
    )
    name = repository.removeprefix("acme/")
    assert last_event() == (
        "delete_repo_permission",
        "manage.py revoke",
        "acme",
        name,
        {**named, "repo": name},
    )


def test_json_tells_what_was_revoked(cast: Cast, capsys: Captured) -> None:
    grant(cast.web, cast.ci, Role.WRITE, factories.BY, JUNE)
    call_command("revoke", "acme+ci", "acme/web", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "identity": "acme+ci",
        "repository": "acme/web",
        "before": {"role": "write", "until": JUNE.isoformat()},
    }


@pytest.mark.parametrize(
    ("identity", "error"),
    [
        pytest.param("acme+ci", "User does not have permission for repo.", id="robot"),
        pytest.param("bob", "User does not have permission for repo.", id="via team"),
        pytest.param(
            "team:owners", "Team does not have permission for repo.", id="team"
        ),
        pytest.param("acme+no", "There is no robot account acme+no", id="no robot"),
        pytest.param("team:no", "No team no in organization acme", id="no team"),
    ],
)
def test_there_must_be_something_to_revoke(
    cast: Cast, identity: str, error: str
) -> None:
    assert refusal("revoke", identity, "acme/api") == error
