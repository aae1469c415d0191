"""A trust that is changed: what is stored, audited and refused."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from federation.errors import TrustInvalid
from federation.lifecycle import (
    add_trust,
    add_trusts,
    change_trust,
    revise_trust,
    set_trust_enabled,
    set_trusts,
)
from federation.models import Trust
from robots.errors import AlreadyExists, DomainError
from robots.models import AuditEvent
from tests.conftest import Cast
from tests.federation.signer import Signer
from tests.federation.written_trusts import (
    APP,
    BY,
    FULL,
    RUN,
    WEB,
    lives,
    said,
    token_of,
)
from tests.robots.ledger import recorded, unchanged

pytestmark = pytest.mark.django_db


def test_a_change_is_audited_with_what_was_and_what_is(cast: Cast) -> None:
    trust = add_trust(cast.ci, FULL, BY)
    changes = {
        "audiences": {"before": ["quay", "other"], "after": ["quay"]},
        "keys": {"before": ["key-1"], "after": ""},
        "name": {"before": "everything", "after": "less"},
    }
    facts = {"robot": "ci", "trust": trust.pk, "trust_name": "less"}
    with recorded("change_robot_trust", cast.acme, **facts, changes=changes):
        revise_trust(trust, BY, audiences=("quay",), keys="", name="less")
    assert Trust.objects.get().entry == replace(
        FULL, audiences=("quay",), keys="", name="less"
    )


def test_other_keys_of_the_same_name_are_a_change(cast: Cast) -> None:
    trust = add_trust(cast.ci, replace(APP, keys=Signer().jwks()), BY)
    token, other = token_of(trust), Signer(algorithm="ES256").jwks()
    revise_trust(trust, BY, keys=other)
    event = AuditEvent.objects.get(kind="change_robot_trust")
    assert event.facts["changes"] == {"keys": {"before": ["key-1"], "after": ["key-1"]}}
    assert not lives(token)


def test_keys_do_not_go_over_to_another_issuer(cast: Cast) -> None:
    trust, keys = add_trust(cast.ci, FULL, BY), Signer(algorithm="ES256").jwks()
    with unchanged(), pytest.raises(TrustInvalid) as refusal:
        revise_trust(trust, BY, issuer="https://new.example")
    assert refusal.value.message == (
        "keys: are those of the issuer before; send keys as well"
    )
    for number, sent in enumerate((keys, keys, "")):
        issuer = f"https://{number}.example"
        revise_trust(trust, BY, issuer=issuer, keys=sent)
        assert said(cast.ci) == [replace(FULL, issuer=issuer, keys=sent)]


def test_keys_stay_where_the_issuer_does(cast: Cast) -> None:
    trust = add_trust(cast.ci, FULL, BY)
    revise_trust(trust, BY, issuer=FULL.issuer, name="new")
    assert said(cast.ci) == [replace(FULL, name="new")]


def test_a_change_of_nothing_leaves_no_trace(cast: Cast) -> None:
    trust = add_trust(cast.ci, FULL, BY)
    with unchanged():
        row = revise_trust(trust, BY)
        assert change_trust(trust, FULL, BY).revision == row.revision
    assert Trust.objects.get().revision == row.revision


def test_one_and_true_are_two_values(cast: Cast) -> None:
    one = replace(APP, conditions=(RUN,))
    true = replace(APP, conditions=(replace(RUN, values=(True,)),))
    trust = add_trust(cast.ci, one, BY)
    change_trust(trust, true, BY)
    assert Trust.objects.get().conditions[0]["values"][0] is True
    set_trusts(cast.ci, [one], BY)
    assert Trust.objects.get().conditions[0]["values"][0] is not True


def test_each_change_grows_the_revision(cast: Cast) -> None:
    trust = add_trust(cast.ci, APP, BY)
    changed = revise_trust(trust, BY, name="new")
    assert Trust.objects.get().revision == changed.revision == trust.revision + 1


def test_a_change_of_what_is_not_there_any_more_is_refused(cast: Cast) -> None:
    trust = add_trust(cast.ci, APP, BY)
    revise_trust(trust, BY, name="new")
    with unchanged(), pytest.raises(DomainError, match="meanwhile"):
        change_trust(trust, replace(APP, name="mine"), BY, seen=trust.revision)
    seen = Trust.objects.get().revision
    change_trust(trust, replace(APP, name="mine"), BY, seen=seen)
    assert Trust.objects.get().name == "mine"


def test_a_change_leaves_alone_what_others_write(cast: Cast) -> None:
    trust = add_trust(cast.ci, APP, BY)
    used = timezone.now()
    Trust.objects.update(last_used_at=used, last_refusal={"check": "age"})
    revise_trust(trust, BY, name="new")
    stored = Trust.objects.get()
    assert (stored.name, stored.last_used_at) == ("new", used)
    assert stored.last_refusal == {"check": "age"}


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        ({"issuer": "ftp://x"}, TrustInvalid, "Issuer must be a URL"),
        ({"subject": "*"}, TrustInvalid, "subject: "),
        ({"max_age": 0}, TrustInvalid, "max_age: 1 to 86400 seconds"),
        ({"subject": WEB.subject}, AlreadyExists, "lets in the same"),
        ({"enabled": False, "max_age": 0}, TrustInvalid, "max_age"),
    ],
    ids=["issuer", "linter", "age", "held", "beside disabling"],
)
def test_a_change_to_what_cannot_be_changes_nothing(
    cast: Cast, fields: dict[str, Any], error: type[DomainError], text: str
) -> None:
    trust, _ = add_trusts(cast.ci, [APP, WEB], BY)
    with unchanged(), pytest.raises(error, match=text):
        revise_trust(trust, BY, **fields)
    assert said(cast.ci) == [APP, WEB]


def test_switching_off_and_on_has_events_of_its_own(cast: Cast) -> None:
    trust = add_trust(cast.ci, APP, BY)
    changes = {"enabled": {"before": True, "after": False}}
    facts = {"robot": "ci", "trust": trust.pk, "trust_name": ""}
    with recorded("disable_robot_trust", cast.acme, **facts, changes=changes):
        set_trust_enabled(trust, False, BY)
    assert not Trust.objects.get().enabled
    changes = {"enabled": {"before": False, "after": True}}
    with recorded("enable_robot_trust", cast.acme, **facts, changes=changes):
        set_trust_enabled(trust, True, BY)
    assert Trust.objects.get().enabled
