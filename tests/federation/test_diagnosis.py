"""A diagnosis says what an exchange would do, and does none of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from federation import diagnosed
from federation.conditions import Condition, Operator
from federation.diagnosis import NOT_LOOKED_AT, Diagnosis, diagnose
from federation.entries import SubjectMatch
from federation.models import Trust, UsedAssertion
from robots.credentials import Secret
from robots.lifecycle.permissions import grant
from robots.lifecycle.robots import set_enabled
from robots.lifecycle.switches import Terms, turn_on
from robots.models import AuditEvent, Repository, Robot, RobotToken
from robots.roles import Role, Visibility
from robots.switch_targets import Issuer
from tests import factories
from tests.conftest import Cast
from tests.federation.exchanges import Exchange
from tests.federation.fixtures import TrustBuilder
from tests.federation.hostile import HOSTILE, Hostile
from tests.federation.signer import AUDIENCE, SUBJECT, Signer
from tests.robots.ledger import unchanged

pytestmark = pytest.mark.django_db


def of(robot: Robot, token: Secret) -> Diagnosis:
    """The diagnosis, after which every row is as it was."""
    trusts, used = list(Trust.objects.values()), list(UsedAssertion.objects.values())
    with unchanged():
        diagnosis = diagnose(robot, token, timezone.now())
    assert list(Trust.objects.values()) == trusts
    assert list(UsedAssertion.objects.values()) == used
    text = str(diagnosed.facts(robot, diagnosis)) + repr(diagnosis)
    assert len(token.reveal()) < 20 or token.reveal() not in text
    return diagnosis


def outcomes(diagnosis: Diagnosis) -> list[str]:
    return [verdict.outcome.value for verdict in diagnosis.verdicts]


def test_a_token_that_matches_is_verified_and_shown_what_it_opens(
    cast: Cast, trust: Trust, signer: Signer
) -> None:
    found = of(cast.ci, signer.token())
    assert (found.admitted, found.verified, found.matched) == (True, True, trust)
    assert outcomes(found) == ["match"]
    assert [(grant.repository, grant.role) for grant in found.grants] == [
        ("acme/public", Role.READ),
        ("acme/web", Role.WRITE),
    ]


@pytest.mark.parametrize(
    ("fields", "check", "claim"),
    [
        ({"issuer": "https://other.example"}, "issuer", "iss"),
        ({"subject": "repo:acme/web"}, "subject", "sub"),
        ({"audiences": ("other",)}, "audience", "aud"),
        (
            {"conditions": (Condition("env", Operator.EQUALS, ("prod",)),)},
            "condition",
            "env",
        ),
        ({"keys": Signer(algorithm="ES256").jwks()}, "signature", "alg"),
    ],
    ids=["issuer", "subject", "audience", "condition", "keys"],
)
def test_a_trust_tells_what_it_refuses_first(
    fields: dict[str, Any],
    check: str,
    claim: str,
    cast: Cast,
    trusting: TrustBuilder,
    signer: Signer,
) -> None:
    trusting(**fields)
    found = of(cast.ci, signer.token())
    [verdict] = found.verdicts
    assert (found.admitted, outcomes(found)) == (False, ["refused"])
    assert verdict.refused is not None
    assert (verdict.refused.check, verdict.refused.claim) == (check, claim)
    assert (found.grants, found.grants_count) == ((), 0)


def test_trusts_that_do_not_count_are_named_so(
    cast: Cast, trusting: TrustBuilder, signer: Signer
) -> None:
    trusting(enabled=False)
    trusting(subject="s", expires_at=timezone.now() - timedelta(seconds=1))
    found = of(cast.ci, signer.token())
    assert outcomes(found) == ["disabled", "ended"]
    assert (found.verified, found.reason) == (False, NOT_LOOKED_AT)
    assert found.nearest is None
    broken = of(cast.ci, Secret("broken"))
    assert outcomes(broken) == ["disabled", "ended"]


def test_a_robot_without_trusts_has_no_verdicts(cast: Cast, signer: Signer) -> None:
    found = of(cast.ci, signer.token())
    assert (found.verdicts, found.reason) == ((), NOT_LOOKED_AT)
    assert not found.admitted


def test_the_most_specific_match_counts(
    cast: Cast, trusting: TrustBuilder, signer: Signer
) -> None:
    trusting(subject="repo:acme/**", subject_match=SubjectMatch.GLOB)
    exact = trusting()
    found = of(cast.ci, signer.token())
    assert outcomes(found) == ["match", "match"]
    assert found.matched == exact


def test_the_nearest_miss_is_the_trust_that_the_token_came_furthest_with(
    cast: Cast, trusting: TrustBuilder, signer: Signer
) -> None:
    trusting(issuer="https://other.example")
    unsigned = trusting(subject="k", keys=Signer(algorithm="ES256").jwks())
    assert of(cast.ci, signer.token()).nearest == unsigned
    trusting(subject="other")
    audience = trusting(audiences=("other",))
    found = of(cast.ci, signer.token())
    assert (found.nearest, found.verified) == (audience, True)


@pytest.mark.parametrize("single_use", [True, False])
def test_a_token_that_was_used_is_told_so(
    single_use: bool,
    trusting: TrustBuilder,
    cast: Cast,
    signer: Signer,
    exchange: Exchange,
    settings: Settings,
) -> None:
    trusting(single_use=True)
    token = signer.token()
    assert not of(cast.ci, token).already_used
    assert exchange.get(token).status_code == 200
    Trust.objects.update(single_use=single_use)
    found = of(cast.ci, token)
    assert found.already_used == single_use, "of another trust nobody keeps it"
    assert (found.is_used_up, found.admitted) == (single_use, not single_use)
    settings.FEDERATION_SINGLE_USE = True
    assert of(cast.ci, token).is_used_up


def test_a_robot_that_cannot_log_in_is_told_why(
    cast: Cast, trust: Trust, signer: Signer, settings: Settings
) -> None:
    set_enabled(cast.ci, False, factories.BY)
    found = of(cast.ci, signer.token())
    assert found.issues == ("the robot is disabled",)
    assert (found.matched, found.admitted, found.grants) == (trust, False, ())
    settings.ROBOTS_DISALLOW = True
    assert len(of(cast.ci, Secret("broken")).issues) == 2


def test_grants_are_counted_beyond_the_first_hundred(
    cast: Cast, trust: Trust, signer: Signer
) -> None:
    many = Repository.objects.bulk_create(
        Repository(
            namespace=cast.acme, name=f"r{number:03}", visibility=Visibility.PRIVATE
        )
        for number in range(120)
    )
    for repository in many[:110]:
        grant(repository, cast.ci, Role.ADMIN, factories.BY)
    found = of(cast.ci, signer.token())
    assert (len(found.grants), found.grants_count) == (100, 112)
    assert found.grants[1] == ("acme/r000", Role.ADMIN)


def test_grants_never_leave_the_robots_namespace(
    cast: Cast, trust: Trust, signer: Signer
) -> None:
    other = factories.organization("other")
    factories.repository(other, "open", Visibility.PUBLIC)
    found = of(cast.ci, signer.token())
    assert {grant.repository.split("/")[0] for grant in found.grants} == {"acme"}


def test_an_audience_that_the_site_asks_for_is_missed(
    cast: Cast, trust: Trust, signer: Signer, settings: Settings
) -> None:
    settings.FEDERATION_REQUIRE_AUDIENCE = True
    [verdict] = of(cast.ci, signer.token()).verdicts
    assert verdict.refused is not None
    assert verdict.refused.check == "audience"


WORLDS: dict[str, Callable[[Cast, Trust, Any], object]] = {
    "good": lambda cast, trust, settings: None,
    "disabled": lambda cast, trust, settings: Trust.objects.update(enabled=False),
    "another issuer allowed": lambda cast, trust, settings: setattr(
        settings, "FEDERATION_ISSUERS", ["https://x.example"]
    ),
    "no own keys": lambda cast, trust, settings: setattr(
        settings, "FEDERATION_TRUST_KEYS", False
    ),
    "robot off": lambda cast, trust, settings: set_enabled(
        cast.ci, False, factories.BY
    ),
    "robots disallowed": lambda cast, trust, settings: setattr(
        settings, "ROBOTS_DISALLOW", True
    ),
    "namespace off": lambda cast, trust, settings: type(cast.acme).objects.update(
        enabled=False
    ),
    "max age": lambda cast, trust, settings: Trust.objects.update(max_age=60),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("age", [0, 120])
def test_it_says_what_the_exchange_does(
    age: int,
    world: Callable[[Cast, Trust, Any], object],
    cast: Cast,
    trust: Trust,
    signer: Signer,
    exchange: Exchange,
    settings: Settings,
) -> None:
    world(cast, trust, settings)
    iat = int(timezone.now().timestamp()) - age
    token = signer.token(iat=iat, nbf=iat)
    robot = Robot.objects.select_related("namespace").get(pk=cast.ci.pk)
    found = of(robot, token)
    assert found.admitted == (exchange.get(token).status_code == 200)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.id)
def test_no_hostile_token_is_told_to_open_anything(
    hostile: Hostile, cast: Cast, trusting: TrustBuilder, signer: Signer
) -> None:
    trusting(audiences=tuple(hostile.audiences))
    found = of(cast.ci, hostile.make(signer))
    assert (found.admitted, found.matched, found.grants) == (False, None, ())


def test_the_facts_are_json_that_names_the_claim(
    cast: Cast, trusting: TrustBuilder, signer: Signer
) -> None:
    trust = trusting(subject="other", name="deploys")
    facts = diagnosed.facts(cast.ci, of(cast.ci, signer.token()))
    assert facts["trusts"] == [
        {
            "id": trust.pk,
            "name": "deploys",
            "issuer": signer.issuer,
            "subject": "other",
            "verdict": "refused",
            "check": "subject",
            "claim": "sub",
            "expected": "other",
            "actual": SUBJECT,
            "reason": f"claim sub is '{SUBJECT}', not 'other'",
        }
    ]
    assert (facts["matched"], facts["nearest"]) == (None, trust.pk)
    assert facts["robot"] == {"name": "acme+ci", "may_log_in": True, "reasons": []}


def test_nothing_is_minted_and_no_event_is_left(
    cast: Cast, trust: Trust, signer: Signer
) -> None:
    before = RobotToken.objects.count(), AuditEvent.objects.count()
    token = signer.token(aud=AUDIENCE)
    assert of(cast.ci, token).admitted
    assert of(cast.ci, token).admitted, "it is not used up"
    assert (RobotToken.objects.count(), AuditEvent.objects.count()) == before


def test_a_switch_of_the_tokens_issuer_or_of_the_robot_is_told(
    cast: Cast, trust: Trust, signer: Signer
) -> None:
    issuer = Issuer(signer.issuer)
    turn_on(issuer, Terms("keys leaked", allowed=["acme+reader"]), factories.BY)
    found = of(cast.ci, signer.token())
    assert (found.admitted, found.matched, found.grants) == (False, trust, ())
    assert found.issues == (
        f"the emergency switch of issuer {signer.issuer} is on and does not name the"
        " robot",
    )
    turn_on(issuer, Terms("keys leaked", allowed=["acme+ci"]), factories.BY)
    turn_on(Issuer("https://other.example"), Terms("keys leaked"), factories.BY)
    assert of(cast.ci, signer.token()).admitted
    turn_on(cast.ci, Terms("a token leaked"), factories.BY)
    found = of(cast.ci, signer.token())
    assert not found.admitted
    assert found.issues == ("the emergency switch of robot acme+ci is on",)
