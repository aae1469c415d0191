"""All presets alike: what they fill can be kept, is graded well, and can be drawn."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from federation.conditions import parse
from federation.entries import Entry, SubjectMatch
from federation.errors import TrustInvalid
from federation.linter import Level, grade
from federation.models import Trust
from federation.patterns import has_wildcard
from federation.presets import PRESETS, fill
from federation.presets.fields import Kind
from federation.presets.github import EVENTS
from federation.presets.gitlab import SOURCES
from tests.conftest import Cast
from tests.federation.presets import (
    test_buildkite,
    test_circleci,
    test_entra,
    test_github,
    test_gitlab,
    test_google,
    test_keycloak,
    test_kubernetes,
)
from tests.federation.presets.admitting import ID, SITE

VALUES: Mapping[str, dict[str, Any]] = {
    "github": test_github.VALUES,
    "gitlab": test_gitlab.VALUES,
    "kubernetes": test_kubernetes.VALUES | {"service_account_uid": ID},
    "keycloak": test_keycloak.VALUES,
    "entra": test_entra.VALUES,
    "google": test_google.VALUES,
    "buildkite": test_buildkite.VALUES,
    "circleci": test_circleci.VALUES,
}
EVERY = pytest.mark.parametrize("slug", PRESETS)
PAGE = Path(__file__).parents[3] / "docs" / "federation" / "presets.md"
FOR_CI = pytest.mark.parametrize("slug", ["github", "gitlab", "buildkite", "circleci"])


def without_ref(slug: str, **changes: Any) -> list[Entry]:
    said = {k: v for k, v in VALUES[slug].items() if k != "branch"}
    return fill(slug, said | changes, SITE)


def test_every_preset_is_tested() -> None:
    assert set(VALUES) == set(PRESETS)


@EVERY
def test_the_linter_finds_nothing_in_what_is_filled(slug: str) -> None:
    for entry in fill(slug, VALUES[slug], SITE):
        assert grade(entry).findings == ()


@FOR_CI
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"any_ref": True}, id="any ref"),
        pytest.param({"branch": "rel/*", "wildcards": True}, id="branches"),
        pytest.param({"tag": "**", "wildcards": True}, id="tags"),
        pytest.param({"tag": "v*", "wildcards": True}, id="tags that begin alike"),
    ],
)
def test_the_linter_refuses_no_choice_of_refs(
    slug: str, changes: dict[str, Any]
) -> None:
    levels = {grade(entry).level for entry in without_ref(slug, **changes)}
    assert Level.REFUSED not in levels


@FOR_CI
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"any_ref": True}, id="any ref"),
        pytest.param({"tag": "v1"}, id="tag"),
        pytest.param({"branch": "rel/*", "wildcards": True}, id="branches"),
    ],
)
def test_the_linter_finds_nothing_in_a_choice_of_whole_refs(
    slug: str, changes: dict[str, Any]
) -> None:
    for entry in without_ref(slug, **changes):
        assert grade(entry).findings == ()


@pytest.mark.parametrize(
    ("slug", "changes"),
    [
        ("github", {"events": list(EVENTS)}),
        ("gitlab", {"sources": list(SOURCES)}),
        ("gitlab", {"ref_protected": False}),
    ],
)
def test_the_linter_finds_nothing_in_what_else_ci_may_choose(
    slug: str, changes: dict[str, Any]
) -> None:
    for entry in fill(slug, VALUES[slug] | changes, SITE):
        assert grade(entry).findings == ()


def test_the_linter_warns_of_an_account_that_is_not_told_by_its_uid() -> None:
    (entry,) = fill("kubernetes", test_kubernetes.VALUES, SITE)
    assert [found.code for found in grade(entry).findings] == ["names_without_ids"]


@pytest.mark.parametrize("environment", ["production", "prod-*"])
def test_the_linter_refuses_no_environment(environment: str) -> None:
    for slug in ("github", "gitlab"):
        entries = without_ref(
            slug,
            environment=environment,
            wildcards=True,
            **({"branch": "main"} if slug == "gitlab" else {}),
        )
        assert Level.REFUSED not in {grade(entry).level for entry in entries}


@EVERY
def test_a_token_is_taken_once_where_a_job_can_have_another(slug: str) -> None:
    per_call = slug in ("github", "gitlab", "buildkite", "circleci")
    entries = fill(slug, VALUES[slug], SITE)
    assert {entry.single_use for entry in entries} == {per_call}


@EVERY
def test_the_audience_is_always_named(slug: str) -> None:
    said = {k: v for k, v in VALUES[slug].items() if k != "audience"}
    own = ("https://own.example.com",)
    named = fill(slug, said | {"audience": list(own)}, SITE)
    assert {entry.audiences for entry in named} == {own}


@pytest.mark.parametrize("slug", sorted(set(PRESETS) - {"entra", "circleci"}))
def test_the_audience_is_the_address_of_the_site_if_none_is_given(slug: str) -> None:
    assert {entry.audiences for entry in fill(slug, VALUES[slug], SITE)} == {(SITE,)}
    with pytest.raises(TrustInvalid, match=r"^audience: needed; must be texts"):
        fill(slug, VALUES[slug])


@EVERY
def test_a_name_is_made_up_or_given(slug: str) -> None:
    entries = fill(slug, VALUES[slug], SITE)
    called = fill(slug, VALUES[slug] | {"name": "Mine"}, SITE)
    assert all(entry.name.startswith(PRESETS[slug].title[:6]) for entry in entries)
    assert {entry.name for entry in called} == {"Mine"}


def test_a_name_that_is_made_up_fits_whatever_it_is_made_of() -> None:
    said = VALUES["gitlab"] | {"project": f"{'g' * 120}/{'p' * 130}"}
    (entry,) = fill("gitlab", said, SITE)
    assert len(entry.name) == 255


@EVERY
def test_the_same_words_fill_the_same_trusts(slug: str) -> None:
    first, again = (fill(slug, VALUES[slug], SITE) for _ in range(2))
    assert first == again
    assert len({entry.digest for entry in first}) == len(first)


@EVERY
def test_what_is_filled_can_be_written_down_and_read_back(slug: str) -> None:
    for entry in fill(slug, VALUES[slug], SITE):
        facts = json.loads(json.dumps([c.facts() for c in entry.conditions]))
        assert tuple(map(parse, facts)) == entry.conditions


@EVERY
def test_what_is_filled_can_be_stored(slug: str, cast: Cast) -> None:
    for entry in fill(slug, VALUES[slug], SITE):
        trust = Trust.of(cast.ci, entry)
        trust.full_clean()
        trust.save()
        assert Trust.objects.get(pk=trust.pk).entry == entry


@EVERY
def test_a_subject_is_a_glob_only_if_it_has_a_wildcard(slug: str) -> None:
    for entry in fill(slug, VALUES[slug], SITE):
        is_glob = entry.subject_match is SubjectMatch.GLOB
        assert is_glob == has_wildcard(entry.subject)


@EVERY
def test_a_form_can_be_drawn_of_the_facts(slug: str) -> None:
    facts = json.loads(json.dumps(PRESETS[slug].facts(SITE)))
    assert facts["slug"] == slug
    for field in facts["fields"]:
        assert field["name"] and field["help"].endswith(".")
        assert field["kind"] in set(Kind)
        assert bool(field["choices"]) == (field["kind"] == "choice")
        assert isinstance(field["default"], bool) == (field["kind"] == "flag")
        assert isinstance(field["default"], list) or not field["many"]


@EVERY
def test_the_defaults_of_the_facts_are_those_of_filling(slug: str) -> None:
    shown = {f["name"]: f["default"] for f in PRESETS[slug].facts(SITE)["fields"]}
    said = VALUES[slug]
    assert fill(slug, shown | said) == fill(slug, said, SITE)


@EVERY
def test_what_the_facts_call_required_is(slug: str) -> None:
    for field in PRESETS[slug].facts(SITE)["fields"]:
        if field["required"]:
            left = {k: v for k, v in VALUES[slug].items() if k != field["name"]}
            with pytest.raises(TrustInvalid, match=rf"^{field['name']}: needed"):
                fill(slug, left, SITE)


def test_an_unknown_preset_is_refused_by_name() -> None:
    with pytest.raises(TrustInvalid, match=r"^preset: must be one of github, gitlab"):
        fill("gitea", {})


@EVERY
@pytest.mark.parametrize("values", [None, [], "owner=acme", 5, True])
def test_values_that_are_no_object_are_refused(slug: str, values: Any) -> None:
    with pytest.raises(TrustInvalid, match=r"^values: must be a JSON object"):
        fill(slug, values, SITE)


@EVERY
def test_the_page_on_presets_names_every_field_and_no_other(slug: str) -> None:
    (section,) = re.findall(
        rf"^## {slug}$(.*?)(?=^## |\Z)", PAGE.read_text(), re.M | re.S
    )
    first = re.findall(r"^\| (`.*?) \|", section, re.M)
    named = {name for cell in first for name in re.findall(r"`(\w+)`", cell)}
    assert named == {field.name for field in PRESETS[slug].fields}
