"""S-08 to S-13, S-30 and S-31: hostile tokens of an issuer that is trusted."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from abuse import tokens
from abuse.case import Case
from abuse.target import Need, Target
from abuse.tokens import Pen, Workload, assembled, encoded
from abuse.verdict import Findings, NotApplicable, Verdict

Tokens = Mapping[str, str]


def _all_refused(
    target: Target, make: Callable[[Target, Workload], Tokens], good: str
) -> Verdict:
    """A good token is taken before and after; each that `make` makes is refused."""
    workload, findings = target.workload(), Findings()
    exchange = target.exchange
    exchange.must_accept(workload.robot, workload.token())
    for what, token in make(target, workload).items():
        exchange.check_refused(findings, workload.robot, token, what)
    alive = exchange.accepts(workload.robot, workload.token())
    findings.check(alive, "afterwards a good token is refused")
    return findings.verdict(good)


def audiences(target: Target) -> Verdict:
    """S-08: only an exact member of the audiences passes."""
    workload = target.workload()
    mine = workload.audience
    if not mine:
        raise NotApplicable("the trust has no audience")
    if not target.exchange.accepts(workload.robot, workload.token(aud=[mine])):
        raise NotApplicable("a list of the one right audience is refused")

    def make(_: Target, workload: Workload) -> Tokens:
        values: dict[str, Any] = {
            "another": "https://other.example",
            "empty": "",
            "no members": [],
            "a prefix": mine[:-1],
            "more behind": f"{mine}/",
            "more before": f"x{mine}",
            "in capitals": mine.upper(),
            "with a space": f"{mine} ",
            "all in one text": f"https://other.example {mine}",
            "a list of another": ["https://other.example"],
            "a list in a list": [[mine]],
            "an object": {mine: True},
            "a number": 1,
            "a star": "*",
        }
        made = {f"aud {what}": workload.token(aud=v) for what, v in values.items()}
        return {**made, "aud missing": workload.token(aud=None)}

    return _all_refused(target, make, "only the exact audience passes")


def types(_: Target, workload: Workload) -> Tokens:
    """S-09: claims of the wrong JSON type."""
    now = int(time.time())
    subject = workload.subject
    values: dict[str, dict[str, Any]] = {
        "iss": {"number": 1, "object": {"a": 1}, "true": True, "empty": ""},
        "sub": {
            **{"number": 7, "list": [subject], "object": {subject: 1}},
            **{"nested": [[subject]], "true": True, "empty": ""},
        },
        "exp": {
            **{"text": "soon", "digits": f"{now + 300}", "list": [now + 300]},
            **{"true": True, "object": {}, "past": now - 3600, "zero": 0},
            **{"negative": -1, "infinite": float("inf"), "no number": float("nan")},
        },
        "nbf": {"text": "x", "list": [now], "future": now + 3600},
        "iat": {"text": "x", "list": [now], "object": {}},
    }
    made = {
        f"{claim} {what}": workload.token(**{claim: value})
        for claim, wrong in values.items()
        for what, value in wrong.items()
    }
    for claim in ("iss", "sub", "exp"):
        made[f"{claim} missing"] = workload.token(**{claim: None})
    for what, body in {
        "a list for claims": b"[]", "a text for claims": b'"x"', "null": b"null",
        "no JSON": b"{", "no UTF-8": b'{"iss":"\xff"}', "deep": b"[" * 5000,
    }.items():  # fmt: skip
        made[what] = workload.pen.signed(workload.pen.header(), body)
    return made


def issuers(_: Target, workload: Workload) -> Tokens:
    """S-10: `iss` is one text."""
    mine = workload.issuer
    return {
        "iss a list of it": workload.token(iss=[mine]),
        "iss a list with it": workload.token(iss=["https://other.example", mine]),
        "iss an object": workload.token(iss={mine: mine}),
        "iss with a slash": workload.token(iss=f"{mine}/"),
        "iss in capitals": workload.token(iss=mine.upper()),
        "iss with a space": workload.token(iss=f"{mine} "),
        "iss a prefix": workload.token(iss=mine[:-1]),
    }


def header_keys(target: Target) -> Verdict:
    """S-11: nothing in a header is a key, or a place to fetch one from."""
    trap = target.issuer if target.needs.issuer else None
    before = trap.requests_below("/trap") if trap else 0

    def make(target: Target, workload: Workload) -> Tokens:
        mine = Pen.of_stranger(workload.pen.kid)
        place = f"{trap.url}/trap" if trap else "https://abuse-kit.example/trap"
        if trap:
            trap.serve("/trap/jku", {"keys": [mine.jwk()]})
        der = base64.b64encode(mine.public_bytes(Encoding.DER)).decode()
        headers: dict[str, dict[str, Any]] = {
            "another key, same kid": {},
            "jwk": {"jwk": mine.jwk()},
            "jwk alone": {"jwk": mine.jwk(), "kid": None},
            "jku": {"jku": f"{place}/jku"},
            "x5u": {"x5u": f"{place}/x5u"},
            "x5c": {"x5c": [der]},
            "kid a path": {"kid": "../../../../dev/null"},
            "kid a query": {"kid": "x' OR '1'='1"},
            "kid a number": {"kid": 0},
            "kid a list": {"kid": [workload.pen.kid]},
        }
        return {
            what: mine.signed(mine.header(**header), workload.claims())
            for what, header in headers.items()
        }

    verdict = _all_refused(target, make, "keys come from the issuer alone")
    findings = Findings()
    if trap and trap.requests_below("/trap") > before:
        findings.check(False, "jku or x5u is fetched")
        return findings.verdict("")
    return verdict


def algorithms(_: Target, workload: Workload) -> Tokens:
    """S-12: `none`, and HMAC with what is public."""
    pen, good = workload.pen, workload.token()
    symmetric = pen.header(alg="HS256")
    pem = pen.public_bytes(Encoding.PEM)
    keys = {
        "PEM": pem, "PEM without its end": pem.strip(),
        "PEM behind a space": b" " + pem, "DER": pen.public_bytes(Encoding.DER),
        "JWK": json.dumps(pen.jwk()).encode(),
        "kid": pen.kid.encode() or b"x", "nothing": b"\0",
    }  # fmt: skip
    forged = {
        f"HS256 under {what}": _hmac(pen, symmetric, workload.claims(), key)
        for what, key in keys.items()
    }
    none = {
        f"alg {n}": tokens.unsigned(good, n) for n in ("none", "None", "NONE", "nOnE")
    }
    return {
        **none,
        **forged,
        "no alg": pen.signed({"typ": "JWT", "kid": pen.kid}, workload.claims()),
        "alg empty": tokens.unsigned(good, ""),
        "alg a list": pen.signed(pen.header(alg=["RS256"]), workload.claims()),
        "no signature": f"{good.rpartition('.')[0]}.",
        "two parts": good.rpartition(".")[0],
        "a signature of zeros": f"{good.rpartition('.')[0]}.{encoded(bytes(256))}",
    }


def _hmac(pen: Pen, header: Any, claims: Any, key: bytes) -> str:
    return pen.signed(header, claims, algorithm="HS256", key=key)


def key_algorithms(_: Target, workload: Workload) -> Tokens:
    """S-13: the algorithm is the key's, and the header's, and an allowed one."""
    pen = workload.pen
    if not pen.algorithm.startswith("RS"):
        raise NotApplicable("it needs an RSA key, which several algorithms could use")
    others = [name for name in ("RS384", "RS512", "PS256") if name != pen.algorithm]
    made = {
        f"{name} with a key of {pen.algorithm}": pen.signed(
            pen.header(alg=name), workload.claims(), algorithm=name
        )
        for name in others
    }
    made["a header that names another"] = pen.signed(
        pen.header(alg="PS256"), workload.claims()
    )
    made["ES256 by name"] = pen.signed(pen.header(alg="ES256"), workload.claims())
    return made


def extensions(_: Target, workload: Workload) -> Tokens:
    """S-30: what is not understood is refused."""
    pen, said = workload.pen, workload.claims
    good = workload.token()
    headers: dict[str, dict[str, Any]] = {
        "an unknown crit": {"crit": ["abuse"], "abuse": True},
        "a crit of nothing": {"crit": []},
        "a crit that is not there": {"crit": ["exp"]},
        "a crit that is a text": {"crit": "abuse"},
        "b64": {"b64": False, "crit": ["b64"]},
        "b64 without crit": {"b64": False},
        "zip": {"zip": "DEF"},
        "typ of a logout": {"typ": "logout+jwt"},
        "typ of a DPoP proof": {"typ": "dpop+jwt"},
        "typ a list": {"typ": ["JWT"]},
    }
    made = {what: pen.signed(pen.header(**h), said()) for what, h in headers.items()}
    parts = [encoded(b'{"alg":"RSA-OAEP","enc":"A256GCM"}'), *["QUFB"] * 4]
    whole = {"protected": good.split(".")[0], "payload": good.split(".")[1]}
    made["a JWE"] = ".".join(parts)
    made["JWS as JSON"] = json.dumps({**whole, "signature": good.split(".")[2]})
    made["a token in a token"] = pen.signed(pen.header(cty="JWT"), good.encode())
    return made


def near_copies(target: Target, workload: Workload) -> Tokens:
    """S-31: a token that was just accepted opens nothing for one that is like it."""
    good = workload.token()
    target.exchange.must_accept(workload.robot, good)
    header, said = tokens.read(good)
    again = tokens.decoded(good.rpartition(".")[2])
    return {
        "another last byte": tokens.with_changed_end(good),
        "other claims": tokens.with_claims(good, sub="repo:abuse/other"),
        "a later end": tokens.with_claims(good, exp=said["exp"] + 3600),
        "another header": assembled({**header, "x": 1}, said, again),
        "a part more": f"{good}.",
        "a cut signature": good[:-8],
    }


def _simple(make: Callable[[Target, Workload], Tokens], good: str) -> Any:
    return lambda target: _all_refused(target, make, good)


_NEEDS = (Need.WORKLOAD,)

CASES = (
    Case("S-08", "audiences are exact members", _NEEDS, audiences),
    Case("S-09", "claims have their types", _NEEDS, _simple(types, "each is 4xx")),
    Case("S-10", "the issuer is one text", _NEEDS, _simple(issuers, "only that text")),
    Case("S-11", "keys come from no header", _NEEDS, header_keys),
    Case("S-12", "alg none, HMAC with a public key", _NEEDS,
         _simple(algorithms, "none is taken")),
    Case("S-13", "the key says which algorithm", _NEEDS,
         _simple(key_algorithms, "no other algorithm is taken")),
    Case("S-30", "unknown extensions are refused", _NEEDS,
         _simple(extensions, "none is passed over")),
    Case("S-31", "a near copy of an accepted token", _NEEDS,
         _simple(near_copies, "no copy is taken")),
)  # fmt: skip
