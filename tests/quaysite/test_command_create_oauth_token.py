"""create_oauth_token: a token that works at once, for as long and as much as said."""

import json

import pytest
from django.core.management import CommandError, call_command

from quaysite.models import AccessToken
from robots.models import AuditEvent
from tests.api.local import LocalClient
from tests.conftest import Cast

ROBOTS = "/api/v1/organization/acme/robots"

Captured = pytest.CaptureFixture[str]


def test_the_token_acts_for_its_person(cast: Cast, capsys: Captured) -> None:
    call_command("create_oauth_token", "alice", "--scope", "repo:read,org:admin")
    *_, line = capsys.readouterr().out.splitlines()
    token = line.removeprefix("Token: ")
    assert LocalClient(token).get(ROBOTS).status == 200
    stored = AccessToken.objects.get()
    assert stored.scope == "repo:read org:admin"
    assert token not in (stored.token, stored.token_checksum)
    event = AuditEvent.objects.get(kind="create_oauth_api_token")
    assert event.performer_name == "manage.py create_oauth_token"
    assert token not in json.dumps(event.facts)


def test_it_can_be_read_by_programs(cast: Cast, capsys: Captured) -> None:
    arguments = ("alice", "--scope", "repo:read", "--days", "1", "--json")
    call_command("create_oauth_token", *arguments)
    told = json.loads(capsys.readouterr().out)
    assert told.keys() == {"user", "scope", "expires", "token"}
    assert LocalClient(told["token"]).get(ROBOTS).status == 403


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("nobody", "--scope", "repo:read"), "There is no user nobody"),
        (("acme", "--scope", "repo:read"), "There is no user acme"),
        (("alice", "--scope", "repo:all"), "--scope: 'repo:all' is not made of"),
        (("alice", "--scope", ""), "--scope: '' is not made of"),
        (("alice", "--scope", "repo:read", "--days", "0"), "--days: from 1 to 3652"),
        (("alice", "--scope", "repo:read", "--days", "9999"), "--days: from 1"),
        (("alice", "--scope", "repo:read", "--name", ""), "--name: from 1 to 255"),
    ],
)
def test_what_cannot_be_is_refused(
    cast: Cast, arguments: tuple[str, ...], error: str
) -> None:
    with pytest.raises(CommandError, match=error) as caught:
        call_command("create_oauth_token", *arguments)
    assert caught.value.returncode == 2
    assert not AccessToken.objects.exists()


def test_the_token_dies_with_its_person(cast: Cast, capsys: Captured) -> None:
    call_command("create_oauth_token", "alice", "--scope", "org:admin", "--json")
    client = LocalClient(json.loads(capsys.readouterr().out)["token"])
    cast.alice.is_active = False
    cast.alice.save()
    assert client.get(ROBOTS).status == 401
