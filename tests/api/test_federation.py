"""A robot's trusts by API, as lists of two fields."""

from collections.abc import Callable
from typing import Any

import pytest

from federation.models import Trust
from robots.models import AuditEvent
from tests import factories
from tests.api.client import Client
from tests.api.local import LocalClient, LocalUser
from tests.api.trust_lists import (
    APP,
    CI,
    PLAIN,
    ROBOTS,
    TWICE,
    WEB,
    assert_refused,
    stored,
)
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

MISSING = "Missing one or more required fields (issuer, subject)"
NOT_A_URL = "Issuer must be a URL (http:// or https://)"
UNKNOWN_ROBOT = '{"message":"Could not find robot with specified username"}'


@pytest.mark.parametrize("base", [ROBOTS, "/api/v1/user/robots"])
def test_trusts_are_set_shown_replaced_and_cleared(
    base: str, cast: Cast, local_user: LocalUser
) -> None:
    factories.robot(cast.alice.personal_namespace, "ci")
    alice, path = local_user(cast.alice), f"{base}/ci/federation"
    assert (alice.get(path).status, alice.get(path).json) == (200, [])
    for wanted in ([APP, WEB, PLAIN], [PLAIN, APP], []):
        made = alice.post(path, wanted)
        assert (made.status, made.json) == (200, wanted)
        shown = alice.get(f"{path}/")
        assert (shown.status, shown.json) == (200, wanted)
        assert Trust.objects.count() == len(wanted)
    alice.post(path, [APP])
    for _ in range(2):
        gone = alice.delete(path)
        assert (gone.status, gone.text) == (204, "")
        assert gone.headers["Content-Type"] == "application/json"
    assert not Trust.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_trusts_over_http(cast: Cast, as_user: Callable[..., Client]) -> None:
    alice = as_user(cast.alice)
    empty = alice.post(CI, b"", Content_Type="application/json")
    assert_refused(empty, "Missing JSON body")
    assert alice.post(CI).status == 415
    assert alice.post(CI, [APP]).json == [APP]
    assert alice.get(CI).json == [APP]


def test_what_pages_say_of_themselves_is_dropped(
    cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    shown = alice.post(CI, [dict(PLAIN, isExpanded=True), dict(APP, audiences=[])])
    assert shown.json == [PLAIN, APP]
    assert stored() == [
        ("http://plain.example", "s", ["quay", "x"]),
        ("https://issuer.example", "repo:acme/app", []),
    ]


@pytest.mark.parametrize(
    "state",
    [
        {"isExpanded": True},
        {"uiKey": "1", "isExpanded": False},
        {"api_scopes": None},
        {"api_scopes": []},
        {"api_scopes": ""},
    ],
    ids=str,
)
def test_an_item_with_what_pages_say_of_themselves_names_no_field_of_ours(
    state: dict[str, Any], cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    alice.post(CI, [dict(APP, audiences=["quay"], enabled=False)])
    before = alice.get(CI).json
    assert alice.post(CI, [{**APP, **state}, {**WEB, **state}]).json == [*before, WEB]


@pytest.mark.parametrize("scopes", [["repo:read"], "repo:read", {"a": 1}, 0, False])
def test_rights_over_the_api_are_refused(
    scopes: Any, cast: Cast, local_user: LocalUser
) -> None:
    answer = local_user(cast.alice).post(CI, [dict(APP, api_scopes=scopes)])
    text = "api_scopes: a trust gives no rights over the API; leave it out"
    assert_refused(answer, text)
    assert stored() == []


def test_a_trust_that_stays_keeps_its_row(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    alice.post(CI, [APP, WEB, PLAIN])
    before = {trust.subject: trust.pk for trust in cast.ci.trusts.all()}
    other = dict(PLAIN, audiences=["quay"])
    alice.post(CI, [other, WEB, APP])
    after = {trust.subject: trust.pk for trust in cast.ci.trusts.all()}
    assert list(after) == ["s", WEB["subject"], APP["subject"]]
    assert after[APP["subject"]] == before[APP["subject"]]
    assert after[WEB["subject"]] == before[WEB["subject"]]
    assert after["s"] != before["s"], "for other audiences it is another trust"


LONG = "x" * 2049


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (None, None),
        (b"null", "Missing JSON body"),
        (APP, f"{APP!r} is not of type 'array'"),
        ("text", "'text' is not of type 'array'"),
        ([APP, 5], "5 is not of type 'object'"),
        ([APP, None], "None is not of type 'object'"),
        ([[]], "[] is not of type 'object'"),
        ([{}], "'issuer' is a required property"),
        ([{"issuer": "https://i"}], "'subject' is a required property"),
        ([{"issuer": None, "subject": "s"}], "None is not of type 'string'"),
        ([{"issuer": 5, "subject": "s"}], "5 is not of type 'string'"),
        ([{"issuer": "", "subject": "s"}], MISSING),
        ([{"issuer": "https://i", "subject": ""}], MISSING),
        ([{"issuer": "ftp://i", "subject": "s"}], NOT_A_URL),
        ([{"issuer": "HTTPS://i", "subject": "s"}], NOT_A_URL),
        ([APP, WEB, APP], TWICE),
        ([APP, dict(APP, audiences=["other"])], TWICE),
        ([dict(APP, audiences="quay")], "'quay' is not of type 'array'"),
        ([dict(APP, audiences=["a", 5])], "5 is not of type 'string'"),
        ([dict(APP, audiences=[""])], "audiences: none may be empty"),
        ([dict(APP, audiences=["a"] * 101)], "audiences: at most 100 of them"),
        ([dict(APP, audiences=[LONG])], "audiences: at most 2048 characters"),
        ([dict(APP, subject=LONG)], "subject: at most 2048 characters"),
        ([dict(APP, issuer=f"https://{LONG}")], "issuer: at most 2048 characters"),
        ([APP] * 101, "At most 100 federation config entries"),
        (
            [dict(APP, audience=["quay"])],
            "Additional properties are not allowed: audience;"
            " known are issuer, subject, audiences, name, subject_match, ignore_case,"
            " conditions, max_age, single_use, keys, enabled, expires_at",
        ),
        ([dict(APP, name=5)], "5 is not of type 'string'"),
        ([dict(APP, name=LONG)], "name: at most 255 characters"),
        ([dict(APP, subject_match="regex")], "'regex' is not one of ['exact', 'glob']"),
        ([dict(APP, ignore_case="yes")], "'yes' is not of type 'boolean'"),
        ([dict(APP, single_use=1)], "1 is not of type 'boolean'"),
        ([dict(APP, enabled=None)], "None is not of type 'string'"),
        ([dict(APP, max_age=True)], "True is not of type 'integer'"),
        ([dict(APP, max_age=0)], "max_age: 1 to 86400 seconds"),
        ([dict(APP, max_age=10**30)], "max_age: 1 to 86400 seconds"),
        ([dict(APP, expires_at=5)], "5 is not of type 'string'"),
        ([dict(APP, keys=[])], "[] is not of type 'string'"),
        ([dict(APP, keys="{}")], "keys: not a JWK set: it has no list `keys`"),
        ([dict(APP, keys={"keys": []})], "keys: none of its keys can verify a token"),
        ([dict(APP, conditions={})], "{} is not of type 'array'"),
        ([dict(APP, conditions=[5])], "conditions: each must be a JSON object"),
        (
            [dict(APP, conditions=[{"claim": "a", "values": ["b"], "value": "b"}])],
            "conditions: value is not known;"
            " known are claim, operator, values, ignore_case",
        ),
        (
            [dict(APP, conditions=[{"claim": "a", "operator": "re", "values": ["b"]}])],
            "conditions: operator must be one of equals, one_of, glob",
        ),
        (
            [dict(APP, conditions=[{"claim": "a", "values": ["b"]}] * 21)],
            "conditions: at most 20 of them",
        ),
        (
            [dict(APP, subject="a\x00")],
            "body: NUL and lone surrogates cannot be stored",
        ),
        (
            b'[{"issuer": "https://i", "subject": "\\ud800"}]',
            "body: NUL and lone surrogates cannot be stored",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    body: Any, text: str | None, cast: Cast, local_user: LocalUser
) -> None:
    alice = local_user(cast.alice)
    alice.post(CI, [WEB])
    answer = alice.post(CI, body)
    if text is None:
        assert answer.status == 415
    else:
        assert_refused(answer, text)
    assert stored() == [(WEB["issuer"], WEB["subject"], [])]
    assert AuditEvent.objects.filter(kind="create_robot_federation").count() == 1


def test_the_longest_trusts_are_kept(cast: Cast, local_user: LocalUser) -> None:
    # Not one repeated character: PostgreSQL would compress what it indexes.
    text = "".join(chr(0x4E00 + number) for number in range(2048))
    issuer = f"https://{text}"[:2048]
    wanted = [{"issuer": issuer, "subject": text[number:]} for number in range(20)]
    answer = local_user(cast.alice).post(CI, wanted)
    assert (answer.status, answer.json) == (200, wanted)
    assert len(stored()) == 20


def test_unreadable_bodies_are_refused(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    broken = alice.post(CI, b"not json")
    assert broken.status == 400
    assert set(broken.json) == {"message"}
    form = alice.post(CI, b"a=b", Content_Type="application/x-www-form-urlencoded")
    assert form.status == 415
    assert alice.put(CI, [APP]).status == 405


def test_a_robot_that_is_not_there_comes_after_the_body(
    cast: Cast, local_user: LocalUser
) -> None:
    alice, path = local_user(cast.alice), f"{ROBOTS}/nosuch/federation"
    for answer in (alice.get(path), alice.post(path, [APP]), alice.delete(path)):
        assert (answer.status, answer.text) == (400, UNKNOWN_ROBOT)
    assert_refused(alice.post(path, [APP, APP]), TWICE)
    factories.robot(factories.organization("other"), "nosuch")
    assert alice.get(path).status == 400, "another namespace has one"


def test_who_may(cast: Cast, local: LocalClient, local_user: LocalUser) -> None:
    def statuses(client: Client, path: str = CI) -> list[int]:
        return [
            client.get(path).status,
            client.post(path, [APP]).status,
            client.delete(path).status,
        ]

    alice = local_user(cast.alice)
    assert statuses(local) == [401, 403, 403], "writes fail for want of a CSRF token"
    assert statuses(local_user(cast.bob)) == [403, 403, 403], "a mere member"
    assert statuses(local_user(cast.charlie)) == [403, 403, 403]
    narrow = local_user(cast.alice, "user:admin repo:admin repo:create")
    assert statuses(narrow) == [403, 403, 403]
    assert not Trust.objects.exists()
    assert statuses(local_user(cast.alice, "org:admin")) == [200, 200, 204]
    assert statuses(alice, "/api/v1/organization/nosuch/robots/ci/federation") == [
        403,
        403,
        403,
    ]
    factories.robot(cast.alice.personal_namespace, "ci")
    own = "/api/v1/user/robots/ci/federation"
    assert statuses(local_user(cast.alice, "org:admin user:read"), own) == [403] * 3
    assert statuses(local_user(cast.alice, "user:admin"), own) == [200, 200, 204]
    assert statuses(local_user(cast.charlie), own) == [400, 400, 400]


def test_an_auditor_of_the_site_reads_and_changes_nothing(
    cast: Cast, local_user: LocalUser, settings: Any
) -> None:
    local_user(cast.alice).post(CI, [APP])
    settings.GLOBAL_READONLY_SUPER_USERS = ["charlie"]
    auditor = local_user(cast.charlie)
    assert auditor.get(CI).json == [APP]
    assert auditor.post(CI, []).status == 403
    assert auditor.delete(CI).status == 403
    assert len(stored()) == 1


def test_changes_are_audited(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    alice.post(CI, [APP, PLAIN])
    alice.delete(CI)
    made = AuditEvent.objects.get(kind="create_robot_federation")
    assert made.facts["config"] == [APP, PLAIN]
    gone = AuditEvent.objects.get(kind="delete_robot_federation")
    for event in (made, gone):
        assert event.facts["robot"] == "ci"
        assert event.facts["oauth_token_application"] == "tests"
        assert (event.namespace_name, event.performer_name) == ("acme", "alice")


def test_trusts_go_with_their_robot(cast: Cast, local_user: LocalUser) -> None:
    alice = local_user(cast.alice)
    alice.post(CI, [APP])
    alice.post(f"{ROBOTS}/reader/federation", [APP])
    assert alice.delete(f"{ROBOTS}/ci").status == 204
    assert [trust.robot.name for trust in Trust.objects.all()] == ["reader"]


def test_a_list_costs_the_same_however_long(
    cast: Cast, local_user: LocalUser, django_assert_num_queries: Any
) -> None:
    alice = local_user(cast.alice)
    many = [dict(APP, subject=f"s{number}") for number in range(100)]
    for wanted in (many[:1], many):
        assert alice.post(CI, wanted).status == 200
        with django_assert_num_queries(4):
            assert len(alice.get(CI).json) == len(wanted)
