"""The compatibility checklist over HTTP: the token endpoint, and what it signs."""

import re
import time
from collections.abc import Callable

import jwt
import pytest
from pytest_django.fixtures import Settings

from robots.models import Repository
from robots.roles import Role, State, TeamRole, Visibility
from tests.api.checklist import (
    ORG,
    V1,
    granted,
    refused_login,
    token_request,
)
from tests.api.client import Client
from tests.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True)

SERVICE = "127.0.0.1:5000"
CHALLENGE = f'Bearer realm="http://127.0.0.1:8000/v2/auth",service="{SERVICE}"'
NOT_AUTHORIZED = "access to the requested resource is not authorized"


def test_item_11_the_token_endpoint_answers_as_quays_does(
    cast: Cast, api: Client, as_user: Callable[..., Client], settings: Settings
) -> None:
    ci = ("acme+ci", cast.ci_secret)
    for nothing in (token_request(api), token_request(api, None, "", "")):
        assert refused_login(nothing) == NOT_AUTHORIZED
        assert nothing.headers["WWW-Authenticate"] == CHALLENGE
    wrong = token_request(api, "acme+ci", "wrong", "repository:acme/public:pull")
    told = "Could not find robot with username: acme+ci and supplied password."
    assert refused_login(wrong) == told
    unreadable = api.get("/v2/auth", Authorization="Basic x")
    assert refused_login(unreadable) == "Specified credentials are invalid"
    login = token_request(api, *ci)
    assert (granted(login), "no-store" in login.headers["Cache-Control"]) == ([], True)

    # Filtered to what the robot may; the order is ours, whatever was asked.
    web = "repository:acme/web"
    for actions in ("pull,push,*", "*,push,pull", "push,pull"):
        answer = token_request(api, *ci, f"{web}:{actions}")
        assert granted(answer) == [("acme/web", ["push", "pull"])]
    owner = token_request(api, "alice", "correct horse battery staple", f"{web}:*,pull")
    assert granted(owner) == [("acme/web", ["pull", "*"])]
    scopes = [
        "repository:acme/public:pull,push",
        "repository:acme/api:pull",
        f"{web}:pull",
        "repository:acme/nothing:pull",
    ]
    several = [
        ("acme/public", ["pull"]),
        ("acme/api", []),
        ("acme/web", ["pull"]),
        ("acme/nothing", []),
    ]
    assert granted(token_request(api, *ci, *scopes)) == several
    assert granted(token_request(api, *ci, " ".join(scopes))) == several

    for bad in ("nonsense", f"{web}:fly", f"{web}:", "repository::pull"):
        answer = token_request(api, *ci, scopes[0], bad)
        (error,) = answer.json["errors"]
        assert (answer.status, error["code"]) == (400, "INVALID_REQUEST")
        text = f"Unable to decode repository and actions: {bad}"
        assert error["message"] == text
    nobody = token_request(api, None, "", scopes[2], scopes[0])
    assert granted(nobody) == [("acme/web", []), ("acme/public", ["pull"])]

    settings.LIBRARY_NAMESPACE = "acme"
    short = token_request(api, *ci, "repository:web:pull,push")
    assert granted(short) == [("web", ["push", "pull"])]


def test_item_11_a_push_creates_for_creators_only(
    cast: Cast, api: Client, as_user: Callable[..., Client]
) -> None:
    alice = as_user(cast.alice)
    scope = "repository:acme/made/by-push:push,pull"
    ci = ("acme+ci", cast.ci_secret)
    made = Repository.objects.filter(name="made/by-push")
    for answer in (token_request(api, *ci, scope), token_request(api, None, "", scope)):
        assert granted(answer) == [("acme/made/by-push", [])]
    assert not made.exists()
    alice.put(f"{ORG}/team/creators", {"role": TeamRole.CREATOR.label})
    assert alice.put(f"{ORG}/team/creators/members/acme+ci").status == 200
    pulled = token_request(api, *ci, "repository:acme/made/by-push:pull")
    assert (granted(pulled), made.exists()) == ([("acme/made/by-push", [])], False)
    pushed = token_request(api, *ci, scope)
    assert granted(pushed) == [("acme/made/by-push", ["push", "pull"])]
    assert made.get().visibility == Visibility.PRIVATE
    base = f"{V1}/repository/acme/made/by-push"
    assert alice.get(base).json["is_public"] is False
    users = alice.get(f"{base}/permissions/user/").json["permissions"]
    assert {name: shown["role"] for name, shown in users.items()} == {
        "acme+ci": Role.ADMIN.label
    }


def test_item_11_states_stop_pushes_except_the_mirrors_own(
    cast: Cast, api: Client, as_user: Callable[..., Client]
) -> None:
    alice = as_user(cast.alice)
    role = {"role": "admin"}
    web = f"{V1}/repository/acme/web"
    for name in ("acme+ci", "acme+reader"):
        assert alice.put(f"{web}/permissions/user/{name}", role).status == 200
    everything = "repository:acme/web:push,pull,*"

    def actions(name: str, secret: object) -> list[str]:
        ((_, found),) = granted(token_request(api, name, str(secret), everything))
        return found

    ci, reader = cast.ci_secret.reveal(), cast.reader_secret.reveal()
    assert actions("acme+ci", ci) == ["push", "pull", "*"]
    changed = alice.put(f"{web}/changestate", {"state": "READ_ONLY"})
    assert changed.status == 200, changed.text
    assert actions("acme+ci", ci) == ["pull"]
    cast.web.state, cast.web.mirror_robot = State.MIRROR, cast.ci
    cast.web.save()
    assert actions("acme+ci", ci) == ["push", "pull"]
    assert actions("acme+reader", reader) == ["pull"]


def test_item_12_the_token_says_what_registries_verify(cast: Cast, api: Client) -> None:
    before = int(time.time())
    answer = token_request(
        api,
        "acme+ci",
        cast.ci_secret,
        "repository:acme/web:pull,push",
        "repository:acme/api:pull",
        service=SERVICE,
    )
    token = answer.json["token"]
    keys = {key["kid"]: key for key in api.get("/.well-known/jwks.json").json["keys"]}
    header = jwt.get_unverified_header(token)
    assert header.keys() == {"alg", "kid", "typ"}
    assert header["typ"] == "JWT"
    key = jwt.PyJWK(keys[header["kid"]])
    claims = jwt.decode(
        token, key.key, [header["alg"]], audience=SERVICE, issuer="quaysite"
    )
    assert before <= claims["iat"] <= int(time.time())
    assert re.fullmatch("[0-9a-f]{32}", claims.pop("jti"))
    assert claims == {
        "iss": "quaysite",
        "sub": "acme+ci",
        "aud": SERVICE,
        "nbf": claims["iat"] - 60,
        "iat": claims["iat"],
        "exp": claims["iat"] + answer.json["expires_in"],
        "access": [
            {"type": "repository", "name": "acme/web", "actions": ["push", "pull"]},
            {"type": "repository", "name": "acme/api", "actions": []},
        ],
        "context": {
            "version": 2,
            "entity_kind": "robot",
            "entity_reference": "acme+ci",
            "kind": "user",
            "user": "acme+ci",
        },
    }
    person = token_request(api, "bob").json["token"]
    nobody = token_request(api, None, "", "repository:acme/public:pull").json["token"]
    for other, subject in ((person, "bob"), (nobody, "(anonymous)")):
        said = jwt.decode(other, options={"verify_signature": False})
        assert said["sub"] == subject


def test_item_12_v2_is_true_for_a_good_token_only(cast: Cast, api: Client) -> None:
    asked = api.get("/v2/")
    assert refused_login(asked) == NOT_AUTHORIZED
    assert asked.headers["WWW-Authenticate"] == CHALLENGE
    for login in (("acme+ci", cast.ci_secret), ("bob",)):
        token = token_request(api, *login).json["token"]
        answer = api.get("/v2/", Authorization=f"Bearer {token}")
        assert (answer.status, answer.text) == (200, "true")
        assert answer.headers["Docker-Distribution-API-Version"] == "registry/2.0"
    for wrong in (f"Bearer {token}x", f"Bearer {cast.ci_secret.reveal()}"):
        refused = refused_login(api.get("/v2/", Authorization=wrong))
        assert refused == "Invalid bearer token"
    basic = api.get("/v2/", Authorization="Basic YWNtZStjaTp4")
    assert refused_login(basic) == "Invalid bearer token format"
    assert api.get("/v2/_catalog", Authorization=f"Bearer {token}").status == 404
