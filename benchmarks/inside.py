"""What a seeded site is asked to do or tell, inside a process of its own.

Plain data goes in on stdin and comes out on stdout.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.federated import federated_secret_of
from federation.entries import Entry
from federation.models import FederatedToken, Trust
from quaysite.models import User
from registryauth import signing
from robots import credentials, keyring
from robots.audit import Performer
from robots.credentials import Secret, digest
from robots.lifecycle.teams import add_member
from robots.models import RobotToken, Team, TokenOrigin
from tests.api.tokens import bearer

_BY = Performer.command("benchmark")
_BATCH = 1000
_TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
_CPU_SECONDS = 0.5


def answer(function: Callable[..., Any]) -> None:
    """Call `function` with the JSON object on stdin; print what it returns as JSON."""
    json.dump(function(**json.load(sys.stdin)), sys.stdout)


def digest_key() -> str:
    """The key that tokens are digested with, for a view that looks them up alone."""
    return keyring.current_key(credentials._DIGEST_PURPOSE).hex()


def let_in(issuer: str, subject: str, robots: list[int]) -> None:
    """A trust in `subject` of `issuer`, and a federated token, for each of `robots`."""
    entry = Entry(issuer=issuer, subject=subject, single_use=True)
    trusts = [Trust(robot_id=number + 1, position=9) for number in robots]
    for trust in trusts:
        trust.say(entry)
    Trust.objects.bulk_create(trusts, batch_size=_BATCH)
    tokens = RobotToken.objects.bulk_create(
        (_federated_token(number) for number in robots), batch_size=_BATCH
    )
    FederatedToken.objects.bulk_create(
        (
            FederatedToken(token=token, trust=trust)
            for token, trust in zip(tokens, trusts, strict=True)
        ),
        batch_size=_BATCH,
    )


def bearer_of_owner(organizations: list[str]) -> str:
    """An OAuth token of a person who owns all of them."""
    person = User.objects.get(username="person-0")
    for team in Team.objects.filter(namespace__name__in=organizations, name="owners"):
        if not team.members.filter(user=person).exists():
            add_member(team, person, _BY)
    return bearer(person, "org:admin repo:admin")


def queries(asked: dict[str, list[tuple[str, str]]]) -> dict[str, int]:
    """SQL statements of the last question of each list; the others warm what is kept.

    Without BEGIN, COMMIT and savepoints.
    """
    return {key: _queries(questions) for key, questions in asked.items()}


def _queries(questions: list[tuple[str, str]]) -> int:
    client = Client(headers={"host": settings.SERVER_HOSTNAME})
    for path, login in questions:
        with CaptureQueriesContext(connection) as captured:
            client.get(path, headers={"authorization": login} if login else {})
    statements = [query["sql"] for query in captured.captured_queries]
    return sum(not sql.startswith(_TRANSACTIONS) for sql in statements)


def signatures(claims: dict[str, Any]) -> dict[str, float]:
    """Signatures a second of CPU time: by the key alone, and as registry tokens."""
    key = signing.active_key().private_key
    payload = json.dumps(claims).encode()
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the benchmark is of ES256")
    algorithm = ec.ECDSA(hashes.SHA256())
    return {
        "key alone": _per_second(lambda: key.sign(payload, algorithm)),
        "registryauth.signing": _per_second(lambda: signing.sign(claims)),
    }


def _federated_token(number: int) -> RobotToken:
    return RobotToken(
        robot_id=number + 1,
        origin=TokenOrigin.FEDERATED,
        digest=digest(Secret(federated_secret_of(number))),
        expires_at=timezone.now() + timedelta(hours=1),
    )


def _per_second(deed: Callable[[], object], rounds: int = 5) -> float:
    """The best of some rounds, of CPU time alone: others may use the machine too."""
    return max(_rates(deed, rounds))


def _rates(deed: Callable[[], object], rounds: int) -> Iterator[float]:
    for _ in range(rounds):
        begun, count = time.process_time(), 0
        while time.process_time() - begun < _CPU_SECONDS / rounds:
            deed()
            count += 1
        yield count / (time.process_time() - begun)
