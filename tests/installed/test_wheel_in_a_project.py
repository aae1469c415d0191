"""The three apps from the wheel in another project: token endpoint, exchange, admin.

Django's own users, admin site and sessions; none of the site's settings or pages.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jwt
import pytest

from tests.federation.signer import Signer
from tests.installed.host.begin import PASSWORD
from tests.installed.project import Project

ISSUER = "https://ci.example"
PULL = "/v2/auth?service=registry.example.com&scope=repository:acme/web:pull,push"
MAY_PULL = [{"type": "repository", "name": "acme/web", "actions": ["pull"]}]


class Served(NamedTuple):
    """A project that answers, what it began with, and who may become its robot."""

    project: Project
    begun: dict[str, Any]
    signer: Signer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    project = Project(tmp_path_factory.mktemp("host"))
    signer = Signer()
    project.manage("migrate", "-v0")
    call = f"begin({ISSUER!r}, {signer.jwks()!r})"
    begun = project.run(f"from host.begin import begin; {call}")
    server = project.serve()
    yield Served(project, begun, signer)
    server.stop()


def access(project: Project, token: str) -> list[Any]:
    """What a registry lets the token do, which it verifies by the published keys."""
    _, keys = project.ask("/.well-known/jwks.json")
    kid = jwt.get_unverified_header(token)["kid"]
    (key,) = (one for one in jwt.PyJWKSet.from_dict(keys).keys if one.key_id == kid)
    claims = jwt.decode(
        token, key, ["ES256"], audience="registry.example.com", issuer="quaysite"
    )
    granted: list[Any] = claims["access"]
    return [one for one in granted if one["actions"]]


def granted(project: Project, login: str) -> list[Any]:
    status, answer = project.ask(PULL, login)
    assert status == 200, answer
    return access(project, answer["token"])


def test_the_apps_are_those_of_the_wheel(served: Served) -> None:
    assert Path(served.begun["robots"]).is_relative_to(served.project.folder / "venv")


def test_checks_and_migrations_have_nothing_to_say(served: Served) -> None:
    assert "no issues" in served.project.manage("check")
    made = served.project.manage("makemigrations", "--check", "--dry-run")
    assert "No changes" in made


def test_a_robot_gets_what_it_may_have(served: Served) -> None:
    secret = served.begun["secret"]
    assert granted(served.project, f"acme+ci:{secret}") == MAY_PULL


@pytest.mark.parametrize(
    "login", ["acme+ci:wrong", f"acme+ci:{PASSWORD}", f"acme+other:{PASSWORD}"]
)
def test_nobody_else_is_that_robot(login: str, served: Served) -> None:
    """Not even a person whom the host lets have its name."""
    status, answer = served.project.ask(PULL, login)
    assert status == 401
    assert "token" not in answer


def test_people_of_the_host_log_in(served: Served) -> None:
    assert granted(served.project, f"root:{PASSWORD}") != []
    assert granted(served.project, f"dora:{PASSWORD}") == []
    assert granted(served.project, f"erin@example.com:{PASSWORD}") == []


def test_tokens_of_the_host_do_nothing_here(served: Served) -> None:
    """Those whose scopes are the host's own; ours are cut down to what they say."""
    tokens = served.begun["oauth"]
    project = served.project
    assert granted(project, f"$oauthtoken:{tokens['repo:read']}") == MAY_PULL
    assert granted(project, f"$oauthtoken:{tokens['read write']}") == []
    path = "/api/v1/repository/acme/web"
    assert project.ask(path, bearer=tokens["repo:read"])[0] == 200
    assert project.ask(path, bearer=tokens["read write"])[0] in (401, 403)
    assert project.ask(path)[0] in (401, 403)


def exchange(served: Served, **claims: Any) -> tuple[int, Any]:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": served.signer.token(iss=ISSUER, **claims).reveal(),
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "audience": "acme+ci",
    }
    return served.project.ask("/oauth2/token", form=form)


def test_a_job_becomes_the_robot_by_the_exchange(served: Served) -> None:
    status, answer = exchange(served, sub="job", aud="https://host.example")
    assert status == 200, answer
    robot = f"acme+ci:{answer['access_token']}"
    assert granted(served.project, robot) == MAY_PULL


@pytest.mark.parametrize(
    "claims",
    [{"sub": "other", "aud": "https://host.example"}, {"sub": "job", "aud": "other"}],
)
def test_no_other_job_does(claims: dict[str, str], served: Served) -> None:
    status, answer = exchange(served, **claims)
    assert (status, answer["error"]) == (400, "invalid_request")


def test_pages_of_the_admin_are_shown(served: Served) -> None:
    """Every page of the apps for the host's superuser; 403 where none may add."""
    shown = served.project.run("from host.look import look; look()")
    assert len(shown) > 25
    failed = {page: code for page, code in shown.items() if code >= 500}
    assert failed == {}
    assert shown.pop("/admin/federation/trust/1/change/") == 302  # To its robot.
    assert {shown[page] for page in shown if "/add/" not in page} <= {200, 404, 405}
    for page in (
        "/admin/",
        "/admin/robots/robot/",
        "/admin/robots/robot/1/credentials/",
    ):
        assert shown[page] == 200


def test_the_host_keeps_its_own(served: Served) -> None:
    assert served.project.ask("/api/weather") == (200, {"weather": "fair"})
