"""Quaysite withstands the whole kit: its own server, as `make abuse` starts it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from abuse import own_site
from abuse.cases import ALL
from abuse.endpoint import TokenEndpoint, granted, scope
from abuse.finding import target_at
from abuse.needs import Exchange
from abuse.options import Options
from abuse.own_site import OwnSite
from abuse.report import Report, as_json, markdown
from abuse.run import attack
from abuse.target import Target
from abuse.verdict import Outcome
from tests.abuse.attacks import FROM_INSIDE, ended, told

HERE = Options(allow_changes=True, flood=60, most_seconds=3000)


@pytest.fixture(scope="module")
def site() -> Iterator[OwnSite]:
    with own_site.running() as site:
        yield site


@pytest.fixture(scope="module")
def report(site: OwnSite) -> Report:
    return attack(site.url, site.needs, HERE, ALL)


@pytest.fixture(scope="module")
def target(site: OwnSite, report: Report) -> Iterator[Target]:
    """The site afterwards."""
    with target_at(site.url, site.needs, HERE) as target:
        yield target


def test_quaysite_withstands_every_case(report: Report) -> None:
    assert told(report, Outcome.FAIL) == []
    assert ended(report, Outcome.NOT_APPLICABLE) == FROM_INSIDE
    assert ended(report, Outcome.PASS) == {c.number for c in ALL} - FROM_INSIDE


def test_wrong_secrets_were_throttled_where_they_came_from(report: Report) -> None:
    [found] = [r.verdict for r in report.results if r.case.number == "S-26"]
    assert not any("were not throttled" in line for line in found.evidence)


def test_what_the_kit_made_is_gone(target: Target) -> None:
    for api in (target.api, target.other_api):
        robots = api.get(f"/organization/{api.namespace}/robots").json["robots"]
        assert [robot["name"] for robot in robots] == [f"{api.namespace}+ci"]
        path = f"/repository?namespace={api.namespace}&public=true"
        repositories = api.get(path).json["repositories"]
        assert {found["name"] for found in repositories} == {"web", "vault"}


def test_what_was_given_is_as_before(target: Target) -> None:
    endpoint: TokenEndpoint = target.endpoint
    for robot in (target.robot, target.other_robot):
        answer = endpoint.ask(robot, scope(robot.repository, "pull", "push"))
        assert granted(answer) == {robot.repository: {"pull"}}


def test_no_report_has_a_secret(report: Report, site: OwnSite, tmp_path: Path) -> None:
    needs = site.needs
    assert needs.robot and needs.other_robot and needs.person and needs.api
    texts = [as_json(report), markdown(report)]
    for secret in (
        *(needs.robot.secret, needs.other_robot.secret, needs.person.secret),
        *(needs.api.token, needs.api.other_token, needs.api.auditor_token),
    ):
        assert not any(secret in text for text in texts)
    assert json.loads(texts[0])["failed"] == 0


@pytest.mark.parametrize("style", ["rfc8693", "password"])
def test_the_other_ways_of_keyless_login_withstand_too(
    style: str, site: OwnSite, report: Report
) -> None:
    url = f"{site.url}/oauth2/token" if style == "rfc8693" else ""
    needs = replace(site.needs, exchange=Exchange(url, style))
    wanted = ("S-08", "S-10", "S-12", "S-31")
    cases = [case for case in ALL if case.number in wanted]
    again = attack(site.url, needs, HERE, cases)
    assert ended(again, Outcome.PASS) == set(wanted), told(again, Outcome.FAIL)
