"""explain_trust: the diagnosis at the command line, and nothing of it kept."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from federation import diagnosed
from federation.diagnosis import diagnose
from federation.models import Trust, UsedAssertion
from robots.credentials import Secret
from robots.lifecycle.robots import set_enabled
from robots.models import Repository
from tests import factories
from tests.conftest import Cast
from tests.federation.exchanges import Exchange
from tests.federation.fixtures import TrustBuilder
from tests.federation.signer import SUBJECT, Signer
from tests.registryauth.endpoint import Endpoint, basic

pytestmark = pytest.mark.django_db

Captured = pytest.CaptureFixture[str]

EXPLAIN = ("explain_trust", "--robot", "acme+ci", "--token-file")


def explained(path: Path, *more: str) -> int:
    """The exit code of the command."""
    try:
        call_command(*EXPLAIN, str(path), *more)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.fixture
def file(tmp_path: Path, signer: Signer) -> Path:
    path = tmp_path / "token.jwt"
    path.write_text(f"{signer.token().reveal()}\n")
    return path


def test_a_token_that_matches_is_told_with_its_grants(
    cast: Cast, trusting: TrustBuilder, file: Path, capsys: Captured
) -> None:
    trust = trusting(name="deploys")
    assert explained(file) == 0
    assert capsys.readouterr().out == (
        "The token opens acme+ci.\n"
        "Signature: good\n"
        "Trusts:\n"
        f"  {trust.pk} (deploys) lets it in, and counts\n"
        f"    {SUBJECT} of https://issuer.example\n"
        "Grants:\n"
        "  read on acme/public\n"
        "  write on acme/web\n"
    )


def test_a_refused_token_is_told_with_each_first_failing_claim(
    cast: Cast, trusting: TrustBuilder, file: Path, capsys: Captured
) -> None:
    off = trusting(enabled=False)
    other = trusting(subject="repo:acme/web")
    set_enabled(cast.ci, False, factories.BY)
    assert explained(file) == 3
    assert capsys.readouterr().out == (
        "The token does not open acme+ci.\n"
        "Signature: good\n"
        "Trusts:\n"
        f"  {off.pk} is disabled\n"
        f"    {SUBJECT} of https://issuer.example\n"
        f"  {other.pk} refuses it, the nearest miss\n"
        "    repo:acme/web of https://issuer.example\n"
        f"    subject: claim sub is '{SUBJECT}', not 'repo:acme/web'\n"
        '    expected: "repo:acme/web"\n'
        f'    actual:   "{SUBJECT}"\n'
        "No login: the robot is disabled\n"
    )


def test_json_is_the_diagnosis(
    cast: Cast, trust: Trust, file: Path, capsys: Captured
) -> None:
    assert explained(file, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    token = Secret(file.read_text().strip())
    assert told == diagnosed.facts(cast.ci, diagnose(cast.ci, token, timezone.now()))


@pytest.mark.parametrize(
    ("once", "code", "told"), [(True, 3, "and works once"), (False, 0, "yes")]
)
def test_a_token_that_was_a_password_before_is_told_so(
    once: bool,
    code: int,
    told: str,
    cast: Cast,
    trusting: TrustBuilder,
    file: Path,
    client: Client,
    capsys: Captured,
) -> None:
    trusting(single_use=once)
    login = basic("acme+ci", Secret(file.read_text().strip()))
    assert Endpoint(client).get(login=login).status_code == 200
    assert explained(file) == code
    assert f"\nUsed before: {told}\n" in capsys.readouterr().out


def test_a_token_that_was_exchanged_before_is_told_so(
    cast: Cast,
    trusting: TrustBuilder,
    file: Path,
    exchange: Exchange,
    capsys: Captured,
) -> None:
    trusting(single_use=True)
    assert exchange.get(Secret(file.read_text().strip())).status_code == 200
    assert explained(file) == 3
    assert "\nUsed before: and works once\n" in capsys.readouterr().out


def test_what_others_wrote_does_not_tell_the_terminal_what_to_do(
    cast: Cast, signer: Signer, trusting: TrustBuilder, file: Path, capsys: Captured
) -> None:
    subject = "s\x1b]0;x\x07\nGrants: all\u202e"
    trusting(subject=subject, name="n\x1b[2J\u2028")
    file.write_text(signer.token(sub="t\x1b[2J\nGrants: all").reveal())
    assert explained(file) == 3
    told = capsys.readouterr().out
    assert all(char.isprintable() or char == "\n" for char in told)
    assert "\nGrants" not in told
    assert r"s\x1b]0;x\x07\nGrants: all\u202e of https://issuer.example" in told
    assert r"(n\x1b[2J\u2028) refuses it" in told


def test_a_long_list_of_grants_is_cut_and_counted(
    cast: Cast, trust: Trust, file: Path, capsys: Captured
) -> None:
    Repository.objects.bulk_create(
        Repository(
            namespace=cast.acme,
            name=f"s{number:03}",
            visibility=cast.public.visibility,
        )
        for number in range(100)
    )
    assert explained(file) == 0
    assert capsys.readouterr().out.endswith("\n  and 2 repositories more\n")


def test_the_token_comes_by_standard_input_as_well(
    cast: Cast, trust: Trust, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(file.read_bytes()))
    monkeypatch.setattr("sys.stdin", stdin)
    call_command(*EXPLAIN, "-")


def test_nothing_is_used_up_and_the_token_is_not_shown(
    cast: Cast, trusting: TrustBuilder, file: Path, capsys: Captured
) -> None:
    trusting(single_use=True)
    assert [explained(file), explained(file, "--json")] == [0, 0]
    signature = file.read_text().strip().rpartition(".")[2]
    shown = capsys.readouterr()
    assert signature not in shown.out + shown.err
    assert not UsedAssertion.objects.exists()


def test_a_robot_without_trusts_is_told_so(
    cast: Cast, file: Path, capsys: Captured
) -> None:
    assert explained(file) == 3
    assert "\nTrusts: none\n" in capsys.readouterr().out


WRONG: dict[str, tuple[Any, str]] = {
    "no file": (None, "--token-file: No such file or directory"),
    "no text": (b"\xff\xfe", "--token-file: cannot be read as text"),
    "too long": (b"x" * 70_000, "--token-file: at most 65536 bytes"),
}


@pytest.mark.parametrize(("content", "text"), WRONG.values(), ids=WRONG)
def test_a_file_that_will_not_do_is_refused(
    content: bytes | None, text: str, cast: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as caught:
        explained(path)
    assert (str(caught.value), caught.value.returncode) == (text, 2)


def test_an_unknown_robot_and_a_folder_are_refused(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Is a directory"):
        explained(tmp_path)
    with pytest.raises(CommandError, match="no robot account acme"):
        call_command("explain_trust", "--robot", "acme+no", "--token-file", "-")
