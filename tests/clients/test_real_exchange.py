"""The script against Quaysite itself, with real keys: the logins that it makes work."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from pytest_django.live_server_helper import LiveServer

from federation.entries import Entry
from federation.models import Trust
from robots.credentials import Secret, digest
from robots.models import Robot, RobotToken
from tests.clients.program import DOCKER_HELPER, KUBELET_PROVIDER, Program, Run, logins
from tests.conftest import Cast
from tests.federation.signer import AUDIENCE, ISSUER, SUBJECT, Signer

POD = "system:serviceaccount:shop:web"


def trust(robot: Robot, signer: Signer, **changes: Any) -> Trust:
    """Trust the signer, whose keys nobody has to fetch."""
    facts: dict[str, Any] = {
        "issuer": ISSUER,
        "subject": SUBJECT,
        "audiences": (AUDIENCE,),
        "keys": signer.jwks(),
    }
    stored = Trust.of(robot, Entry(**(facts | changes)))
    stored.save()
    return stored


def log_in(
    program: Program, server: LiveServer, auth_file: Path, token: Secret, *options: str
) -> Run:
    program.secret = token.reveal()
    return program.run(
        *("--url", server.url, "--robot", "acme+ci", "--auth-file", str(auth_file)),
        *options,
        QUAYSITE_OIDC_TOKEN=token.reveal(),
    )


def granted(server: LiveServer, login: str) -> list[dict[str, Any]]:
    """What the token endpoint grants to a login from an auth file."""
    user, _, password = login.partition(":")
    answer = requests.get(
        f"{server.url}/v2/auth",
        params={"scope": "repository:acme/web:pull,push"},
        auth=(user, password),
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    payload = answer.json()["token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    access: list[dict[str, Any]] = claims["access"]
    return access


def host(server: LiveServer) -> str:
    return str(server.url).partition("://")[2]


def test_the_login_pulls_and_pushes_what_the_robot_may(
    program: Program, live_server: LiveServer, cast: Cast, auth_file: Path
) -> None:
    signer = Signer()
    trust(cast.ci, signer)
    run = log_in(program, live_server, auth_file, signer.token())
    assert run.code == 0, run.err
    (access,) = granted(live_server, logins(auth_file)[host(live_server)])
    assert (access["name"], sorted(access["actions"])) == (
        "acme/web",
        ["pull", "push"],
    )


def test_what_is_written_is_a_federated_token_of_the_robot(
    program: Program, live_server: LiveServer, cast: Cast, auth_file: Path
) -> None:
    signer = Signer()
    stored = trust(cast.ci, signer)
    log_in(program, live_server, auth_file, signer.token())
    password = logins(auth_file)[host(live_server)].partition(":")[2]
    token = RobotToken.objects.get(digest=digest(Secret(password)))
    assert password.startswith("qsf_")
    assert (token.robot, token.federated.trust) == (cast.ci, stored)


def test_without_an_exchange_the_login_works_too(
    program: Program, live_server: LiveServer, cast: Cast, auth_file: Path
) -> None:
    signer = Signer()
    trust(cast.ci, signer)
    run = log_in(program, live_server, auth_file, signer.token(), "--no-exchange")
    assert run.code == 0, run.err
    assert granted(live_server, logins(auth_file)[host(live_server)])


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        pytest.param({"sub": "somebody else"}, "Token does not match robot", id="sub"),
        pytest.param({"aud": "https://other"}, "Token does not match robot", id="aud"),
        pytest.param(
            {"iat": 900_000, "nbf": None, "exp": 1_000_000},
            "Signature has expired",
            id="expired",
        ),
    ],
)
def test_a_refused_token_leaves_no_login_and_no_token(
    program: Program,
    live_server: LiveServer,
    cast: Cast,
    auth_file: Path,
    claims: dict[str, Any],
    told: str,
) -> None:
    signer = Signer()
    trust(cast.ci, signer)
    run = log_in(program, live_server, auth_file, signer.token(**claims))
    assert (run.code, told in run.err, auth_file.exists()) == (1, True, False), run.err
    assert not RobotToken.objects.filter(federated__isnull=False).exists()


def test_a_single_use_token_logs_in_once(
    program: Program, live_server: LiveServer, cast: Cast, auth_file: Path
) -> None:
    signer = Signer()
    trust(cast.ci, signer, single_use=True)
    token = signer.token()
    codes = [log_in(program, live_server, auth_file, token).code for _ in range(2)]
    assert codes == [0, 1]


def test_docker_is_given_a_login_that_works(
    program: Program, live_server: LiveServer, cast: Cast
) -> None:
    signer = Signer()
    trust(cast.ci, signer)
    token = signer.token()
    program.secret = token.reveal()
    found = program.run(
        "get",
        called=DOCKER_HELPER,
        stdin=host(live_server),
        QUAYSITE_URL=live_server.url,
        QUAYSITE_ROBOT="acme+ci",
        QUAYSITE_OIDC_TOKEN=token.reveal(),
    ).json()
    assert granted(live_server, f"{found['Username']}:{found['Secret']}")


def test_the_kubelet_is_given_a_login_that_works(
    program: Program, live_server: LiveServer, cast: Cast
) -> None:
    signer = Signer()
    trust(cast.ci, signer, subject=POD)
    token = signer.token(sub=POD)
    program.secret = token.reveal()
    request = {
        "apiVersion": "credentialprovider.kubelet.k8s.io/v1",
        "kind": "CredentialProviderRequest",
        "image": f"{host(live_server)}/acme/web",
        "serviceAccountToken": token.reveal(),
        "serviceAccountAnnotations": {"quaysite/robot": "acme+ci"},
    }
    options = ("--url", live_server.url)
    run = program.run(*options, called=KUBELET_PROVIDER, stdin=json.dumps(request))
    login = run.json()["auth"][host(live_server)]
    assert granted(live_server, f"{login['username']}:{login['password']}")
