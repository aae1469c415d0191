"""The form of a trust on the admin site: what it stores, what it refuses and where."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from federation.conditions import Condition, Operator
from federation.entries import MAX_KEYS_BYTES, Entry, SubjectMatch
from federation.lifecycle import CHANGED_MEANWHILE, add_trust, revise_trust
from federation.models import Trust
from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast
from tests.federation.admin_trusts import (
    ISSUER,
    SUBJECT,
    add,
    change,
    errors_of,
    filled,
    home,
    send,
)
from tests.federation.signer import Signer
from tests.robots.admin_pages import ADDRESS

pytestmark = pytest.mark.django_db

FULL = Entry(
    ISSUER,
    "user:*",
    audiences=("https://quay.example", "second"),
    name="builds",
    subject_match=SubjectMatch.GLOB,
    ignore_case=True,
    conditions=(
        Condition("event", Operator.ONE_OF, ("push", "release"), ignore_case=True),
        Condition("/job/run", Operator.EQUALS, (7,)),
    ),
    max_age=600,
    single_use=True,
    keys=Signer().jwks(),
    enabled=False,
    expires_at=datetime(2040, 1, 2, 3, 4, 5, tzinfo=UTC),
)


def event() -> AuditEvent:
    """The one thing that alice did."""
    found = AuditEvent.objects.get(performer_name="alice")
    assert found.address == ADDRESS
    return found


def test_issuer_and_subject_are_enough(alice: Client, cast: Cast) -> None:
    response = add(alice, cast.ci)
    trust = Trust.objects.get()
    assert response.headers["Location"] == f"{home(cast.ci)}#trust-{trust.pk}"
    assert trust.robot == cast.ci
    assert trust.entry == Entry(ISSUER, SUBJECT)
    assert trust.created_by == "alice"
    assert event().kind == "add_robot_trust"
    assert event().facts["subject"] == SUBJECT


def test_every_field_is_stored(alice: Client, cast: Cast) -> None:
    response = add(
        alice,
        cast.ci,
        subject=" user:* ",
        name="builds",
        audiences="https://quay.example\r\n\r\n second\r\n",
        subject_match="glob",
        ignore_case="on",
        max_age="600",
        single_use="on",
        keys=FULL.keys,
        enabled=None,
        expires_at="2040-01-02T03:04:05",
        **row(0, "event", "one_of", "push\r\nrelease\r\n", ignore_case="on"),
        **row(1, "/job/run", "equals", "[7]", written="json"),
        **{"conditions-TOTAL_FORMS": "2"},
    )
    assert response.status_code == 302
    assert Trust.objects.get().entry == FULL


def row(number: int, claim: str, operator: str, values: str, **rest: str) -> Any:
    """One condition, as its fields are sent."""
    said = {"claim": claim, "operator": operator, "values": values, "written": "text"}
    return {f"conditions-{number}-{key}": text for key, text in (said | rest).items()}


@pytest.mark.parametrize(
    "entry",
    [
        FULL,
        Entry(ISSUER, " blanks around "),
        Entry(ISSUER, "s", audiences=(" a\nb ", "c")),
        Entry(ISSUER, "s", conditions=(Condition(" c ", Operator.EQUALS, (" v ",)),)),
        Entry(ISSUER, "s", conditions=(Condition("c", Operator.GLOB, ("a\nb*",)),)),
        Entry(ISSUER, "s", conditions=(Condition("c", Operator.ONE_OF, (1, True)),)),
        Entry(ISSUER, "s", expires_at=datetime(2040, 1, 2, 3, 4, 5, 678, tzinfo=UTC)),
        Entry(ISSUER, "s", keys=json.dumps(json.loads(FULL.keys), indent=1) + "\n"),
    ],
    ids=[
        "full", "blanks", "line break", "claim with blanks", "value with line break",
        "types", "microseconds", "keys on many lines",
    ],
)  # fmt: skip
def test_what_nobody_touched_stays_byte_for_byte(
    entry: Entry, alice: Client, cast: Cast
) -> None:
    trust = add_trust(cast.ci, entry, factories.BY)
    assert change(alice, trust, name="other").status_code == 302
    [changed] = Trust.objects.all()
    changed.name = entry.name
    assert changed.entry == entry
    assert repr(changed.entry.conditions) == repr(entry.conditions)
    assert list(event().facts["changes"]) == ["name"]


def test_nothing_changed_is_no_change(alice: Client, cast: Cast) -> None:
    trust = add_trust(cast.ci, FULL, factories.BY)
    assert change(alice, trust).status_code == 302
    assert Trust.objects.get().revision == trust.revision
    assert not AuditEvent.objects.filter(performer_name="alice").exists()


def test_a_condition_is_removed_and_another_one_added(
    alice: Client, cast: Cast
) -> None:
    trust = add_trust(cast.ci, FULL, factories.BY)
    response = change(
        alice,
        trust,
        **{"conditions-0-DELETE": "on"},
        **row(2, "ref", "glob", "refs/heads/v*"),
    )
    assert response.status_code == 302
    assert Trust.objects.get().entry.conditions == (
        FULL.conditions[1],
        Condition("ref", Operator.GLOB, ("refs/heads/v*",)),
    )
    assert list(event().facts["changes"]) == ["conditions"]


def test_of_two_people_the_second_one_is_told(alice: Client, cast: Cast) -> None:
    """The trust is narrowed while alice has its form open."""
    trust = add_trust(cast.ci, FULL, factories.BY)
    url = home(cast.ci, trust.pk, "change")
    data = filled(alice, url, name="mine", enabled="on")
    revise_trust(trust, factories.BY, subject="user:bob:*")
    errors = errors_of(send(alice, url, data))
    assert errors == {"__all__": [CHANGED_MEANWHILE]}
    stored = Trust.objects.get()
    assert (stored.subject, stored.enabled) == ("user:bob:*", False)
    for forged in ("", "x", "-1", "9" * 40):
        again = send(alice, url, {**data, "revision": forged})
        assert errors_of(again)
        assert Trust.objects.get().revision == stored.revision


def test_who_is_let_in_already_is_told(alice: Client, cast: Cast) -> None:
    add(alice, cast.ci)
    [told] = errors_of(add(alice, cast.ci))["subject"]
    assert "lets in the same" in told
    assert Trust.objects.count() == 1


MUCH = "x" * 100_000


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("issuer", {"issuer": ""}),
        ("issuer", {"issuer": None}),
        ("issuer", {"issuer": "sso.example.com"}),
        ("issuer", {"issuer": "javascript:alert(1)"}),
        ("issuer", {"issuer": f"https://{MUCH}"}),
        ("issuer", {"issuer": "https://x\x00"}),
        ("subject", {"subject": "   "}),
        ("subject", {"subject": MUCH}),
        ("subject", {"subject": "\x00"}),
        ("subject", {"subject": "*", "subject_match": "glob"}),
        ("subject", {"subject": "a*" * 20, "subject_match": "glob"}),
        ("subject_match", {"subject_match": "regex"}),
        ("subject_match", {"subject_match": None}),
        ("name", {"name": MUCH}),
        ("audiences", {"audiences": "a\n" * 101}),
        ("audiences", {"audiences": MUCH}),
        ("audiences", {"audiences": "\x00"}),
        ("max_age", {"max_age": "0"}),
        ("max_age", {"max_age": "9" * 5000}),
        ("max_age", {"max_age": "soon"}),
        ("keys", {"keys": "{"}),
        ("keys", {"keys": "[" * 10_000}),
        ("keys", {"keys": MUCH}),
        ("keys", {"keys": '{"keys": [{"kty": "oct", "k": "AAAA"}]}'}),
        ("expires_at", {"expires_at": "tomorrow"}),
        ("expires_at", {"expires_at": "2001-01-01T00:00:00"}),
        ("expires_at", {"expires_at": "0001-01-01T00:00:00"}),
        ("expires_at", {"expires_at": "9999-12-31T23:59:59"}),
        ("expires_at", {"expires_at": "2040-13-41T99:00"}),
        ("conditions-0-claim", row(0, "", "equals", "x")),
        ("conditions-0-claim", row(0, "/", "equals", "x")),
        ("conditions-0-claim", row(0, MUCH, "equals", "x")),
        ("conditions-0-values", row(0, "c", "equals", "")),
        ("conditions-0-values", row(0, "c", "equals", "a\nb")),
        ("conditions-0-values", row(0, "c", "one_of", "a\n" * 101)),
        ("conditions-0-values", row(0, "c", "one_of", MUCH)),
        ("conditions-0-values", row(0, "c", "one_of", MUCH * 10)),
        ("conditions-0-values", row(0, "c", "equals", "[1", written="json")),
        ("conditions-0-values", row(0, "c", "equals", "{}", written="json")),
        ("conditions-0-values", row(0, "c", "equals", "[NaN]", written="json")),
        ("conditions-0-values", row(0, "c", "equals", "[[1]]", written="json")),
        ("conditions-0-values", row(0, "c", "equals", "[null]", written="json")),
        ("conditions-0-values", row(0, "c", "glob", "[1]", written="json")),
        ("conditions-0-values", row(0, "c", "equals", "[" * 9999, written="json")),
        ("conditions-0-values", row(0, "c", "equals", f"[{10**99}]", written="json")),
        ("conditions-0-values", row(0, "c", "equals", '["\\ud800"]', written="json")),
        ("conditions-0-values", row(0, "c", "equals", '["\\u0000"]', written="json")),
        ("conditions-0-operator", row(0, "c", "regex", "x")),
        ("conditions-0-written", row(0, "c", "equals", "x", written="yaml")),
        ("conditions", row(0, "c", "glob", "a*" * 20)),
        ("conditions", {"conditions-TOTAL_FORMS": "999999999"}),
        ("conditions", {"conditions-TOTAL_FORMS": "x"}),
        ("conditions", {"conditions-TOTAL_FORMS": None}),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    field: str, changes: dict[str, Any], alice: Client, cast: Cast
) -> None:
    response = add(alice, cast.ci, **changes)
    assert field in errors_of(response)
    assert "Nothing was saved" in response.content.decode()
    assert not Trust.objects.exists()
    assert not AuditEvent.objects.filter(performer_name="alice").exists()


def test_a_refused_change_changes_nothing(alice: Client, cast: Cast) -> None:
    trust = add_trust(cast.ci, FULL, factories.BY)
    assert errors_of(change(alice, trust, subject="*", enabled="on"))["subject"]
    assert Trust.objects.get().entry == FULL


def test_what_was_typed_is_shown_again_and_harmless(alice: Client, cast: Cast) -> None:
    hostile = '"><script>alert(1)</script>'
    response = add(alice, cast.ci, issuer=hostile, name=hostile, audiences=hostile)
    body = response.content.decode()
    assert "<script>alert" not in body
    assert body.count("&lt;script&gt;alert") >= 3


def test_what_the_operator_forbids_is_said_beside_its_field(
    alice: Client, cast: Cast, settings: Settings
) -> None:
    settings.FEDERATION_ISSUERS = ["https://only.example"]
    [told] = errors_of(add(alice, cast.ci))["issuer"]
    assert "https://only.example" in told
    settings.FEDERATION_ISSUERS = []
    settings.FEDERATION_REQUIRE_AUDIENCE = True
    assert errors_of(add(alice, cast.ci))["audiences"]
    settings.FEDERATION_TRUST_KEYS = False
    told_keys = errors_of(add(alice, cast.ci, keys=FULL.keys, audiences="a"))
    assert told_keys["keys"]


def test_a_time_is_in_the_zone_of_the_browser(alice: Client, cast: Cast) -> None:
    alice.cookies["timezone"] = "Asia/Tokyo"
    add(alice, cast.ci, expires_at="2040-01-02T03:04:05")
    ends = Trust.objects.get().expires_at
    assert ends == datetime(2040, 1, 1, 18, 4, 5, tzinfo=UTC)


def test_the_rest_of_a_form_opens_where_there_is_something_in_it(
    alice: Client, cast: Cast
) -> None:
    plain = add_trust(cast.ci, Entry(ISSUER, SUBJECT), factories.BY)
    full = add_trust(cast.ci, FULL, factories.BY)
    opens = [
        alice.get(home(cast.ci, trust.pk, "change")).context["form"].opens_more
        for trust in (plain, full)
    ]
    assert opens == [False, True]
    assert add(alice, cast.ci, keys="{").context["form"].opens_more
    wrong = add(alice, cast.ci, **row(0, "", "equals", "x"))
    assert wrong.context["form"].opens_more


def test_keys_fit_as_long_as_the_rule_says(alice: Client, cast: Cast) -> None:
    room = MAX_KEYS_BYTES - len(FULL.keys)
    padded = FULL.keys[:-1] + " " * room + FULL.keys[-1:]
    assert add(alice, cast.ci, keys=padded).status_code == 302
    assert Trust.objects.get().keys == padded
