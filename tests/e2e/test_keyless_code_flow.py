"""The authorization code flow that Quay documents, by the steps of a browser."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import jwt
import pytest
import requests

from tests.e2e.accounts import Account
from tests.e2e.clients import Podman
from tests.e2e.conftest import Cast
from tests.e2e.endpoint import SECONDS
from tests.e2e.keyless import Keyless
from tests.e2e.provider import Provider

pytestmark = pytest.mark.e2e

CALLBACK = "https://localhost:3000/cb"
"""Nothing listens there: the code is read from the address, as the document says."""

ACTION = re.compile(r'<form[^>]* action="([^"]+)"')


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    """Keeps cookies; goes where it is sent only when `follow` says so."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def follow(browser: requests.Session, answer: requests.Response) -> requests.Response:
    """Go on until there is a page, or the address that the code is at."""
    while answer.is_redirect:
        address = urljoin(answer.url, answer.headers["Location"])
        if address.startswith(CALLBACK):
            return answer
        answer = browser.get(address, allow_redirects=False, timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    return answer


def submit(
    browser: requests.Session, page: requests.Response, **form: str
) -> requests.Response:
    """Fill in the page's form and send it."""
    found = ACTION.search(page.text)
    assert found is not None, page.text
    action = urljoin(page.url, unescape(found[1]))
    sent = browser.post(action, data=form, allow_redirects=False, timeout=SECONDS)
    return follow(browser, sent)


def sign_in(provider: Provider, browser: requests.Session, client: Account) -> str:
    """Sign in as `ci-person`, agree, and return the code."""
    asked = {"response_type": "code", "client_id": client.name, "scope": "openid"}
    address = f"{provider.issuer}/auth?{urlencode(asked)}"
    first = browser.get(address, allow_redirects=False, timeout=SECONDS)
    login = follow(browser, first)
    consent = submit(
        browser, login, prompt="login", login="ci-person", password="anything"
    )
    back = submit(browser, consent, prompt="consent")
    said = parse_qs(urlsplit(back.headers["Location"]).query)
    assert said["iss"] == [provider.issuer]
    return said["code"][0]


def redeem(provider: Provider, client: Account, code: str) -> Mapping[str, str]:
    """Send the code and the client's secret as the documented curl command does."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            f"{provider.issuer}/token",
            data={
                "client_id": client.name,
                "client_secret": client.secret,
                "grant_type": "authorization_code",
                "code": code,
            },
            timeout=SECONDS,
        )
    assert answer.status_code == 200, answer.text
    found: Mapping[str, str] = answer.json()
    return found


def test_a_person_signs_in_and_the_access_token_is_exchanged(
    keyless: Keyless, cast: Cast, podman: Podman, browser: requests.Session
) -> None:
    provider, web = keyless.provider, cast.repository("web")
    client = provider.register(
        redirect_uris=[CALLBACK], token_endpoint_auth_method="client_secret_post"
    )
    person = Account("ci-person", "")
    keyless.trust(cast.api, cast.writer, person)

    token = redeem(provider, client, sign_in(provider, browser, client))["access_token"]
    robot = keyless.exchange(cast.writer, token)
    podman.must_login(robot)
    pushed, pulled = podman.push(web), podman.pull(web)

    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["client_id"]) == (person.name, client.name)
    assert (pushed.code, pulled.code) == (0, 0), pushed.output + pulled.output
