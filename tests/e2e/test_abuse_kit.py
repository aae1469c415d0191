"""The abuse kit, pointed at a real registry: it finds the token service by itself."""

import pytest

from abuse.cases import answers, registry_tokens, scopes
from abuse.needs import Needs, Person, Robot
from abuse.options import Options
from abuse.run import attack
from abuse.verdict import Outcome
from tests.e2e.accounts import Account
from tests.e2e.conftest import Cast
from tests.e2e.site import Site

FORGERIES = 10
"""At least, in H-09."""


def robot_of(cast: Cast, account: Account) -> Robot:
    web, vault = cast.repository("web"), cast.repository("vault")
    return Robot(account.name, account.secret, web, ("pull",), vault)


def test_a_registry_and_its_token_service_withstand_it(
    site: Site, cast: Cast, other_cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    needs = Needs(
        robot=robot_of(cast, cast.reader),
        other_robot=robot_of(other_cast, other_cast.reader),
        person=Person(cast.owner.name, cast.owner.secret),
    )
    cases = [*answers.CASES, *registry_tokens.CASES, *scopes.CASES, *answers.AT_THE_END]
    report = attack(f"http://{site.registry}", needs, Options(), cases)
    ended = {r.case.number: r.verdict for r in report.results}
    wrong = {n: v for n, v in ended.items() if v.outcome is not Outcome.PASS}
    assert wrong == {}
    told = capsys.readouterr().out
    assert f"http://{site.address}/v2/auth, service {site.registry}" in told
    assert "changes nothing" in told
    # The registry itself said yes to the good token, and no to each made of it.
    log = site.registry_log()
    assert log.count('"GET /v2/ HTTP/1.1" 200') == 1
    assert log.count('"GET /v2/ HTTP/1.1" 401') > FORGERIES
