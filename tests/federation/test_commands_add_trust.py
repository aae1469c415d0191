"""add_trust: by a preset, or by issuer and subject."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from federation.conditions import Condition, Operator
from federation.entries import Entry, SubjectMatch
from federation.models import Trust
from robots.models import AuditEvent
from tests.conftest import Cast
from tests.federation.signer import Signer

pytestmark = pytest.mark.django_db

Captured = pytest.CaptureFixture[str]

ADD = ("add_trust", "--robot", "acme+ci")
PLAIN = ("--issuer", "https://issuer.example", "--subject", "repo:acme/app")
POD = (
    *("--preset", "kubernetes", "namespace=ci", "service_account=builder"),
    "issuer=https://cluster.example",
)


def refusal(*arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        call_command(*ADD, *arguments)
    assert caught.value.returncode == 2
    assert not Trust.objects.exists()
    return str(caught.value)


def test_issuer_and_subject_are_enough(cast: Cast, capsys: Captured) -> None:
    call_command(*ADD, *PLAIN)
    trust = Trust.objects.get()
    assert (trust.robot, trust.entry) == (
        cast.ci,
        Entry("https://issuer.example", "repo:acme/app"),
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        f"acme+ci has trust {trust.pk}: repo:acme/app of https://issuer.example"
    )
    assert any(line.startswith("  warning: ") for line in lines)


def test_everything_can_be_said(cast: Cast, tmp_path: Path, capsys: Captured) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(f"{Signer().jwks()}\n")
    call_command(
        *ADD,
        *("--issuer", "https://issuer.example", "--subject", "repo:acme/*"),
        *("--subject-match", "glob", "--ignore-case", "--name", "builds"),
        *("--audience", "quay", "other", "--audience", "third"),
        *("--condition", "event=push", "event=tag", "ref~refs/heads/*", "a=b~c=d"),
        *("--condition", "/job/env~x=y*"),
        *("--max-age", "300", "--single-use", "--expires-at", "2090-06-30"),
        *("--keys-file", str(keys)),
    )
    assert Trust.objects.get().entry == Entry(
        "https://issuer.example",
        "repo:acme/*",
        audiences=("quay", "other", "third"),
        name="builds",
        subject_match=SubjectMatch.GLOB,
        ignore_case=True,
        conditions=(
            Condition("event", Operator.ONE_OF, ("push", "tag")),
            Condition("ref", Operator.GLOB, ("refs/heads/*",)),
            Condition("a", Operator.EQUALS, ("b~c=d",)),
            Condition("/job/env", Operator.GLOB, ("x=y*",)),
        ),
        max_age=300,
        single_use=True,
        keys=Signer().jwks(),
        expires_at=datetime(2090, 6, 30, tzinfo=UTC),
    )
    out = capsys.readouterr().out
    assert "\n  audience: other\n" in out
    assert "\n  condition: event is one of 'push', 'tag'\n" in out


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2090-06-30", datetime(2090, 6, 30, tzinfo=UTC)),
        ("2090-06-30T18:00:00+02:00", datetime(2090, 6, 30, 16, tzinfo=UTC)),
        ("2090-06-30T18:00:00Z", datetime(2090, 6, 30, 18, tzinfo=UTC)),
    ],
)
def test_an_end_is_a_date_or_a_moment(text: str, moment: datetime, cast: Cast) -> None:
    call_command(*ADD, *PLAIN, "--expires-at", text)
    assert Trust.objects.get().expires_at == moment


def test_a_preset_is_filled_for_this_site(
    cast: Cast, settings: Settings, capsys: Captured
) -> None:
    settings.PREFERRED_URL_SCHEME, settings.SERVER_HOSTNAME = "https", "q.example.com"
    call_command(*ADD, *POD, "--name", "pods", "--json")
    told = json.loads(capsys.readouterr().out)
    trust = Trust.objects.get()
    assert (told["robot"], told["dry_run"]) == ("acme+ci", False)
    [shown] = told["trusts"]
    assert (shown["id"], shown["subject"]) == (trust.pk, trust.subject)
    assert (shown["name"], shown["audiences"]) == ("pods", ["https://q.example.com"])
    assert shown["grade"]["level"] in ("ok", "warning")
    assert trust.subject == "system:serviceaccount:ci:builder"


def test_a_preset_takes_the_keys_of_a_file(cast: Cast, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(Signer().jwks())
    call_command(*ADD, *POD, "--keys-file", str(keys))
    assert Trust.objects.get().keys == Signer().jwks()


def test_a_dry_run_tells_and_stores_nothing(cast: Cast, capsys: Captured) -> None:
    before = AuditEvent.objects.count()
    call_command(*ADD, *POD, "--dry-run")
    assert capsys.readouterr().out.startswith(
        "acme+ci has a trust (not stored): system:serviceaccount:ci:builder of"
    )
    call_command(*ADD, *PLAIN, "--dry-run", "--json")
    assert json.loads(capsys.readouterr().out)["trusts"][0]["id"] is None
    assert not Trust.objects.exists()
    assert AuditEvent.objects.count() == before


def test_it_is_audited_with_the_command_s_name(cast: Cast) -> None:
    call_command(*ADD, *PLAIN)
    event = AuditEvent.objects.get(kind="add_robot_trust")
    assert event.performer_name == "manage.py add_trust"
    assert Trust.objects.get().created_by == "manage.py add_trust"


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "nothing": ((), "--issuer: needed, unless --preset is given"),
    "no subject": (PLAIN[:2], "--subject: needed, unless --preset is given"),
    "values without preset": (
        (*PLAIN, "namespace=ci"),
        "'namespace=ci': key=value is for --preset",
    ),
    "no pair": (
        ("--preset", "kubernetes", "namespace"),
        "'namespace': presets take key=value, each key once",
    ),
    "no key": (
        ("--preset", "kubernetes", "=ci"),
        "'=ci': presets take key=value, each key once",
    ),
    "twice": (
        (*POD, "namespace=two"),
        "'namespace=two': presets take key=value, each key once",
    ),
    "preset and issuer": ((*POD, *PLAIN), "--issuer: not with --preset; use KEY=VALUE"),
    "preset and single use": (
        (*POD, "--single-use"),
        "--single-use: not with --preset; use KEY=VALUE",
    ),
    "issuer": (
        ("--issuer", "ftp://x", "--subject", "s"),
        "Issuer must be a URL (http:// or https://)",
    ),
    "no sign": (
        (*PLAIN, "--condition", "event"),
        "--condition: 'event' is not claim=value or claim~glob",
    ),
    "no claim": (
        (*PLAIN, "--condition", "=push"),
        "--condition: '=push' is not claim=value or claim~glob",
    ),
    "no value": (
        (*PLAIN, "--condition", "event="),
        "conditions: values have 1 to 2048 characters",
    ),
    "age": ((*PLAIN, "--max-age", "0"), "max_age: 1 to 86400 seconds"),
    "end": (
        (*PLAIN, "--expires-at", "soon"),
        "--expires-at: 'soon' is not an ISO 8601 date, or date-time with a zone,"
        " such as 2030-06-30 or 2030-06-30T18:00:00+02:00",
    ),
    "no zone": (
        (*PLAIN, "--expires-at", "2030-06-30T18:00:00"),
        "--expires-at: '2030-06-30T18:00:00' is not an ISO 8601 date, or date-time"
        " with a zone, such as 2030-06-30 or 2030-06-30T18:00:00+02:00",
    ),
    "past": (
        (*PLAIN, "--expires-at", "2020-01-01"),
        "expires_at: must be in the future",
    ),
    "keys": (
        (*PLAIN, "--keys-file", "/nowhere/at/all"),
        "--keys-file: No such file or directory",
    ),
}


@pytest.mark.parametrize(("arguments", "text"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_by_its_name(
    arguments: tuple[str, ...], text: str, cast: Cast
) -> None:
    assert refusal(*arguments) == text


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (("--preset", "nosuch"), "preset: must be one of "),
        ((*POD, "namespce=x"), "namespce: not known"),
        (("--preset", "kubernetes", "namespace=ci"), "service_account: needed"),
        ((*PLAIN[:2], "--subject", "*"), "subject: "),
    ],
    ids=["preset", "misspelt", "missing", "linter"],
)
def test_what_others_refuse_is_told_in_their_words(
    arguments: tuple[str, ...], begins: str, cast: Cast
) -> None:
    assert refusal(*arguments).startswith(begins)


def test_an_unknown_robot_is_refused(cast: Cast) -> None:
    arguments: tuple[Any, ...] = ("add_trust", "--robot", "acme+no", *PLAIN)
    with pytest.raises(CommandError, match="no robot account"):
        call_command(*arguments)


def test_what_is_told_of_a_trust_does_not_tell_the_terminal_what_to_do(
    cast: Cast, capsys: Captured
) -> None:
    issuer, audience, value = "https://i.example/\x1b[2J", "quay\nok", "a\x07\x9b"
    call_command(
        *ADD,
        *("--issuer", issuer, "--subject", "s\r\x1b[1A", "--audience", audience),
        *("--condition", f"event={value}"),
    )
    told = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in told)
    assert r": s\r\x1b[1A of https://i.example/\x1b[2J" in told
    assert "\n  audience: quay\\nok\n" in told
    assert Trust.objects.get().entry.pair == (issuer, "s\r\x1b[1A"), "as it was said"
