"""Hostile tokens, one a row, by the cases of the security list: real keys, real JWS.

Each is refused by a trust of `signer.ISSUER` and `signer.SUBJECT` with the row's
audiences, for the one reason that it says: all else about it is in order.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any, Literal

from robots.credentials import Secret
from tests.federation import forgery as f
from tests.federation.signer import AUDIENCE, ISSUER, SUBJECT, Signer, encoded

Stage = Literal["assertion", "matching"]

MINE = (AUDIENCE,)
ANY: tuple[str, ...] = ()
"""The audiences of a trust in Quay's own form: none, so that any may be meant."""

STRANGER = "https://other.example"


@dataclass(frozen=True)
class Hostile:
    """A token that must let nobody in.

    `check` and `claim` are what `peek`, `verify` or `match` names when it refuses;
    whoever looks for the key first may say `keys` where a row says `signature`.
    `audiences` are the trust's. At stage `matching` the token verifies by the key it
    was signed with, and its trust refuses it.
    """

    case: str
    id: str
    make: f.Make
    check: str
    claim: str = ""
    audiences: tuple[str, ...] = ANY
    stage: Stage = "assertion"

    def __str__(self) -> str:
        return f"{self.case} {self.id}"


def _form(case: str, claim: str, rows: dict[str, f.Make]) -> list[Hostile]:
    return [Hostile(case, id, make, "form", claim) for id, make in rows.items()]


def _forged(case: str, rows: dict[str, f.Make], claim: str = "") -> list[Hostile]:
    return [Hostile(case, id, make, "signature", claim) for id, make in rows.items()]


def _values(case: str, claim: str, values: dict[str, Any]) -> list[Hostile]:
    """One row for each value of a claim that is none."""
    rows = {f"{claim} {id}": f.claiming(**{claim: v}) for id, v in values.items()}
    return _form(case, claim, rows)


def _audiences(case: str, values: dict[str, Any]) -> list[Hostile]:
    """One row for each `aud` that is not the trust's."""
    return [
        Hostile(
            case, f"aud {id}", f.claiming(aud=v), "audience", "aud", MINE, "matching"
        )
        for id, v in values.items()
    ]


def _one_byte_less(text: str) -> str:
    signed, _, signature = text.rpartition(".")
    return f"{signed}.{encoded(base64.urlsafe_b64decode(signature + '==')[:-1])}"


def _one_character_off(text: str) -> str:
    signed, _, signature = text.rpartition(".")
    new = "B" if signature[9] == "A" else "A"
    return f"{signed}.{signature[:9]}{new}{signature[10:]}"


def _without(text: str, part: int) -> str:
    parts = text.split(".")
    return ".".join(["" if at == part else it for at, it in enumerate(parts)])


def _forged_subject(signer: Signer) -> Secret:
    """A good token of another job, made ours after it was signed."""
    header, _, signature = f.claiming(sub="repo:acme/other")(signer).reveal().split(".")
    claims = encoded(f.dumped(f.claims_of(signer)))
    return Secret(f"{header}.{claims}.{signature}")


def _with_other_header(text: str) -> str:
    """The same token under a header that says the same in another order."""
    header, rest = text.split(".", 1)
    said = json.loads(base64.urlsafe_b64decode(header + "=="))
    return f"{encoded(f.dumped(dict(reversed(said.items()))))}.{rest}"


def _moved_signature(signer: Signer) -> Secret:
    """Claims of one token, signature of another one of the same issuer."""
    claims = f.claiming(sub="repo:acme/other")(signer).reveal().rpartition(".")[0]
    return Secret(f"{claims}.{signer.token().reveal().rpartition('.')[2]}")


AUDIENCES = [
    *_audiences(
        "S-06",
        {"of another service": STRANGER, "missing": f.MISSING},
    ),
    *_audiences(
        "S-08",
        {
            "1-array of another": [STRANGER],
            "n-array of others": [STRANGER, "https://third.example"],
            "n-array with ours and another": [AUDIENCE, STRANGER],
            "empty array": [],
            "empty string": "",
            "array of an empty string": [""],
            "superstring": f"{AUDIENCE}.evil.example",
            "prefix": AUDIENCE[:-1],
            "with a trailing slash": f"{AUDIENCE}/",
            "in another case": AUDIENCE.upper(),
            "with a space": f"{AUDIENCE} ",
            "two in one string": f"{AUDIENCE} {STRANGER}",
            "1-array of a superstring": [f"{AUDIENCE}.evil.example"],
        },
    ),
    *_values(
        "S-09",
        "aud",
        {
            "number": 5,
            "boolean": True,
            "null": None,
            "object": {AUDIENCE: AUDIENCE},
            "nested list": [[AUDIENCE]],
            "list with a number": [AUDIENCE, 5],
            "list with null": [AUDIENCE, None],
        },
    ),
]

IDENTITIES = [
    *_values(
        "S-10",
        "iss",
        {
            "array": [ISSUER],
            "array with a stranger": [STRANGER, ISSUER],
            "number": 5,
            "object": {"iss": ISSUER},
            "boolean": True,
            "null": None,
            "missing": f.MISSING,
            "empty": "",
        },
    ),
    *_values(
        "S-09",
        "sub",
        {
            "array": [SUBJECT],
            "number": 5,
            "object": {"sub": SUBJECT},
            "boolean": True,
            "null": None,
            "missing": f.MISSING,
            "empty": "",
        },
    ),
    *_values("S-09", "jti", {"number": 5, "null": None, "empty": ""}),
    *(
        Hostile("S-10", id, f.of_stranger(iss=iss), "issuer", "iss", ANY, "matching")
        for id, iss in {
            "of a stranger with a key of that kid": STRANGER,
            "iss with a trailing slash": f"{ISSUER}/",
            "iss in another case": ISSUER.upper(),
            "iss with another scheme": ISSUER.replace("https", "http"),
            "iss with a path": f"{ISSUER}/realm",
        }.items()
    ),
    *(
        Hostile("S-07", id, f.claiming(sub=sub), "subject", "sub", ANY, "matching")
        for id, sub in {
            "sub of another": "repo:acme/other:ref:refs/heads/main",
            "sub with a tail": f"{SUBJECT}-2",
            "sub a prefix": SUBJECT[:-1],
            "sub in another case": SUBJECT.upper(),
            "sub with a line break": f"{SUBJECT}\n",
        }.items()
    ),
]

_NO_TIMES = {
    "string": "4102444800",
    "boolean": True,
    "null": None,
    "list": [4102444800],
    "object": {},
    "negative": -1,
    "in milliseconds": 4_102_444_800_000,
    "beyond any calendar": 10**18,
}
_NO_NUMBERS = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "1e400": "1e400",
    "of 5,000 digits": "9" * 5000,
    "of 400 digits": "9" * 400,
}

TIMES = [
    *_values("S-09", "exp", {"missing": f.MISSING, **_NO_TIMES}),
    *_values("S-09", "iat", {"missing": f.MISSING, **_NO_TIMES}),
    *_values("S-09", "nbf", _NO_TIMES),
    *(
        Hostile("S-09", f"{claim} {id}", make, "form")
        for claim in ("exp", "iat", "nbf")
        for id, text in _NO_NUMBERS.items()
        for make in [f.spliced(f'"{claim}": {text}', without=claim)]
    ),
    *_form("S-09", "iat", {"iat after exp": f.claiming_at(iat=20, exp=10)}),
    Hostile("S-09", "expired", f.claiming_at(iat=-600, exp=-60), "time", "exp"),
    Hostile("S-09", "expired in 1970", f.claiming(iat=0, exp=0), "time", "exp"),
    Hostile("S-09", "iat in the future", f.claiming_at(iat=90), "time", "iat"),
    Hostile("S-09", "nbf in the future", f.claiming_at(nbf=90), "time", "nbf"),
]

KEYS = [
    *_form(
        "S-11",
        "jwk",
        {
            "jwk of the attacker": f.by_attacker(jwk=f.attacker_jwk()),
            "jwk null": f.headed(jwk=None),
        },
    ),
    *_form("S-11", "jku", {"jku": f.by_attacker(jku=f"{STRANGER}/jwks.json")}),
    *_form("S-11", "x5u", {"x5u": f.by_attacker(x5u=f"{STRANGER}/key.pem")}),
    *_forged("S-11", {"x5c": f.by_attacker(x5c=[f.attacker_certificate()])}),
    *_form(
        "S-11",
        "kid",
        {
            "kid missing": f.headed(kid=f.MISSING),
            "kid null": f.headed(kid=None),
            "kid empty": f.headed(kid=""),
            "kid a number": f.headed(kid=1),
            "kid an array": f.headed(kid=["key-1"]),
        },
    ),
]

ALGORITHMS = [
    *_form(
        "S-12",
        "alg",
        {
            **{
                f"alg {name}": f.unsigned(name, signature="c2ln")
                for name in ("none", "None", "nOnE", "NONE")
            },
            "alg missing": f.headed(alg=f.MISSING),
            "alg null": f.headed(alg=None),
            "alg empty": f.headed(alg=""),
            "alg an array": f.headed(alg=["RS256"]),
            "alg an object": f.headed(alg={"RS256": True}),
            "alg in lower case": f.headed(alg="rs256"),
            "alg with a space": f.headed(alg="RS256 "),
            "alg ES256K": f.headed(alg="ES256K"),
            "HS256 by the PEM": f.by_public_key(f.pem, "HS256"),
            "HS256 by the PEM after a space": f.by_public_key(
                lambda signer: b" " + f.pem(signer), "HS256"
            ),
            "HS256 by the PEM without its end": f.by_public_key(
                lambda signer: f.pem(signer).rstrip(), "HS256"
            ),
            "HS256 by the DER": f.by_public_key(f.der, "HS256"),
            "HS256 by the JWK": f.by_public_key(f.jwk_text, "HS256"),
            "hs256 by the PEM": f.by_public_key(f.pem, "hs256"),
        },
    ),
    *_form("S-12", "", {"alg none, unsigned": f.unsigned("none")}),
    *_forged(
        "S-12", {"RS256 in name, an HMAC in fact": f.by_public_key(f.pem, "RS256")}
    ),
    *_forged(
        "S-13",
        {
            "PS256 by a key for RS256": f.by_algorithm("PS256"),
            "RS512 by a key for RS256": f.by_algorithm("RS512"),
            "RS384 by a key for RS256": f.by_algorithm("RS384"),
            "ES256 by the attacker": f.by_algorithm("ES256", f.ATTACKER_EC),
            "ES256 in name only": f.headed(alg="ES256"),
            "EdDSA in name only": f.headed(alg="EdDSA"),
        },
        "alg",
    ),
]

EXTENSIONS = [
    *_form(
        "S-30",
        "crit",
        {
            "crit of something unknown": f.headed(crit=["x"], x=1),
            "crit of exp": f.headed(crit=["exp"], exp=1),
            "crit empty": f.headed(crit=[]),
            "crit a string": f.headed(crit="exp"),
            "crit null": f.headed(crit=None),
            "crit of b64, true": f.headed(crit=["b64"], b64=True),
        },
    ),
    *_form(
        "S-30",
        "b64",
        {"b64 false": f.headed(b64=False), "b64 true": f.headed(b64=True)},
    ),
    *_form("S-30", "", {"b64 false, unencoded": f.unencoded}),
    *_form("S-30", "zip", {"zip in name only": f.headed(zip="DEF")}),
    *_form("S-30", "", {"zip, compressed": f.compressed, "a JWE": f.encrypted}),
    *_form("S-30", "enc", {"enc": f.headed(enc="A256GCM")}),
    *_form(
        "S-30",
        "typ",
        {
            f"typ {kind!r}": f.headed(typ=kind)
            for kind in (
                "logout+jwt", "dpop+jwt", "secevent+jwt", "entity-statement+jwt",
                "application/logout+jwt", "JWE", "", 5, None, ["JWT"],
            )
        },
    ),
    *_form(
        "S-30",
        "typ",
        {
            f"claim typ {kind!r}": f.claiming(typ=kind)
            for kind in ("Refresh", "Offline", "Logout", "DPoP", "", 5, None)
        },
    ),
    *_form("S-30", "events", {"a logout token": f.claiming(events={})}),
    *_form("S-30", "cnf", {"bound to a key": f.claiming(cnf={"jkt": "x"})}),
]  # fmt: skip

FORMS = [
    *_form(
        "S-09",
        "",
        {
            "header an array": f.raw_header(b'["RS256"]'),
            "header a string": f.raw_header(b'"RS256"'),
            "header not JSON": f.raw_header(b"alg=RS256"),
            "header null": f.raw_header(b"null"),
            "header not UTF-8": f.raw_header(b'{"alg": "RS256\xff"}'),
            "header in UTF-16": f.raw_header('{"alg": "RS256"}'.encode("utf-16")),
            "payload an array": f.payload(b"[]"),
            "payload a number": f.payload(b"5"),
            "payload null": f.payload(b"null"),
            "payload not JSON": f.payload(b"sub=x"),
            "payload not UTF-8": f.payload(b'{"sub": "\xff\xfe"}'),
            "payload cut off": f.payload(b'{"sub": "x"'),
            "payload with more behind": f.payload(b'{"sub": "x"}{}'),
            "payload nested deep": f.payload(b"[" * 5000 + b"]" * 5000),
            "claims nested 100 deep": f.spliced(f'"deep": {"[" * 100}{"]" * 100}'),
            "claim with NUL": f.claiming(ref="main\x00"),
            "claim with half a surrogate pair": f.spliced(r'"ref": "\ud800"'),
            "claim of NaN": f.spliced('"score": NaN'),
            "claim twice": f.spliced(f'"sub": "{SUBJECT}"'),
            "claim twice, escaped": f.spliced(rf'"\u0073ub": "{SUBJECT}"'),
            "inner claim twice": f.spliced('"x": {"y": 1, "y": 2}'),
            "header parameter twice": f.spliced('"alg": "RS256"', header=True),
            "payload empty": f.edited(lambda text: _without(text, 1)),
            "header empty": f.edited(lambda text: _without(text, 0)),
            "signature empty": f.edited(lambda text: _without(text, 2)),
            "signature cut by one character": f.edited(lambda text: text[:-1]),
            "padded": f.edited(lambda text: f"{text}=="),
            "one part more": f.edited(lambda text: f"{text}.e30"),
            "dots only": f.edited(lambda text: ".."),
            "many dots": f.edited(lambda text: "." * 1000),
            "two parts": f.edited(lambda text: text.rpartition(".")[0]),
            "no dots": f.edited(lambda text: text.replace(".", "")),
            "a word": f.edited(lambda text: "token"),
            "17 KiB": f.claiming(pad="x" * 13 * 1024),
            "space before": f.edited(lambda text: f" {text}"),
            "space behind": f.edited(lambda text: f"{text} "),
            "line break within": f.edited(lambda text: f"{text[:50]}\n{text[50:]}"),
            "NUL within": f.edited(lambda text: f"{text[:50]}\x00{text[50:]}"),
            "other letters": f.edited(lambda text: f"{text[:-2]}\u0435\u0435"),
            "base64 of the other kind": f.edited(lambda text: f"{text[:-2]}+/"),
            "JSON as it is": f.edited(lambda text: "{}"),
        },
    ),
    *_form("S-09", "iss", {"payload empty object": f.payload(b"{}")}),
]

BYTES = _forged(
    "S-31",
    {
        "signature of another token": _moved_signature,
        "signature of another key": f.by_attacker(),
        "signature cut by one byte": f.edited(_one_byte_less),
        "signature one character off": f.edited(_one_character_off),
        "signature of zeros": f.edited(
            lambda text: f"{text.rpartition('.')[0]}.{'A' * 342}"
        ),
        "subject changed": _forged_subject,
        "header changed": f.edited(_with_other_header),
        "kid of a file": f.headed(kid="../../../../dev/null"),
        "kid of a query": f.headed(kid="' OR '1'='1"),
        "kid of another key": f.headed(kid="key-2"),
    },
)

HOSTILE: list[Hostile] = [
    *AUDIENCES, *IDENTITIES, *TIMES, *KEYS, *ALGORITHMS, *EXTENSIONS, *FORMS, *BYTES
]  # fmt: skip


def of_cases(*cases: str) -> list[Hostile]:
    """The rows of these cases."""
    return [row for row in HOSTILE if row.case in cases]
