"""Signed posts: what receivers check, with the programs that the manual gives them."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.signed_posts import PostFailed, send_signed
from tests.receivers import SECRET, Hook, Post, hook

MANUAL = (Path(django_settings.BASE_DIR) / "docs" / "token-upkeep.md").read_text()
OTHER = "another secret of at least 32 characters"

IsGenuine = Callable[[str, bytes, str], bool]


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Hook]:
    with hook(settings) as running:
        yield running


@pytest.fixture
def is_genuine() -> IsGenuine:
    """The function of the manual."""
    (program,) = re.findall(r"```python\n(import hashlib.*?)```", MANUAL, re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 - our own manual's
    found: IsGenuine = names["is_genuine"]
    return found


def sent(receiver: Hook, *secrets: str, age: float = 0) -> Post:
    at = timezone.now() - timedelta(seconds=age)
    send_signed(receiver.url, {"a": "ä"}, key="k1", secrets=secrets, at=at)
    return receiver.posts[-1]


def header(post: Post) -> str:
    return post.headers["Quaysite-Signature"]


def test_what_was_sent_is_genuine(receiver: Hook, is_genuine: IsGenuine) -> None:
    post = sent(receiver, SECRET)
    assert post.headers["Idempotency-Key"] == "k1"
    assert is_genuine(header(post), post.body, SECRET)
    assert not is_genuine(header(post), post.body, OTHER)
    assert not is_genuine(header(post), post.body + b" ", SECRET)
    later = re.sub(r"t=\d+", f"t={int(time.time()) + 9}", header(post))
    assert not is_genuine(later, post.body, SECRET)


def test_what_is_old_is_not_genuine(receiver: Hook, is_genuine: IsGenuine) -> None:
    post = sent(receiver, SECRET, age=400)
    assert not is_genuine(header(post), post.body, SECRET)


def test_each_of_several_secrets_signs(receiver: Hook, is_genuine: IsGenuine) -> None:
    post = sent(receiver, OTHER, SECRET)
    for secret in (OTHER, SECRET):
        assert is_genuine(header(post), post.body, secret)
        assert secret not in header(post)


def test_the_example_of_the_manual_is_what_its_shell_prints(tmp_path: Path) -> None:
    (signature,) = re.findall(r"^Quaysite-Signature: (.*)$", MANUAL, re.MULTILINE)
    (body,) = re.findall(r'^\{"id".*\}$', MANUAL, re.MULTILINE)
    (secret,) = re.findall(r"with the secret\n`(.*)`", MANUAL)
    (program,) = re.findall(r"```sh\n(# header: .*?)```", MANUAL, re.DOTALL)
    (tmp_path / "header").write_text(signature)
    (tmp_path / "body").write_text(body)
    printed = subprocess.run(
        ["sh", "-c", program],
        cwd=tmp_path,
        env={"SECRET": secret, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.strip() == signature.partition("v1=")[2]


@pytest.mark.parametrize(
    ("status", "is_down"), [(301, False), (403, False), (429, True), (502, True)]
)
def test_whether_the_next_one_would_fare_better(
    status: int, is_down: bool, receiver: Hook
) -> None:
    receiver.status = status
    with pytest.raises(PostFailed) as caught:
        sent(receiver, SECRET)
    assert caught.value.is_down is is_down
    assert caught.value.reason == f"it answered {status}"


def test_a_receiver_that_is_away_is_down_and_its_url_not_repeated() -> None:
    url = "http://127.0.0.1:1/path-that-is-a-secret"
    with pytest.raises(PostFailed) as caught:
        send_signed(url, {}, key="k", secrets=[SECRET], at=timezone.now())
    assert caught.value.is_down
    assert "path-that" not in caught.value.reason
