"""The script as a credential provider of the kubelet.

Request and response are those of the Kubernetes reference page "Kubelet
CredentialProvider (v1)", the token and the annotations those of KEP-4412.
"""

import json
from typing import Any

import pytest

from tests.clients.program import JWT, KUBELET_PROVIDER, Program, Run
from tests.clients.servers import ROBOT_TOKEN, Answer, Server, granted, serving

API = "credentialprovider.kubelet.k8s.io/v1"
IMAGE = "registry.example.com/acme/web:1.2"


def asked(**changes: Any) -> dict[str, Any]:
    """What a kubelet sends; a change of None leaves that field out."""
    request = {
        "apiVersion": API,
        "kind": "CredentialProviderRequest",
        "image": IMAGE,
        "serviceAccountToken": JWT,
        "serviceAccountAnnotations": {"quaysite/robot": "acme+puller"},
    } | changes
    return {name: value for name, value in request.items() if value is not None}


def call(program: Program, quaysite: Server, request: Any, *options: str) -> Run:
    return program.run(
        *("--url", quaysite.url, "--registry", "registry.example.com", *options),
        called=KUBELET_PROVIDER,
        stdin=json.dumps(request),
    )


def test_the_pods_own_token_is_exchanged(program: Program, quaysite: Server) -> None:
    run = call(program, quaysite, asked())
    assert run.code == 0, run.err
    assert run.json() == {
        "apiVersion": API,
        "kind": "CredentialProviderResponse",
        "cacheKeyType": "Registry",
        "cacheDuration": "3300s",
        "auth": {
            "registry.example.com": {
                "username": "acme+puller",
                "password": ROBOT_TOKEN,
            }
        },
    }
    form = quaysite.requests[0].form()
    assert (form["subject_token"], form["audience"]) == ([JWT], ["acme+puller"])


@pytest.mark.parametrize(
    "annotations",
    [None, {}, {"other": "acme+x"}, {"quaysite/robot": ""}, [1], {"quaysite/robot": 7}],
    ids=["none", "empty", "another", "blank", "a list", "a number"],
)
def test_without_an_annotation_the_robot_is_the_configured_one(
    program: Program, quaysite: Server, annotations: Any
) -> None:
    request = asked(serviceAccountAnnotations=annotations)
    run = call(program, quaysite, request, "--robot", "acme+node")
    assert run.json()["auth"]["registry.example.com"]["username"] == "acme+node"


def test_an_option_makes_it_the_kubelets_under_any_name(
    program: Program, quaysite: Server
) -> None:
    run = program.run(
        *("--url", quaysite.url, "--registry", "registry.example.com", "--kubelet"),
        stdin=json.dumps(asked()),
    )
    assert run.json()["kind"] == "CredentialProviderResponse"


@pytest.mark.parametrize(
    ("lifetime", "duration"),
    [(3600, "3300s"), (600, "300s"), (60, "30s"), (1, "1s"), (0, "0s"), (None, "0s")],
)
def test_credentials_are_cached_for_less_than_they_live(
    program: Program, lifetime: int | None, duration: str
) -> None:
    with serving(granted(lifetime=lifetime)) as quaysite:
        run = call(program, quaysite, asked())
    assert run.json()["cacheDuration"] == duration


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"image": "docker.io/library/busybox"}, id="another registry"),
        pytest.param({"image": "busybox"}, id="no registry"),
        pytest.param(
            {"image": "registry.example.com.evil.example/a"}, id="a longer name"
        ),
        pytest.param({"image": "registry.example.com:5000/a"}, id="another port"),
        pytest.param({"image": None}, id="no image"),
        pytest.param({"image": 7}, id="a number"),
        pytest.param({"serviceAccountToken": None}, id="no token"),
        pytest.param({"serviceAccountToken": ""}, id="an empty token"),
        pytest.param({"serviceAccountToken": 7}, id="a number for a token"),
    ],
)
def test_what_is_not_ours_gets_an_empty_answer(
    program: Program, quaysite: Server, changes: dict[str, Any]
) -> None:
    run = call(program, quaysite, asked(**changes))
    assert (run.code, run.json()["auth"]) == (0, None)
    assert quaysite.requests == []


@pytest.mark.parametrize(
    "request_body",
    [
        asked(apiVersion="credentialprovider.kubelet.k8s.io/v1beta1"),
        asked(apiVersion=None),
        [],
        "x",
    ],
    ids=["v1beta1", "no version", "a list", "a text"],
)
def test_another_version_is_refused(
    program: Program, quaysite: Server, request_body: Any
) -> None:
    run = call(program, quaysite, request_body)
    assert (run.code, run.out) == (2, "")
    assert API in run.err


def test_a_refusal_is_told_in_the_kubelets_log(program: Program) -> None:
    with serving(Answer(400, {"error_description": "No match"})) as quaysite:
        run = call(program, quaysite, asked())
    assert (run.code, run.out) == (1, "")
    assert "No match" in run.err


def test_no_robot_at_all_is_told(program: Program, quaysite: Server) -> None:
    run = call(program, quaysite, asked(serviceAccountAnnotations=None))
    assert (run.code, "--robot" in run.err) == (2, True)
    assert quaysite.requests == []


def test_a_token_that_is_no_jwt_is_not_sent(program: Program, quaysite: Server) -> None:
    run = call(program, quaysite, asked(serviceAccountToken="a b"))
    assert (run.code, "not a JWT" in run.err) == (3, True)
    assert quaysite.requests == []


def test_without_an_exchange_the_token_is_the_password_and_is_not_cached(
    program: Program, quaysite: Server
) -> None:
    program.may_show_secret = True
    run = call(program, quaysite, asked(), "--no-exchange")
    answer = run.json()
    assert answer["auth"]["registry.example.com"]["password"] == JWT
    assert (answer["cacheDuration"], quaysite.requests) == ("0s", [])
