"""What the token endpoint counts: each kind, each reason, and nobody's names."""

import base64
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from oauth2_provider.models import get_access_token_model
from pytest_django.fixtures import Settings

from quaysite.metrics.families import COUNTERS, HISTOGRAMS
from quaysite.models import User
from registryauth import signing
from registryauth.counted import KINDS, RESULTS
from registryauth.errors import Cause
from robots import credentials
from robots.models import AppToken, EmergencySwitch, RobotToken
from robots.tallies import BOUNDS, SUM, Counts, tallies
from tests.conftest import Cast
from tests.factories import PASSWORD
from tests.federation.fixtures import TrustBuilder, signer, trusting
from tests.federation.signer import Signer
from tests.registryauth.endpoint import Endpoint, basic, login_of
from tests.registryauth.outages import database_away

__all__ = ["signer", "trusting"]

SERVICE = "127.0.0.1:5000"
ASSERTION = f"{'eyJ'}hbGciOiJub25lIn0.e30.x"
KNOWN = {
    (family.name, *values) for family in COUNTERS for values in family.series()
} | {
    (family.name, *values, bucket)
    for family in HISTOGRAMS
    for values in family.series()
    for bucket in (SUM, *range(len(BOUNDS) + 1))
}
"""Every key that may ever be counted."""


def counted(before: Counts) -> Counts:
    """What was counted since, without how long it took."""
    now = tallies.totals()
    return {
        key: number - before.get(key, 0)
        for key, number in now.items()
        if number != before.get(key, 0) and not str(key[0]).endswith("_seconds")
    }


def timed(before: Counts, kind: str) -> float:
    """How many durations of that kind were counted since."""
    return sum(
        number - before.get(key, 0)
        for key, number in tallies.totals().items()
        if key[:2] == ("token_duration_seconds", kind) and key[2] != SUM
    )


def app_token(owner: User) -> str:
    secret = credentials.generate_token()
    AppToken.objects.create(
        user=owner, title="laptop", digest=credentials.digest(secret)
    )
    return basic("$app", secret)


def oauth_token(owner: User) -> str:
    get_access_token_model().objects.create(
        user=owner,
        token="canary-oauth",
        scope="repo:read",
        expires=timezone.now() + timedelta(hours=1),
    )
    return basic("$oauthtoken", "canary-oauth")


@pytest.mark.parametrize(
    ("kind", "login"),
    [
        ("robot_static", lambda cast: login_of(cast.ci)),
        ("person", lambda cast: basic("alice", PASSWORD)),
        ("app", lambda cast: app_token(cast.alice)),
        ("oauth", lambda cast: oauth_token(cast.alice)),
        ("anonymous", lambda cast: None),
    ],
)
def test_a_token_is_counted_by_what_earned_it(
    kind: str, login: Callable[[Cast], str | None], cast: Cast, endpoint: Endpoint
) -> None:
    header, before = login(cast), tallies.totals()
    scope = f"repository:{cast.public}:pull"
    assert endpoint.get(scope, login=header, service=SERVICE).status_code == 200
    assert counted(before) == {("logins", kind, "granted"): 1}
    assert timed(before, kind) == 1


def test_keyless_logins_are_counted_by_what_was_shown(
    cast: Cast, endpoint: Endpoint, trusting: TrustBuilder, signer: Signer
) -> None:
    trusting(cast.ci)
    assertion, before = signer.token(), tallies.totals()
    login = basic(cast.ci.full_name, assertion)
    assert endpoint.get(login=login, service=SERVICE).status_code == 200
    assert counted(before)["logins", "issuer_token", "granted"] == 1


def test_refresh_tokens_are_a_kind_of_their_own(cast: Cast, endpoint: Endpoint) -> None:
    first = endpoint.get(login=login_of(cast.ci), service=SERVICE, offline_token="true")
    before = tallies.totals()
    form = {"service": SERVICE, "grant_type": "refresh_token"}
    renewed = endpoint.post(**form, refresh_token=first.json()["refresh_token"])
    assert renewed.status_code == 200
    assert endpoint.post(**form, refresh_token="qsr.wrong").status_code == 401
    assert counted(before) == {
        ("logins", "refresh", "granted"): 1,
        ("logins", "refresh", "refused"): 1,
        ("refusals", "bad_credentials"): 1,
    }


def disable(cast: Cast) -> None:
    cast.ci.enabled = False
    cast.ci.save()


def expire(cast: Cast) -> None:
    RobotToken.objects.filter(robot=cast.ci).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )


def switch(cast: Cast) -> None:
    EmergencySwitch.objects.create(
        site=True, reason="drill", turned_on_at=timezone.now(), turned_on_by="alice"
    )


@pytest.mark.parametrize(
    ("cause", "prepare"),
    [
        (Cause.DISABLED, disable),
        (Cause.EXPIRED, expire),
        (Cause.EMERGENCY_SWITCH, switch),
    ],
)
def test_why_a_right_token_is_refused(
    cause: Cause, prepare: Callable[[Cast], None], cast: Cast, endpoint: Endpoint
) -> None:
    login = login_of(cast.ci)
    prepare(cast)
    before = tallies.totals()
    assert endpoint.get(login=login, service=SERVICE).status_code == 401
    assert counted(before) == {
        ("logins", "robot_static", "refused"): 1,
        ("refusals", cause.value): 1,
    }


@pytest.mark.parametrize(
    ("login", "kind", "cause"),
    [
        (basic("acme+ci", "wrong"), "robot_static", Cause.BAD_CREDENTIALS),
        (basic("acme+ci", "qsf_wrong"), "robot_federated", Cause.BAD_CREDENTIALS),
        (basic("acme+ci", ASSERTION), "issuer_token", Cause.BAD_CREDENTIALS),
        (basic("alice", "wrong"), "person", Cause.BAD_CREDENTIALS),
        (basic("$app", "wrong"), "app", Cause.BAD_CREDENTIALS),
        (basic("$oauthtoken", "wrong"), "oauth", Cause.BAD_CREDENTIALS),
        ("Bearer x", "unknown", Cause.UNREADABLE),
        (None, "anonymous", Cause.NOTHING_SHOWN),
    ],
)
def test_why_a_login_is_refused(
    login: str | None, kind: str, cause: Cause, cast: Cast, endpoint: Endpoint
) -> None:
    before = tallies.totals()
    assert endpoint.get(login=login, service=SERVICE).status_code == 401
    assert counted(before) == {
        ("logins", kind, "refused"): 1,
        ("refusals", cause.value): 1,
    }


def test_who_tries_too_often_is_counted_for_what_was_shown(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.LOGIN_FAILURE_LIMIT = 1
    wrong = basic("acme+ci", "wrong")
    assert endpoint.get(login=wrong, service=SERVICE).status_code == 401
    before = tallies.totals()
    assert endpoint.get(login=wrong, service=SERVICE).status_code == 429
    assert counted(before)["logins", "robot_static", "throttled"] == 1


def test_robots_that_are_disallowed_are_counted_as_such(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    before = tallies.totals()
    assert endpoint.get(login=login_of(cast.ci), service=SERVICE).status_code == 401
    assert counted(before)["refusals", "robots_disallowed"] == 1


def test_passwords_that_are_not_accepted_are_counted_as_such(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.OIDC_PASSWORD_SIGN_IN = False
    before = tallies.totals()
    assert endpoint.get(login=basic("alice"), service=SERVICE).status_code == 401
    assert counted(before)["refusals", "not_accepted"] == 1


def test_a_question_that_makes_no_sense_is_counted_for_who_asked(
    cast: Cast, endpoint: Endpoint
) -> None:
    before = tallies.totals()
    login = login_of(cast.ci)
    assert endpoint.get(login=login, service="elsewhere").status_code == 400
    assert counted(before) == {
        ("logins", "robot_static", "refused"): 1,
        ("refusals", "invalid_request"): 1,
    }


def test_no_outage_passes_for_a_wrong_login(
    cast: Cast, endpoint: Endpoint, tmp_path: Path
) -> None:
    before = tallies.totals()
    with database_away(tmp_path):
        login = basic("acme+ci", cast.ci_secret)
        assert endpoint.get(login=login, service=SERVICE).status_code == 503
    assert counted(before) == {
        ("logins", "unknown", "unavailable"): 1,
        ("refusals", "database"): 1,
    }


def test_a_signing_key_that_is_missing_is_counted_as_such(
    cast: Cast, endpoint: Endpoint, own_signing_keys: Path
) -> None:
    signing.active_key()
    (own_signing_keys / "active").write_text("gone\n")
    signing.forget_keys()
    before = tallies.totals()
    assert endpoint.get(login=login_of(cast.ci), service=SERVICE).status_code == 503
    assert counted(before) == {
        ("logins", "robot_static", "unavailable"): 1,
        ("refusals", "signing_key"): 1,
    }


def test_what_a_granted_token_lacks_is_counted_by_reason(
    cast: Cast, endpoint: Endpoint
) -> None:
    login, before = login_of(cast.reader), tallies.totals()
    scopes = [f"repository:{cast.web}:pull,push", "repository:other/thing:pull"]
    assert endpoint.get(*scopes, login=login, service=SERVICE).status_code == 200
    assert counted(before) == {
        ("logins", "robot_static", "granted"): 1,
        ("denied_actions", "role_too_low"): 1,
        ("denied_actions", "no_namespace"): 1,
    }


class Hostile(TestCase):
    """Whatever is sent, only known keys are counted."""

    @given(
        st.text(max_size=40),
        st.text(max_size=40),
        st.lists(st.text(max_size=60), max_size=3),
        st.sampled_from(["GET", "HEAD", "POST", "PUT", "BREW"]),
    )
    def test_no_input_makes_a_series(
        self, username: str, secret: str, scopes: list[str], method: str
    ) -> None:
        text = f"{username}:{secret}".encode("utf-8", "surrogatepass")
        login = f"Basic {base64.b64encode(text).decode()}"
        endpoint = Endpoint(self.client)
        endpoint.get(*scopes, login=login, method=method, service=SERVICE)
        self.client.get(f"/api/v1/{username.encode('utf-8', 'replace').hex()}")
        made = {key for key in tallies.totals() if key[0] != "forked"}
        assert {key for key in made if key[0] != "a"} <= KNOWN
        assert {key[1] for key in made if key[0] == "logins"} <= set(KINDS)
        assert {key[2] for key in made if key[0] == "logins"} <= set(RESULTS)
