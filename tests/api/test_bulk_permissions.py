"""A robot's role on many repositories, over the API: contract section 9, row 18."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from robots.lifecycle import bulk_permissions
from robots.lifecycle.permissions import grant
from robots.models import AuditEvent, Repository, RepositoryPermission
from robots.roles import Role
from tests import factories
from tests.api.client import Answer, Client
from tests.api.local import LocalClient, LocalUser
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

ROBOTS = "/api/v1/organization/acme/robots"
CI = f"{ROBOTS}/ci/permissions"
READ_WEB = {"role": "read", "repositories": ["web"]}
EITHER = "Give exactly one of 'repositories' and 'match'"


def reply(role: str, **lists: Any) -> dict[str, Any]:
    """What is answered, with what is not named empty."""
    empty: dict[str, Any] = dict(added=[], changed=[], removed=[], unchanged=[])
    return {"role": role, "until": None, "dry_run": False, **empty, **lists}


def held() -> dict[str, str]:
    rows = RepositoryPermission.objects.filter(robot__name="ci")
    found = rows.values_list("repository__name", "role")
    return {name: Role(role).label for name, role in found}


def assert_refused(answer: Answer, text: str) -> None:
    assert answer.status == 400
    assert answer.json["error_type"] == "invalid_request"
    assert answer.json["detail"] == text


def test_a_role_is_set_and_taken_away(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    body = {"role": "read", "repositories": ["web", "api"]}
    made = alice.put(CI, body)
    change = {"name": "web", "from": "write", "to": "read"}
    assert made.status == 200
    assert made.json == reply("read", added=["api"], changed=[change])
    assert alice.put(CI, body).json == reply("read", unchanged=["api", "web"])
    assert held() == {"api": "read", "web": "read"}
    gone = alice.put(f"{CI}/", {"role": "none", "match": "*"})
    assert gone.json == reply("none", removed=["api", "web"], unchanged=["public"])
    assert held() == {}
    events = AuditEvent.objects.filter(kind="change_repo_permissions")
    assert events.count() == 2, "none for what changed nothing"
    latest = events.latest("id")
    assert latest.facts["username"] == "acme+ci"
    assert latest.facts["counts"] == {"added": 0, "changed": 0, "removed": 2}
    assert latest.facts["oauth_token_application"] == "tests"
    assert (latest.namespace_name, latest.performer_name) == ("acme", "alice")


def test_a_grant_of_the_same_moment_refuses_all(
    cast: Cast, local_user: LocalUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def granted_just_after(*args: Any) -> bulk_permissions.Plan:
        made = plan(*args)
        grant(cast.api, cast.ci, Role.ADMIN, factories.BY)
        return made

    plan = bulk_permissions.plan
    monkeypatch.setattr(bulk_permissions, "plan", granted_just_after)
    answer = local_user(cast.alice).put(CI, {"role": "read", "match": "*"})
    assert_refused(
        answer, "Permissions were changed meanwhile; nothing was changed, try again"
    )
    # The grant too, which is made in the same transaction here.
    assert held() == {"web": "write"}
    assert not AuditEvent.objects.filter(kind="change_repo_permissions").exists()


def test_what_one_call_sets_the_other_lists(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    alice.put(CI, {"role": "admin", "match": "p*"})
    listed = {
        (shown["repository"]["name"], shown["role"])
        for shown in alice.get(CI).json["permissions"]
    }
    assert listed == {("public", "admin"), ("web", "write")}


def test_a_dry_run_tells_the_same_and_changes_nothing(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    body = {"role": "write", "match": "*", "until": "2040-01-01T02:00:00+02:00"}
    dry = alice.put(CI, {**body, "dry_run": True}).json
    assert held() == {"web": "write"}
    assert not AuditEvent.objects.filter(kind="change_repo_permissions").exists()
    done = alice.put(CI, {**body, "dry_run": False}).json
    assert dry == {**done, "dry_run": True}
    assert done["until"] == "2040-01-01T00:00:00Z"
    assert done["changed"] == [{"name": "web", "from": "write", "to": "write"}]
    assert held() == {"api": "write", "public": "write", "web": "write"}
    again = alice.put(CI, {**body, "until": None}).json
    assert (len(again["changed"]), again["until"]) == (3, None)


def test_a_persons_own_robots(cast: Cast, local_user: LocalUser) -> None:
    own = cast.alice.personal_namespace
    factories.robot(own, "ci")
    factories.repository(own, "web")
    grant(cast.web, cast.ci, Role.WRITE, factories.BY)
    made = local_user(cast.alice).put("/api/v1/user/robots/ci/permissions", READ_WEB)
    assert made.json == reply("read", added=["web"])
    permission = RepositoryPermission.objects.get(robot__namespace=own)
    assert permission.repository.namespace == own


ANY = object()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"null", "Missing JSON body"),
        ([], "[] is not of type 'object'"),
        ({}, "'role' is a required property"),
        ({"role": "read"}, EITHER),
        ({**READ_WEB, "match": "*"}, EITHER),
        (
            {**READ_WEB, "role": "owner"},
            "'owner' is not one of ['read', 'write', 'admin', 'none']",
        ),
        ({**READ_WEB, "role": 1}, "1 is not of type 'string'"),
        ({**READ_WEB, "repositories": "web"}, "'web' is not of type 'array'"),
        ({**READ_WEB, "repositories": ["web", 5]}, "5 is not of type 'string'"),
        ({**READ_WEB, "repositories": [["web"]]}, "['web'] is not of type 'string'"),
        ({"role": "read", "match": 5}, "5 is not of type 'string'"),
        ({"role": "read", "match": ""}, ANY),
        ({"role": "read", "match": "A*"}, ANY),
        ({"role": "read", "match": "x" * 5000}, ANY),
        ({**READ_WEB, "dry_run": "yes"}, "'yes' is not of type 'boolean'"),
        ({**READ_WEB, "until": 5}, "5 is not of type 'string'"),
        ({**READ_WEB, "until": "soon"}, ANY),
        ({**READ_WEB, "until": "9999-12-31T23:59:59-23:59"}, ANY),
        ({**READ_WEB, "until": "2020-01-01T00:00:00Z"}, "until: this time has passed"),
        (
            {**READ_WEB, "role": "none", "until": "2040-01-01T00:00:00Z"},
            "until: there is nothing to end where the role is none",
        ),
        (
            {**READ_WEB, "repos": []},
            "Additional properties are not allowed: repos;"
            " known are role, repositories, match, until, dry_run",
        ),
        (
            {**READ_WEB, "repositories": ["web", "acme/web", "no"]},
            "No such repository in acme: acme/web, no",
        ),
        ({**READ_WEB, "repositories": ["web", "a\x00"]}, ANY),
        (b'{"role": "read", "match": "\\ud800"}', ANY),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    body: Any, text: Any, cast: Cast, local_user: LocalUser
) -> None:
    answer = local_user(cast.alice).put(CI, body)
    assert_refused(answer, answer.json["detail"] if text is ANY else text)
    assert held() == {"web": "write"}
    assert not AuditEvent.objects.filter(kind="change_repo_permissions").exists()


def test_other_namespaces_stay_as_they_are(cast: Cast, local_user: LocalUser) -> None:
    other = factories.organization("other", owner=cast.bob)
    factories.repository(other, "web")
    secret = factories.repository(other, "secret")
    alice = local_user(cast.alice)
    named = alice.put(CI, {"role": "read", "repositories": ["secret"]})
    assert_refused(named, "No such repository in acme: secret")
    alice.put(CI, {"role": "read", "match": "*"})
    assert set(held()) == {"api", "public", "web"}
    assert not secret.permissions.filter(robot__isnull=False).exists()
    foreign = alice.put("/api/v1/organization/other/robots/ci/permissions", READ_WEB)
    assert foreign.status == 403


def test_who_may(cast: Cast, local: LocalClient, local_user: LocalUser) -> None:
    def status(client: Client, path: str = CI) -> int:
        return client.put(path, READ_WEB).status

    assert status(local) == 403, "for want of a CSRF token"
    assert status(local_user(cast.bob)) == 403, "a mere member"
    assert status(local_user(cast.charlie)) == 403
    assert status(local_user(cast.alice, "org:admin user:admin repo:write")) == 403
    assert status(local_user(cast.alice, "repo:admin user:admin repo:create")) == 403
    assert (
        status(local_user(cast.alice), "/api/v1/organization/no/robots/ci/permissions")
        == 403
    )
    assert held() == {"web": "write"}
    assert status(local_user(cast.alice, "org:admin repo:admin")) == 200
    factories.robot(cast.alice.personal_namespace, "ci")
    factories.repository(cast.alice.personal_namespace, "web")
    own = "/api/v1/user/robots/ci/permissions"
    assert status(local_user(cast.alice, "org:admin repo:admin user:read"), own) == 403
    assert status(local_user(cast.alice, "org:admin user:admin"), own) == 403
    assert status(local_user(cast.alice, "user:admin repo:admin"), own) == 200


def test_an_auditor_of_the_site_changes_nothing(
    cast: Cast, local_user: LocalUser, settings: Any
) -> None:
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    assert local_user(cast.charlie).put(CI, READ_WEB).status == 403
    settings.SUPER_USERS = ["bob"]
    assert local_user(cast.bob).put(CI, READ_WEB).status == 403
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    assert local_user(cast.bob, "super:user").put(CI, READ_WEB).status == 200
    assert held() == {"web": "read"}


def test_a_robot_that_is_not_there(cast: Cast, local_user: LocalUser) -> None:
    answer = local_user(cast.alice).put(f"{ROBOTS}/nosuch/permissions", READ_WEB)
    assert answer.status == 400
    assert answer.text == '{"message":"Could not find robot with specified username"}'


def test_ten_thousand_names_fit_in_one_body(
    cast: Cast, local_user: LocalUser, django_assert_max_num_queries: Any
) -> None:
    wanted = [f"{number:05d}".ljust(100, "x") for number in range(10_000)]
    Repository.objects.bulk_create(
        Repository(namespace=cast.acme, name=name) for name in wanted
    )
    body = json.dumps({"role": "read", "repositories": wanted}, separators=(",", ":"))
    assert 1_000_000 < len(body) < 1_048_576
    with django_assert_max_num_queries(150):
        made = local_user(cast.alice).put(CI, body.encode())
    assert made.json == reply("read", added=wanted)


@pytest.mark.django_db(transaction=True)
def test_over_http(cast: Cast, as_user: Callable[..., Client]) -> None:
    alice = as_user(cast.alice)
    assert alice.put(CI, READ_WEB).json["changed"][0]["from"] == "write"
    assert alice.put(CI).status == 415
    assert set(alice.put(CI, b"not json").json) == {"message"}
