"""S-17: who takes over a name that was given up does not take over its trust.

"Sub:jugation": an organization or repository is renamed or deleted, somebody else
registers the name, and the issuer signs the very same subject for them. The trusts
are those of the presets; the tokens are exchanged over HTTP.
"""

from dataclasses import replace
from typing import Any

import pytest

from federation.entries import Entry
from federation.linter import grade
from federation.models import Trust
from tests.conftest import Cast
from tests.federation.exchanges import NO_MATCH, Exchange, events, stored
from tests.federation.presets import (
    test_buildkite,
    test_github,
    test_gitlab,
    test_google,
    test_kubernetes,
)
from tests.federation.presets.admitting import ID, OTHER_ID, filled
from tests.federation.signer import Signer

ANOTHER = "11111111-477b-4fa8-9968-496074483cee"
IN_CLUSTER = test_kubernetes.VALUES | {"service_account_uid": ID}

OWNED = [
    pytest.param("github", test_github.VALUES, test_github.CLAIMS, id="GitHub"),
    pytest.param(
        "github",
        test_github.VALUES,
        test_github.CLAIMS | {"sub": test_github.NEW},
        id="GitHub with ids",
    ),
    pytest.param("gitlab", test_gitlab.VALUES, test_gitlab.CLAIMS, id="GitLab"),
    pytest.param(
        "buildkite", test_buildkite.VALUES, test_buildkite.CLAIMS, id="Buildkite"
    ),
    pytest.param("kubernetes", IN_CLUSTER, test_kubernetes.CLAIMS, id="Kubernetes"),
    pytest.param("google", test_google.VALUES, test_google.CLAIMS, id="Google"),
]
TAKEN_OVER = [
    pytest.param("github", test_github, {"repository_id": "75"}, id="GitHub repo"),
    pytest.param("github", test_github, {"repository_owner_id": "66"}, id="GitHub org"),
    pytest.param("gitlab", test_gitlab, {"project_id": "21"}, id="GitLab project"),
    pytest.param("gitlab", test_gitlab, {"namespace_id": "73"}, id="GitLab group"),
    pytest.param(
        "buildkite", test_buildkite, {"organization_id": ANOTHER}, id="Buildkite org"
    ),
    pytest.param(
        "buildkite", test_buildkite, {"pipeline_id": ANOTHER}, id="Buildkite pipeline"
    ),
    pytest.param(
        "google", test_google, {"sub": "117000000000000000002"}, id="Google account"
    ),
]


def trusting(cast: Cast, slug: str, values: dict[str, Any]) -> Signer:
    """acme+ci trusts what the preset says; its issuer's pen."""
    entries = filled(slug, values)
    signer = Signer(entries[0].issuer)
    for entry in entries:
        Trust.of(cast.ci, replace(entry, keys=signer.jwks())).save()
    return signer


@pytest.mark.parametrize(("slug", "values", "claims"), OWNED)
def test_s17_the_owner_of_a_name_comes_in(
    slug: str,
    values: dict[str, Any],
    claims: dict[str, Any],
    cast: Cast,
    exchange: Exchange,
) -> None:
    signer = trusting(cast, slug, values)
    assert exchange.get(signer.token(**claims)).status_code == 200
    assert stored()[0] == 1


@pytest.mark.parametrize(("slug", "of_preset", "changes"), TAKEN_OVER)
def test_s17_who_took_the_name_over_does_not(
    slug: str, of_preset: Any, changes: dict[str, Any], cast: Cast, exchange: Exchange
) -> None:
    signer = trusting(cast, slug, of_preset.VALUES)
    answer = exchange.get(signer.token(**of_preset.CLAIMS | changes))
    assert (answer.status_code, answer.json()) == (401, NO_MATCH)
    assert stored() == (0, 0)
    assert len(events("federated_robot_token_refused")) == 1


def test_s17_a_service_account_that_was_made_again_does_not(
    cast: Cast, exchange: Exchange
) -> None:
    signer = trusting(cast, "kubernetes", IN_CLUSTER)
    again = {"kubernetes.io": test_kubernetes.of_pod(OTHER_ID)}
    answer = exchange.get(signer.token(**test_kubernetes.CLAIMS | again))
    assert (answer.status_code, stored()) == (401, (0, 0))


@pytest.mark.parametrize(
    ("issuer", "subject"),
    [
        ("https://token.actions.githubusercontent.com", test_github.CLAIMS["sub"]),
        ("https://gitlab.com", test_gitlab.CLAIMS["sub"]),
        ("https://agent.buildkite.com", test_buildkite.CLAIMS["sub"]),
    ],
)
def test_s17_a_trust_in_names_alone_is_warned_of(issuer: str, subject: str) -> None:
    codes = {finding.code for finding in grade(Entry(issuer, subject)).findings}
    assert "names_without_ids" in codes
