"""Tokens that sign nobody in, whatever they say: S-09 to S-13, S-28 and S-30."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from quaysite.models import OidcAccount, User
from tests.federation.signer import Signer, encoded, signed
from tests.quaysite.oidc import CLIENT_ID, CLIENT_SECRET, Flow, failures, now

Forge = Callable[[Flow, str], Any]


def claims(**changes: Any) -> Forge:
    """A token of the provider's own key that says something else."""
    return lambda flow, nonce: flow.token(nonce, **changes)


def header(**changes: Any) -> Forge:
    return lambda flow, nonce: flow.issuer.signer.token(
        changes, **flow.claims(nonce)
    ).reveal()


def unsigned(flow: Flow, nonce: str) -> str:
    parts = (
        {"alg": "none", "kid": "key-1"},
        flow.issuer.signer.claims(**flow.claims(nonce)),
    )
    return ".".join(encoded(json.dumps(part).encode()) for part in parts) + "."


def with_the_secret(flow: Flow, nonce: str) -> str:
    head = {"alg": "HS256", "kid": flow.issuer.signer.kid}
    return signed(
        head,
        flow.issuer.signer.claims(**flow.claims(nonce)),
        "HS256",
        CLIENT_SECRET.encode() * 2,
    )


def of_another_key(flow: Flow, nonce: str) -> str:
    forger = Signer(issuer=flow.issuer.url)
    forger.rotate()
    head = {"kid": flow.issuer.signer.kid}
    return forger.token(head, **flow.claims(nonce)).reveal()


def changed_afterwards(flow: Flow, nonce: str) -> str:
    head, _, signature = claims()(flow, nonce).split(".")
    said = flow.issuer.signer.claims(**flow.claims(nonce, sub="root"))
    body = encoded(json.dumps(said).encode())
    return ".".join([head, body, signature])


HOSTILE: dict[str, Forge] = {
    "another audience": claims(aud="somebody-else"),
    "no audience": claims(aud=None),
    "audience of another type": claims(aud={CLIENT_ID: True}),
    "two audiences without azp": claims(aud=[CLIENT_ID, "other"]),
    "given to another party": claims(azp="other"),
    "azp of another type": claims(azp=[CLIENT_ID]),
    "another issuer": claims(iss="https://evil.example"),
    "issuer in a list": claims(iss=["https://evil.example"]),
    "another nonce": claims(nonce="x"),
    "no nonce": claims(nonce=None),
    "nonce of another type": claims(nonce=["x"]),
    "expired": claims(exp=now() - 3600, iat=now() - 7200, nbf=now() - 7200),
    "no end": claims(exp=None),
    "of tomorrow": claims(iat=now() + 86400, exp=now() + 90000, nbf=None),
    "no subject": claims(sub=None),
    "subject of another type": claims(sub=5),
    "subject too long": claims(sub="s" * 256),
    "unsigned": unsigned,
    "HS256 with the client secret": with_the_secret,
    "of another key": of_another_key,
    "changed afterwards": changed_afterwards,
    "without kid": header(kid=None),
    "unknown kid": header(kid="other"),
    "kid of another type": header(kid=["key-1"]),
    "crit": header(crit=["x"]),
    "brings a key": header(jwk={"kty": "oct", "k": "x"}),
    "of another kind": header(typ="logout+jwt"),
    "no token": lambda flow, nonce: None,
    "a number": lambda flow, nonce: 5,
    "empty": lambda flow, nonce: "",
    "garbage": lambda flow, nonce: "\ud800.\x00.é",
    "long": lambda flow, nonce: "a" * 40_000,
}


@pytest.mark.parametrize("forge", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_token_signs_nobody_in(
    flow: Flow, forge: Forge, caplog: pytest.LogCaptureFixture
) -> None:
    asked = flow.go()
    token = forge(flow, asked["nonce"])
    flow.answer(token)

    with caplog.at_level(logging.DEBUG):
        refused = flow.come_back(asked)
        page = flow.told(refused)

    assert "could not be verified" in page
    assert flow.signed_in() == ""
    assert not User.objects.exists()
    assert not OidcAccount.objects.exists()
    assert failures() == [("", "token")]
    canaries = [CLIENT_SECRET, "access-canary", "code-canary", asked["nonce"]]
    for canary in [*canaries, *([token] if isinstance(token, str) and token else [])]:
        assert canary not in caplog.text
        assert canary not in page
    assert "Traceback" not in caplog.text


def test_a_good_token_does(flow: Flow) -> None:
    """What the hostile ones differ from in one thing each."""
    flow.sign_in(aud=[CLIENT_ID, "other"], azp=CLIENT_ID)
    assert flow.signed_in().startswith("person-")


def test_a_password_is_never_shown_to_the_provider(flow: Flow) -> None:
    """A code and a state in the address of the form have nothing to say."""
    asked = flow.go()
    form = {"username": "x", "password": "y"}
    flow.browser.post(f"/sign-in/?code=c&state={asked['state']}", form)
    assert flow.issuer.forms == []
