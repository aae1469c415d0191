"""S-28: after everything else has run, no log holds a secret."""

import re

import pytest

from tests.e2e.conftest import Cast
from tests.e2e.endpoint import ask, refresh
from tests.e2e.keyless import Keyless
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

JWT = re.compile(r"eyJ[\w-]{10,}\.")
REFRESH_TOKEN = re.compile(r"qsr\.[\w-]{10,}")
FEDERATED_TOKEN = re.compile(r"qsf_\w{10,}")
STATIC_TOKEN = re.compile(r"\b[A-Z0-9]{64}\b")


def show_keyless_secrets(keyless: Keyless, cast: Cast) -> None:
    """An issuer's token as it is taken and refused, by each way in; and a robot's."""
    job = keyless.provider.new_job()
    token = keyless.new_token(job)
    canary = keyless.site.account(cast.writer.name, token)
    assert ask(keyless.site, canary).status == 401
    assert keyless.ask(cast.writer.name, token).status_code == 401
    assert keyless.ask_by_rfc8693(cast.writer.name, token).status == 400
    keyless.trust(cast.api, cast.writer, job)
    assert ask(keyless.site, canary).status == 200
    for exchange in (keyless.exchange, keyless.exchange_by_rfc8693):
        assert ask(keyless.site, exchange(cast.writer, token)).status == 200


def test_no_log_holds_a_secret_of_this_run(
    site: Site, keyless: Keyless, cast: Cast
) -> None:
    """Each way of showing one is used once here, so that this holds for itself."""
    wrong = site.account(cast.reader.name, "CANARY-of-a-mistyped-secret")
    assert ask(site, cast.owner).status == 200
    assert ask(site, wrong).status == 401
    refresh_token = ask(site, cast.writer, offline=True).json["refresh_token"]
    site.canaries.add(refresh_token)
    show_keyless_secrets(keyless, cast)
    assert refresh(site, refresh_token, "", chunked=True).status == 200
    for name in ("secret_key", "robots_secret_keys"):
        site.canaries.add((site.folder / name).read_text().strip())

    for path in site.logs.iterdir():
        text = path.read_text(errors="replace")
        assert list(site.canaries.found_in(text)) == [], path.name
        for pattern in (JWT, REFRESH_TOKEN, FEDERATED_TOKEN, STATIC_TOKEN):
            assert not pattern.search(text), path.name


def test_the_logs_that_were_searched_are_the_real_ones(site: Site, cast: Cast) -> None:
    web = cast.repository("web")
    assert ask(site, cast.reader, f"repository:{web}:pull").status == 200

    assert re.search(r'"GET /v2/auth HTTP/1\.1" 200 ', site.access_log())
    assert f"token sub={cast.reader.name} " in site.application_log()
    assert f"granted=[{web}:pull]" in site.application_log()
