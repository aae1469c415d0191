"""What each client prints when it is refused: the texts that people search for."""

from dataclasses import dataclass

import pytest

from tests.e2e.clients import Client, Ctr, Docker, Podman, Skopeo
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import ask
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e

DENIED = "denied: requested access to the resource is denied"


@dataclass(frozen=True)
class Texts:
    """Exit code and messages; `{registry}` and `{repository}` are filled in."""

    code: int
    pull: tuple[str, ...]
    push: tuple[str, ...]
    reader_pushes: tuple[str, ...]


_CONTAINERS_IMAGE = {
    "pull": (
        f"reading manifest v1 in {{registry}}/{{repository}}: errors:\n{DENIED}\n"
        "unauthorized: authentication required",
    ),
    "push": (
        "trying to reuse blob sha256:",
        f"exists in {{registry}}/{{repository}}: errors:\n{DENIED}\n"
        'error parsing HTTP 401 response body: unexpected end of JSON input: ""',
    ),
    "reader_pushes": (
        "writing blob: initiating layer upload to /v2/{repository}/blobs/uploads/"
        f" in {{registry}}: errors:\n{DENIED}\nunauthorized: authentication required",
    ),
}
_CONTAINERD = ("server message: insufficient_scope: authorization failed",)
TEXTS: dict[type[Client], Texts] = {
    Skopeo: Texts(code=1, **_CONTAINERS_IMAGE),
    Podman: Texts(code=125, **_CONTAINERS_IMAGE),
    Docker: Texts(
        code=1,
        pull=(
            "pull access denied for {registry}/{repository}, repository does not"
            f" exist or may require 'docker login': {DENIED}",
        ),
        push=(DENIED,),
        reader_pushes=(DENIED,),
    ),
    Ctr: Texts(code=1, pull=_CONTAINERD, push=_CONTAINERD, reader_pushes=_CONTAINERD),
}


def filled(client: Client, texts: tuple[str, ...], repository: str) -> list[str]:
    return [
        text.format(registry=client.registry, repository=repository) for text in texts
    ]


def test_a_pull_without_a_grant_is_denied(cast: Cast, any_client: Client) -> None:
    texts = TEXTS[type(any_client)]
    any_client.must_login(cast.nobody)

    pulled = any_client.pull(cast.repository("web"))

    assert pulled.code == texts.code
    for text in filled(any_client, texts.pull, cast.repository("web")):
        assert text in pulled.text


def test_a_push_without_a_grant_is_denied(cast: Cast, any_client: Client) -> None:
    texts = TEXTS[type(any_client)]
    any_client.must_login(cast.nobody)

    pushed = any_client.push(cast.repository("web"))

    assert pushed.code == texts.code
    for text in filled(any_client, texts.push, cast.repository("web")):
        assert text in pushed.text


def test_a_robot_that_may_only_pull_cannot_push(cast: Cast, any_client: Client) -> None:
    texts = TEXTS[type(any_client)]
    any_client.must_login(cast.reader)

    pushed = any_client.push(cast.repository("web"))

    assert pushed.code == texts.code
    for text in filled(any_client, texts.reader_pushes, cast.repository("web")):
        assert text in pushed.text


def test_a_refusal_does_not_tell_whether_the_repository_exists(
    cast: Cast, any_client: Client
) -> None:
    any_client.must_login(cast.nobody)

    existing = any_client.pull(cast.repository("vault"))
    missing = any_client.pull(cast.repository("venom"))

    assert existing.code == missing.code != 0
    assert _blurred(existing.text, "vault") == _blurred(missing.text, "venom")


def _blurred(text: str, name: str) -> str:
    """The text without the repository's name and the time of day."""
    words = text.replace(name, "NAME").split()
    return " ".join(word for word in words if not word.startswith("time="))


@pytest.mark.parametrize(
    ("fixture", "code", "text"),
    [
        ("skopeo", 1, 'msg="logging into "{registry}": invalid username/password"'),
        ("podman", 125, 'Error: logging into "{registry}": invalid username/password'),
        (
            "docker",
            1,
            'Error response from daemon: Get "http://{registry}/v2/": unauthorized:'
            " Could not find robot with username: {name} and supplied password.",
        ),
    ],
    ids=["skopeo", "podman", "docker"],
)
def test_login_with_a_wrong_secret_is_refused(
    request: pytest.FixtureRequest,
    site: Site,
    cast: Cast,
    fixture: str,
    code: int,
    text: str,
) -> None:
    client: Client = request.getfixturevalue(fixture)
    wrong = site.account(cast.reader.name, cast.reader.secret[::-1])

    outcome = client.login(wrong)

    assert outcome.code == code
    expected = text.format(registry=client.registry, name=cast.reader.name)
    assert expected in outcome.text


def test_containerd_with_a_wrong_secret_is_refused(
    site: Site, cast: Cast, ctr: Ctr
) -> None:
    ctr.must_login(site.account(cast.reader.name, cast.reader.secret[::-1]))

    pulled = ctr.pull(cast.repository("web"))

    assert pulled.code == 1
    assert (
        "failed to authorize: failed to fetch oauth token:"
        " unexpected status: 401 Unauthorized"
    ) in pulled.text


def test_docker_tells_a_person_that_the_password_is_wrong(
    site: Site, cast: Cast, docker: Docker
) -> None:
    outcome = docker.login(site.account(cast.owner.name, "a wrong password of hers"))

    assert outcome.code == 1
    assert "unauthorized: Invalid Username or Password" in outcome.text


def test_the_token_of_one_robot_does_not_open_another(
    site: Site, cast: Cast, skopeo: Skopeo
) -> None:
    mixed = site.account(cast.admin.name, cast.reader.secret)

    assert skopeo.login(mixed).code == 1
    answer = ask(site, mixed, f"repository:{cast.repository('web')}:pull")
    assert answer.status == 401
    assert answer.json["errors"][0]["code"] == "UNAUTHORIZED"
    assert "token" not in answer.json


def test_a_robot_has_no_rights_in_another_organization(
    cast: Cast, other_cast: Cast, skopeo: Skopeo
) -> None:
    skopeo.must_login(cast.creator)

    pulled = skopeo.pull(other_cast.repository("web"))
    pushed = skopeo.push(other_cast.repository("new"))

    assert (pulled.code, pushed.code) == (1, 1)
    assert DENIED in pulled.text
    assert DENIED in pushed.text
