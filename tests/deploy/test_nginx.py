"""The nginx that the manual describes, in front of two servers and a real registry."""

import json
import secrets
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from urllib.parse import urlencode

import pytest

from quaysite.quickstart.oci_image import write_image
from tests.deploy.clients import SecurePodman, SecureSkopeo
from tests.deploy.conftest import Front
from tests.deploy.nginx import command
from tests.e2e.accounts import Account
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import FORM, MANIFESTS, granted, request

pytestmark = pytest.mark.e2e


PULLS = 150
"""Of each thread, while servers come and go."""


@pytest.fixture
def skopeo(front: Front, tmp_path: Path) -> SecureSkopeo:
    client = SecureSkopeo(tmp_path, front.name)
    client.authority = front.authority
    return client


@pytest.fixture
def podman(front: Front, tmp_path: Path) -> SecurePodman:
    client = SecurePodman(tmp_path, front.name)
    client.authority = front.authority
    return client


def asked(front: Front, *scopes: str) -> str:
    """Path and query of a token request."""
    query = [("service", front.name), *(("scope", scope) for scope in scopes)]
    return f"/v2/auth?{urlencode(query)}"


def basic(who: Account) -> dict[str, str]:
    return {"Authorization": f"Basic {who.basic}"}


def test_nginx_finds_no_fault_in_the_configuration(front: Front) -> None:
    main = front.one.folder / "nginx" / "nginx.conf"
    tested = subprocess.run(
        command(main, "-t"), capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr


def test_an_image_of_many_megabytes_goes_in_and_out_by_the_one_name(
    front: Front, cast: Cast, skopeo: SecureSkopeo, tmp_path: Path
) -> None:
    web, image = cast.repository("web"), tmp_path / "large"
    write_image(image, secrets.token_bytes(24 * 1024 * 1024))
    index = json.loads((image / "index.json").read_text())

    skopeo.must_login(cast.writer)
    pushed = skopeo.push(web, image)
    pulled = skopeo.pull(web)

    assert (pushed.code, pulled.code) == (0, 0), pushed.output + pulled.output
    assert skopeo.pulled_digest(web) == index["manifests"][0]["digest"]


def test_podman_logs_in_and_pulls_and_may_not_push_what_it_may_only_read(
    front: Front, cast: Cast, skopeo: SecureSkopeo, podman: SecurePodman
) -> None:
    web = cast.repository("web")
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0

    podman.must_login(cast.reader)
    assert podman.pull(web).code == 0
    assert podman.pulled_digest(web) == manifest(front, cast.reader, web)[1]

    skopeo.must_login(cast.reader)
    refused = skopeo.push(web)
    assert refused.code != 0
    assert "denied" in refused.text


def manifest(front: Front, who: Account, repository: str) -> tuple[int, str]:
    """Status and digest of what is tagged `v1`: a token, and then the manifest."""
    answer = front.secure.request(
        "GET", asked(front, f"repository:{repository}:pull"), headers=basic(who)
    )
    if answer.status != 200:
        return answer.status, ""
    headers = {"Authorization": f"Bearer {answer.json['token']}", "Accept": MANIFESTS}
    answer = front.secure.request(
        "GET", f"/v2/{repository}/manifests/v1", headers=headers
    )
    return answer.status, answer.headers["Docker-Content-Digest"]


def test_a_server_that_is_killed_costs_no_pull_and_no_login(
    front: Front, cast: Cast, skopeo: SecureSkopeo
) -> None:
    web = cast.repository("web")
    skopeo.must_login(cast.writer)
    assert skopeo.push(web).code == 0
    expected = manifest(front, cast.reader, web)
    over = Event()

    def pulls(count: int) -> list[tuple[int, str]]:
        return [manifest(front, cast.reader, web) for _ in range(count)]

    def logins() -> list[int]:
        """As containerd logs in: a form, by POST."""
        form = urlencode(
            {
                "grant_type": "password",
                "username": cast.reader.name,
                "password": cast.reader.secret,
                "service": front.name,
                "client_id": "tests",
            }
        )
        found = []
        while not over.is_set():
            answer = front.secure.request("POST", "/v2/auth", headers=FORM, body=form)
            found.append(answer.status)
        return found

    with ThreadPoolExecutor(5) as pool:
        jobs = [pool.submit(pulls, PULLS) for _ in range(4)]
        posts = pool.submit(logins)
        by_client = []
        for site in (front.one, front.two):
            site.kill_server()
            by_client.append(skopeo.pull(web))
            site.start_server()
            front.wait_until_ready(site)
        found = {answer for job in jobs for answer in job.result()}
        over.set()
        statuses = posts.result()

    assert found == {expected}
    assert expected[0] == 200
    assert len(statuses) > 20
    assert set(statuses) == {200}
    assert [pulled.code for pulled in by_client] == [0, 0]


def test_each_path_goes_where_it_belongs(front: Front, cast: Cast) -> None:
    web = front.secure

    challenge = web.request("GET", "/v2/").headers["WWW-Authenticate"]
    assert f'realm="https://{front.name}/v2/auth"' in challenge
    # A repository that is called `auth` is the registry's.
    repository = web.request("GET", "/v2/auth/manifests/v1")
    assert repository.status == 401
    assert "repository:auth:pull" in repository.headers["WWW-Authenticate"]

    token = web.request("GET", asked(front), headers=basic(cast.reader))
    assert token.status == 200
    assert granted(token) == {}
    assert web.request("GET", "/.well-known/jwks.json").json["keys"]
    assert web.request("GET", "/sign-in/").status == 200
    robots = web.request(
        "GET",
        f"/api/v1/organization/{cast.organization}/robots",
        headers={"Authorization": f"Bearer {cast.api.secret}"},
    )
    assert {robot["name"] for robot in robots.json["robots"]} >= {cast.reader.name}
    for private in ("/readyz", "/metrics"):
        assert web.request("GET", private).status == 404
        # In a cluster the ingress has the registry answer this.
        assert request("GET", front.one.registry, private).status == 404


def test_pages_are_https_to_the_end(front: Front) -> None:
    page = front.secure.request("GET", "/admin/")
    assert page.status == 302
    assert page.headers["Location"].startswith("/admin/login/")
    sign_in = front.secure.request("GET", "/sign-in/")
    assert "; Secure" in sign_in.headers["Set-Cookie"]
    assert "max-age" in sign_in.headers["Strict-Transport-Security"]

    plain = request(
        "GET", front.places.plain, "/v2/?n=1", headers={"Host": "127.0.0.1"}
    )
    assert plain.status == 308
    assert plain.headers["Location"] == "https://127.0.0.1/v2/?n=1"


def test_nobody_chooses_where_others_are_sent(front: Front, cast: Cast) -> None:
    false = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    plain = request("GET", front.places.plain, "/sign-in/", headers=false)
    assert plain.status == 308
    assert plain.headers["Location"] == "https://127.0.0.1/sign-in/"

    # The registry makes addresses of what it is told of the request.
    web = cast.repository("web")
    path = asked(front, f"repository:{web}:pull,push")
    token = front.secure.request("GET", path, headers=basic(cast.writer)).json["token"]
    for false in (
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "for=192.0.2.66;host=evil.example;proto=http"},
    ):
        headers = {"Authorization": f"Bearer {token}", **false}
        begun = front.secure.request(
            "POST", f"/v2/{web}/blobs/uploads/", headers=headers
        )
        assert begun.status == 202
        assert begun.headers["Location"].startswith(f"https://{front.name}/v2/{web}/")


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For"])
def test_nobody_chooses_the_address_that_the_audit_shows(
    front: Front, cast: Cast, name: str
) -> None:
    wrong = cast.reader.with_secret("WRONG0SECRET" * 4)
    answer = front.secure.request(
        "GET", asked(front), headers={**basic(wrong), name: "192.0.2.66"}
    )
    assert answer.status == 401
    deadline = time.monotonic() + 30
    while not (seen := front.one.call("refused_from", namespace=cast.organization)):
        assert time.monotonic() < deadline
    assert seen == ["127.0.0.1"]
