"""Trusts to write, and what tokens they let in."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.models import FederatedToken, Trust
from robots.models import Robot, RobotToken, TokenOrigin
from tests import factories
from tests.federation.signer import Signer

BY = factories.BY
APP = Entry("https://issuer.example", "repo:acme/app")
WEB = Entry("https://issuer.example", "repo:acme/web", ("quay",), name="web")
RUN = Condition("run", Operator.EQUALS, (1,))
FULL = Entry(
    "https://issuer.example",
    "repo:acme/*",
    audiences=("quay", "other"),
    name="everything",
    subject_match=SubjectMatch.GLOB,
    ignore_case=True,
    conditions=(RUN, Condition("env", Operator.GLOB, ("prod-*",), ignore_case=True)),
    max_age=600,
    single_use=True,
    keys=Signer().jwks(),
    expires_at=datetime(2090, 1, 1, tzinfo=UTC),
)


def token_of(trust: Trust, minutes: int = 60) -> RobotToken:
    """A live federated token that the trust earned."""
    token = RobotToken.objects.create(
        robot=trust.robot,
        origin=TokenOrigin.FEDERATED,
        digest=f"{trust.pk}-{minutes}",
        expires_at=timezone.now() + timedelta(minutes=minutes),
    )
    FederatedToken.objects.create(token=token, trust=trust)
    return token


def lives(token: RobotToken) -> bool:
    return RobotToken.objects.filter(pk=token.pk).exists()


def said(robot: Robot) -> list[Entry]:
    return [trust.entry for trust in Trust.objects.filter(robot=robot)]
