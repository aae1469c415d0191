"""Presets on the admin site: a few words, a review, and only what was reviewed."""

from typing import Any

import pytest
from django.test import Client

from federation.models import Trust
from federation.presets import PRESETS, fill
from robots.conf import site_url
from robots.models import AuditEvent
from tests.conftest import Cast
from tests.federation.admin_trusts import errors_of, home, send, text_of

pytestmark = pytest.mark.django_db

GITHUB: dict[str, Any] = {
    "owner": "acme",
    "owner_id": "42",
    "repository": "app",
    "repository_id": "77",
    "branch": "main",
    "events": ["push"],
    "sub_form": "both",
    "audience": "https://quay.example",
}


def test_every_preset_has_a_form_with_its_fields(alice: Client, cast: Cast) -> None:
    for slug, preset in PRESETS.items():
        response = alice.get(home(cast.ci, "preset", slug))
        names = list(response.context["form"].fields)
        assert names == [field.name for field in preset.fields]
        assert "`" not in text_of(response)


def test_a_review_stores_nothing_and_saving_stores_what_it_showed(
    alice: Client, cast: Cast
) -> None:
    url = home(cast.ci, "preset", "github")
    review = send(alice, url, GITHUB)
    text = text_of(review)
    assert "Review what acme+ci would trust" in text
    assert "repo:acme@42/app@77:ref:refs/heads/main" in text
    assert "repository_owner_id is '42'" in text
    assert not Trust.objects.exists()

    saved = send(alice, url, {**GITHUB, "reviewed": review.context["mark"]})
    assert saved.status_code == 302
    entries = [trust.entry for trust in Trust.objects.order_by("position")]
    assert entries == fill("github", GITHUB)
    events = AuditEvent.objects.filter(performer_name="alice")
    assert [event.kind for event in events] == ["add_robot_trust"] * 2


def test_what_changed_after_the_review_is_reviewed_again(
    alice: Client, cast: Cast
) -> None:
    url = home(cast.ci, "preset", "github")
    mark = send(alice, url, GITHUB).context["mark"]
    again = send(alice, url, {**GITHUB, "branch": "other", "reviewed": mark})
    assert "refs/heads/other" in text_of(again)
    assert not Trust.objects.exists()


def test_an_audience_that_is_left_out_is_this_site(alice: Client, cast: Cast) -> None:
    said = {**GITHUB, "audience": ""}
    review = send(alice, home(cast.ci, "preset", "github"), said)
    [first, _] = review.context["planned"]
    assert first.trust.audiences == [site_url()]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("owner", {"owner": ""}),
        ("owner", {"owner": "a/b"}),
        ("owner", {"owner": "x" * 100_000}),
        ("owner", {"owner": "\x00"}),
        ("owner_id", {"owner_id": "acme"}),
        ("branch", {"branch": ""}),
        ("branch", {"branch": "v*"}),
        ("branch", {"tag": "v1"}),
        ("events", {"events": []}),
        ("events", {"events": ["pull_request_target"]}),
        ("sub_form", {"sub_form": "newest"}),
        ("issuer", {"issuer": "http://github.example"}),
        ("audience", {"audience": "x" * 100_000}),
        ("audience", {"audience": "a*"}),
        ("workflow", {"workflow": "../x.sh"}),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    field: str, changes: dict[str, Any], alice: Client, cast: Cast
) -> None:
    response = send(alice, home(cast.ci, "preset", "github"), {**GITHUB, **changes})
    assert field in errors_of(response)
    assert not Trust.objects.exists()


def test_what_is_trusted_already_is_said(alice: Client, cast: Cast) -> None:
    url = home(cast.ci, "preset", "github")
    mark = send(alice, url, GITHUB).context["mark"]
    send(alice, url, {**GITHUB, "reviewed": mark})
    again = send(alice, url, {**GITHUB, "reviewed": mark})
    assert "lets in the same" in errors_of(again)["__all__"][0]
    assert Trust.objects.count() == 2


def test_a_preset_that_there_is_not_is_not_found(alice: Client, cast: Cast) -> None:
    for slug in ("gitea", "GitHub", "x" * 5000):
        url = home(cast.ci, "preset", slug)
        assert alice.get(url).status_code == 404
        assert send(alice, url, GITHUB).status_code == 404


def test_keys_of_a_cluster_are_text_in_the_form(alice: Client, cast: Cast) -> None:
    said = {"namespace": "ci", "service_account": "builder", "keys": '{"keys": []}'}
    response = send(alice, home(cast.ci, "preset", "kubernetes"), said)
    assert "keys" in errors_of(response)
