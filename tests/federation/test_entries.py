"""What a trust may say, and when two of them are one."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from federation.conditions import MAX_CONDITIONS, Condition, Operator
from federation.entries import (
    MAX_AGE,
    MAX_AUDIENCES,
    MAX_LENGTH,
    MAX_NAME,
    MAX_TRUSTS,
    MAX_WILDCARDS,
    Entry,
    SubjectMatch,
    check_count,
    check_entries,
    check_entry,
)
from federation.errors import TrustInvalid
from robots.errors import DomainError
from tests.federation.signer import AUDIENCE, ISSUER, SUBJECT, Signer

PLAIN = Entry(ISSUER, SUBJECT)
GLOB = replace(PLAIN, subject_match=SubjectMatch.GLOB)
PUSH = Condition("event_name", Operator.EQUALS, ("push",))
FULL = Entry(
    issuer=ISSUER,
    subject="repo:acme/app:**",
    audiences=(AUDIENCE,),
    name="main",
    subject_match=SubjectMatch.GLOB,
    ignore_case=True,
    conditions=(PUSH,),
    max_age=60,
    single_use=True,
    keys=Signer().jwks(),
    enabled=False,
    expires_at=datetime(2030, 1, 1, tzinfo=UTC),
)
KEYS = (Signer().jwks(), Signer(algorithm="ES256").jwks())


def many_keys(count: int) -> str:
    jwk = Signer().jwk()
    return json.dumps({"keys": [{**jwk, "kid": str(n)} for n in range(count)]})


NOT_PUBLIC = "keys: holds a private key; give the public ones"
LONGEST: dict[str, Any] = {
    "issuer": ISSUER.ljust(MAX_LENGTH, "x"),
    "subject": "x" * MAX_LENGTH,
    "audiences": ("x" * MAX_LENGTH,) * MAX_AUDIENCES,
    "name": "x" * MAX_NAME,
    "conditions": (PUSH,) * MAX_CONDITIONS,
    "max_age": MAX_AGE,
}


def globs(*counts: int) -> tuple[Condition, ...]:
    """Conditions with so many wildcards."""
    return tuple(Condition("a", Operator.GLOB, ("*" * n,)) for n in counts)


@pytest.mark.parametrize(
    "entry",
    [
        PLAIN,
        FULL,
        replace(PLAIN, **LONGEST),
        replace(PLAIN, issuer="http://"),
        replace(PLAIN, max_age=1),
        replace(PLAIN, subject="*" * MAX_WILDCARDS),
        replace(PLAIN, keys=many_keys(10)),
        replace(PLAIN, conditions=globs(MAX_WILDCARDS - 1, 1)),
    ],
    ids=[
        *("plain", "full", "longest", "http", "youngest", "wildcards", "keys", "globs")
    ],
)
def test_what_a_trust_may_say(entry: Entry) -> None:
    check_entry(entry)
    check_entries([entry])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"issuer": ""}, "Missing one or more required fields (issuer, subject)"),
        ({"subject": ""}, "Missing one or more required fields (issuer, subject)"),
        ({"issuer": "issuer.example"}, "Issuer must be a URL (http:// or https://)"),
        ({"issuer": "HTTPS://x.example"}, "Issuer must be a URL (http:// or https://)"),
        ({"issuer": LONGEST["issuer"] + "x"}, "issuer: at most 2048 characters"),
        ({"issuer": ISSUER + "\x00"}, "issuer: NUL and lone surrogates"),
        ({"subject": "x" * (MAX_LENGTH + 1)}, "subject: at most 2048 characters"),
        ({"subject": "\ud800"}, "subject: NUL and lone surrogates"),
        (
            {"subject": "*" * (MAX_WILDCARDS + 1)},
            f"subject: at most {MAX_WILDCARDS} wildcards",
        ),
        ({"audiences": ("",)}, "audiences: none may be empty"),
        ({"audiences": ("a", "x" * (MAX_LENGTH + 1))}, "audiences: at most 2048"),
        ({"audiences": ("a", "\x00")}, "audiences: NUL and lone surrogates"),
        ({"audiences": ("a",) * (MAX_AUDIENCES + 1)}, "audiences: at most 100 of them"),
        ({"name": "x" * (MAX_NAME + 1)}, "name: at most 255 characters"),
        ({"name": "\x00"}, "name: NUL and lone surrogates"),
        ({"conditions": (PUSH,) * 21}, "conditions: at most 20 of them"),
        (
            {"conditions": globs(MAX_WILDCARDS, 1)},
            f"conditions: at most {MAX_WILDCARDS} wildcards in all",
        ),
        ({"max_age": 0}, "max_age: 1 to 86400 seconds"),
        ({"max_age": -1}, "max_age: 1 to 86400 seconds"),
        ({"max_age": MAX_AGE + 1}, "max_age: 1 to 86400 seconds"),
        ({"expires_at": datetime(2030, 1, 1)}, "expires_at: a time needs its zone"),  # noqa: DTZ001
        ({"keys": "{}"}, "keys: not a JWK set"),
        ({"keys": " " * 16_385}, "keys: at most 16384 bytes"),
        ({"keys": many_keys(11)}, "keys: at most 10 of them"),
        ({"keys": "\x00"}, "keys: NUL and lone surrogates"),
    ],
)
def test_what_a_trust_may_not_say(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DomainError) as error:
        check_entry(replace(PLAIN, **changes))
    assert error.value.message.startswith(message)


def test_a_robot_has_a_hundred_trusts_at_most() -> None:
    many = [replace(PLAIN, subject=str(number)) for number in range(MAX_TRUSTS + 1)]
    check_entries(many[1:])
    check_count(MAX_TRUSTS)
    with pytest.raises(TrustInvalid, match="^At most 100 federation config entries$"):
        check_entries(many)


PUBLIC = Signer().jwk()
PRIVATE = {
    "RSA": RSAAlgorithm.to_jwk(Signer().key, as_dict=True),
    "EC": ECAlgorithm.to_jwk(Signer(algorithm="ES256").key, as_dict=True),
    "symmetric": {"kty": "oct", "k": "c2VjcmV0"},
    **{name: {"kty": "RSA", name: "AQAB"} for name in ("d", "p", "q", "dp", "dq")},
    **{name: {"kty": "RSA", name: []} for name in ("qi", "oth")},
}


@pytest.mark.parametrize("key", PRIVATE.values(), ids=PRIVATE)
def test_a_private_key_among_those_of_the_issuer_is_refused(
    key: dict[str, Any],
) -> None:
    """It would be shown to whoever may read the trust."""
    for keys in ([PUBLIC, {**key, "kid": "mine"}], [key], [{**PUBLIC, "old": [key]}]):
        with pytest.raises(TrustInvalid) as refusal:
            check_entry(replace(PLAIN, keys=json.dumps({"keys": keys})))
        assert refusal.value.message == NOT_PUBLIC


def test_a_private_key_does_not_hide_behind_another_of_its_name() -> None:
    private, public = json.dumps([PRIVATE["EC"]]), json.dumps([PUBLIC])
    with pytest.raises(TrustInvalid, match=f"^{NOT_PUBLIC}$"):
        check_entry(replace(PLAIN, keys=f'{{"keys": {private}, "keys": {public}}}'))


@pytest.mark.parametrize("keys", ["no", "[" * 100_000, '"d"', '{"keys": ["d"]}'])
def test_what_is_no_key_set_is_not_called_a_private_key(keys: str) -> None:
    with pytest.raises(TrustInvalid, match="^keys: (?!holds)"):
        check_entry(replace(PLAIN, keys=keys))


SAME: dict[str, Any] = {
    "audiences": ("other",),
    "name": "other",
    "max_age": 60,
    "single_use": True,
    "enabled": False,
    "expires_at": FULL.expires_at,
}
OTHER: dict[str, Any] = {
    "issuer": f"{ISSUER}/",
    "subject": SUBJECT.upper(),
    "subject_match": SubjectMatch.GLOB,
    "ignore_case": True,
    "conditions": (PUSH,),
    "keys": FULL.keys,
}


@pytest.mark.parametrize("field", SAME)
def test_trusts_that_let_in_the_same_are_one(field: str) -> None:
    twice = [PLAIN, replace(PLAIN, **{field: SAME[field]})]
    with pytest.raises(TrustInvalid, match="^Duplicate federation config entry$"):
        check_entries(twice)


@pytest.mark.parametrize("field", OTHER)
def test_trusts_that_let_in_others_are_two(field: str) -> None:
    other = replace(PLAIN, **{field: OTHER[field]})
    check_entries([PLAIN, other])
    assert other.digest != PLAIN.digest
    assert other.pair == (other.issuer, other.subject)


def test_two_clusters_of_one_name_are_told_apart_by_their_keys() -> None:
    one, two = (replace(GLOB, conditions=(PUSH,), keys=keys) for keys in KEYS)
    check_entries([one, two])
    with pytest.raises(TrustInvalid, match="^Duplicate federation config entry$"):
        check_entries([one, replace(one, audiences=("other",))])


def test_the_order_of_conditions_makes_no_other_trust() -> None:
    main = Condition("ref", Operator.EQUALS, ("refs/heads/main",))
    one, other = (replace(PLAIN, conditions=it) for it in ((PUSH, main), (main, PUSH)))
    assert one.digest == other.digest
    assert one.digest != replace(PLAIN, conditions=(main,)).digest


def test_a_digest_is_that_of_the_two_fields_where_there_are_no_others() -> None:
    """Trusts that were stored before there were other fields keep theirs."""
    pair = json.dumps([ISSUER, SUBJECT]).encode()
    assert PLAIN.digest == hashlib.sha256(pair).hexdigest()
    assert len({entry.digest for entry in (PLAIN, GLOB, FULL)}) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("https://a.example", "b"), ("https://a.exampleb", "")),
        (("https://a.example", '", "'), ('https://a.example", "', "")),
    ],
)
def test_no_two_pairs_run_into_each_other(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    assert Entry(*one).digest != Entry(*other).digest
