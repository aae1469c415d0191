"""Robots under the name that clients of Harbor know: only the spelling changes."""

import pytest
from django.core.checks import Error, run_checks
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from registryauth import logins
from registryauth.robot_spelling import robot_called
from robots.lifecycle.robots import set_enabled
from robots.models import AuditEvent
from robots.names import parse_robot_name
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import Endpoint, basic, refusal
from tests.registryauth.queries import queries
from tests.registryauth.refusals import DISALLOWED, not_found, unauthorized

WEB = "repository:acme/web:pull"
HARBORS = "robot$acme+ci"


def test_a_robot_logs_in_under_harbors_name(cast: Cast, endpoint: Endpoint) -> None:
    login = basic(HARBORS, cast.ci_secret)
    with queries(1):
        claims = endpoint.claims(endpoint.get(WEB, login=login))
    assert claims["sub"] == "acme+ci"
    plain = endpoint.claims(endpoint.get(WEB, login=basic("acme+ci", cast.ci_secret)))
    assert claims["access"] == plain["access"]


def test_the_form_of_containerd_takes_it_too(cast: Cast, endpoint: Endpoint) -> None:
    response = endpoint.post(
        grant_type="password",
        username=HARBORS,
        password=cast.ci_secret.reveal(),
        scope=WEB,
    )
    assert endpoint.claims(response)["sub"] == "acme+ci"


def test_a_first_login_under_harbors_name(cast: Cast, endpoint: Endpoint) -> None:
    factories.imported_secret(cast.ci, "Harbor12345")
    assert endpoint.get(WEB, login=basic(HARBORS, "Harbor12345")).status_code == 200
    event = AuditEvent.objects.get(kind="exchange_robot_secret")
    assert event.performer_name == "acme+ci"


def test_a_refusal_names_what_was_sent(cast: Cast, endpoint: Endpoint) -> None:
    wrong = endpoint.get(WEB, login=basic(HARBORS, "WRONG"))
    assert refusal(wrong) == not_found(HARBORS)
    set_enabled(cast.ci, False, factories.BY)
    disabled = endpoint.get(WEB, login=basic(HARBORS, cast.ci_secret))
    assert refusal(disabled) == unauthorized(f"Robot {HARBORS} is disabled")


def test_the_audit_names_the_robot(cast: Cast, endpoint: Endpoint) -> None:
    endpoint.get(login=basic(HARBORS, "WRONG"))
    endpoint.get(login=basic(HARBORS, cast.ci_secret))
    logins.login_log.flush()
    failure = AuditEvent.objects.get(kind="login_failure")
    assert (failure.namespace_name, failure.facts["robot"]) == ("acme", "acme+ci")
    success = AuditEvent.objects.get(kind="login_success")
    assert success.facts["robot"] == "acme+ci"


def test_lists_of_robots_see_the_real_name(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.ROBOTS_DISALLOW = True
    settings.ROBOTS_WHITELIST = ["acme+ci", "robot$acme+reader"]
    login = basic(HARBORS, cast.ci_secret)
    assert endpoint.get(WEB, login=login).status_code == 200
    other = endpoint.get(WEB, login=basic("robot$acme+reader", cast.reader_secret))
    assert refusal(other) == unauthorized(DISALLOWED)


def test_the_secret_of_another_robot_is_a_wrong_one(
    cast: Cast, endpoint: Endpoint
) -> None:
    response = endpoint.get(WEB, login=basic(HARBORS, cast.reader_secret))
    assert refusal(response) == not_found(HARBORS)


def test_an_empty_prefix_takes_nothing_off(
    cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.HARBOR_ROBOT_PREFIX = ""
    assert endpoint.get(WEB, login=basic("acme+ci", cast.ci_secret)).status_code == 200
    response = endpoint.get(WEB, login=basic(HARBORS, cast.ci_secret))
    assert refusal(response) == not_found(HARBORS)
    assert endpoint.get(WEB, login=basic("alice")).status_code == 200


@pytest.mark.parametrize(
    "name",
    ["robot$alice", "robot$", "robot$ci", "$app", "$oauthtoken", "robot$+", "Robot$a+b",
     "robot$robot$acme+ci", "robot$acme+ci ", "robot$ACME+ci", "robot$acme+ci+x",
     "robot$acme+\0ci", " robot$acme+ci", "robot$acme/ci", "alice"],
)  # fmt: skip
def test_what_is_no_robot_in_harbors_spelling_stays_as_it_is(name: str) -> None:
    assert robot_called(name) == name


@pytest.mark.parametrize("prefix", ["robot$", "robot_", "a", "acme+", "", "$app"])
@given(data=st.data())
def test_a_name_of_ours_means_that_robot_whatever_the_prefix_is(
    prefix: str, data: st.DataObject
) -> None:
    half = st.from_regex(r"[a-z0-9]{2,4}", fullmatch=True)
    name = f"{data.draw(half)}+{data.draw(half)}"
    text = data.draw(st.sampled_from([name, f"{prefix}{name}", prefix]))
    called = _with_prefix(prefix, text)
    if parse_robot_name(text):
        assert called == text
    else:
        assert called in (text, name)


def _with_prefix(prefix: str, name: str) -> str:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("robots.conf.harbor_robot_prefix", lambda: prefix)
        return robot_called(name)


@pytest.mark.parametrize("prefix", ["", "robot$", "$", "Robot_", "svc@", "a+$"])
def test_a_prefix_that_no_name_begins_with_is_good(
    prefix: str, settings: Settings
) -> None:
    settings.HARBOR_ROBOT_PREFIX = prefix
    assert "registryauth.E008" not in {found.id for found in run_checks()}


@pytest.mark.parametrize("prefix", ["robot", "robot_", "acme.", "acme+", "a-", "_"])
def test_a_prefix_that_a_name_may_begin_with_is_an_error(
    prefix: str, settings: Settings
) -> None:
    settings.HARBOR_ROBOT_PREFIX = prefix
    (found,) = [found for found in run_checks() if found.id == "registryauth.E008"]
    assert isinstance(found, Error)
