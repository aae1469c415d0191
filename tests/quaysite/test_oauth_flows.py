"""The OAuth endpoints: codes with PKCE, refreshes, the implicit flow, and refusals."""

import base64
import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from quaysite.lifecycle.applications import (
    Details,
    client_secret_of,
    create_application,
    delete_application,
)
from quaysite.models import (
    AccessToken,
    Application,
    Assignment,
    Grant,
    RefreshToken,
    User,
)
from quaysite.oauth.validator import digest
from robots.models import AuditEvent
from tests import factories
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

AUTHORIZE = "/oauth/authorize"
TOKEN = "/oauth/access_token"
REVOKE = "/oauth/revoke"
CALLBACK = "https://ci.example/callback"
LOCAL_APP = "http://127.0.0.1:8000/oauth/localapp"
ISSUER = "http://127.0.0.1:8000"
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .decode()
    .rstrip("=")
)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def application(cast: Cast) -> Application:
    details = Details("CI <script>", redirect_uri=CALLBACK, description="Builds")
    return create_application(cast.acme, details, factories.BY)


@pytest.fixture
def bob(cast: Cast) -> Client:
    return browser(cast.bob)


def browser(person: User | None = None) -> Client:
    """A client that is treated as browsers are, its exceptions answers of the site."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if person is not None:
        client.force_login(person)
    return client


def asked(application: Application, **changes: str | None) -> dict[str, str]:
    """The parameters of a good request, with changes; None leaves one out."""
    parameters = {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": CALLBACK,
        "scope": "repo:read user:read",
        "state": "s t&a=te",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changes
    return {name: value for name, value in parameters.items() if value is not None}


def agree(client: Client, parameters: dict[str, str], button: str = "authorize") -> Any:
    """Open the page and press a button of it."""
    address = f"{AUTHORIZE}?{urlencode(parameters)}"
    client.get(address)
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else ""
    return client.post(address, {button: "x", "csrfmiddlewaretoken": token})


def answer_of(response: Any, uri: str = CALLBACK, part: str = "query") -> Any:
    """What a redirect to `uri` tells."""
    assert response.status_code == 302, response.content
    location = urlsplit(response["Location"])
    assert location._replace(query="", fragment="").geturl() == uri
    return {k: v[0] for k, v in parse_qs(getattr(location, part)).items()}


def code_for(client: Client, application: Application, **changes: str | None) -> str:
    return str(answer_of(agree(client, asked(application, **changes)))["code"])


def secret_of(application: Application) -> str:
    secret = client_secret_of(application)
    assert secret is not None
    return secret.reveal()


def exchange(application: Application, code: str | None, **changes: str | None) -> Any:
    """Exchange a code as its application would, with changes."""
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": application.client_id,
        "client_secret": secret_of(application),
        "code_verifier": VERIFIER,
    } | changes
    return post(TOKEN, {k: v for k, v in body.items() if v is not None})


def refresh(application: Application, token: str, **changes: str | None) -> Any:
    body = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": application.client_id,
        "client_secret": secret_of(application),
    } | changes
    return post(TOKEN, {k: v for k, v in body.items() if v is not None})


def post(path: str, body: dict[str, str] | str, **headers: str) -> Any:
    text = body if isinstance(body, str) else urlencode(body)
    return browser().post(path, text, content_type=FORM, headers=headers)


def whoami(token: str) -> int:
    """The status of a call with the token."""
    headers = {"Authorization": f"Bearer {token}"}
    return int(browser().get("/api/v1/user/", headers=headers).status_code)


def test_a_person_reads_what_is_asked(
    cast: Cast, bob: Client, application: Application
) -> None:
    page = bob.get(AUTHORIZE, asked(application))
    assert page.status_code == 200
    text = page.content.decode()
    for shown in ("CI &lt;script&gt;", "acme", "Builds", "bob", "https://ci.example"):
        assert shown in text
    for shown in ("View all repositories that you may see", "Read your account"):
        assert shown in text
    assert "CI <script>" not in text


def test_a_code_becomes_a_token(
    cast: Cast, bob: Client, application: Application
) -> None:
    answer = answer_of(agree(bob, asked(application)))
    assert set(answer) == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("s t&a=te", ISSUER)
    grant = Grant.objects.get()
    assert grant.code == digest(answer["code"])
    assert grant.expires <= timezone.now() + timedelta(seconds=60)
    event = AuditEvent.objects.get(kind="authorize_application")
    assert (event.namespace_name, event.performer_name) == ("bob", "bob")
    assert event.facts["client_id"] == application.client_id
    given = exchange(application, answer["code"])
    assert given.status_code == 200
    assert given["Content-Type"] == "application/json"
    assert given["Cache-Control"] == "no-store"
    first = given.json()
    assert set(first) == {
        "access_token", "token_type", "expires_in", "scope", "refresh_token",
    }  # fmt: skip
    assert (first["token_type"], first["expires_in"]) == ("Bearer", 2_592_000)
    assert first["scope"] == "repo:read user:read"
    assert len(first["access_token"]) == len(first["refresh_token"]) == 40
    stored = AccessToken.objects.get(user=cast.bob)
    assert (stored.token, stored.application) == ("", application)
    assert RefreshToken.objects.get().token == ""


def test_a_token_is_renewed_and_revoked(
    cast: Cast, bob: Client, application: Application
) -> None:
    first = exchange(application, code_for(bob, application)).json()
    assert whoami(first["access_token"]) == 200
    second = refresh(application, first["refresh_token"]).json()
    assert whoami(first["access_token"]) == 401
    assert whoami(second["access_token"]) == 200
    client = {
        "client_id": application.client_id,
        "client_secret": secret_of(application),
    }
    gone = post(REVOKE, {**client, "token": second["access_token"]})
    assert (gone.status_code, gone.content) == (200, b"")
    assert whoami(second["access_token"]) == 401
    assert refresh(application, second["refresh_token"]).json() == {
        "error": "invalid_grant"
    }
    assert AuditEvent.objects.filter(kind="revoke_oauth_api_token").count() == 1


def test_a_code_is_used_once(bob: Client, application: Application) -> None:
    code = code_for(bob, application)
    assert exchange(application, code).status_code == 200
    again = exchange(application, code)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert AccessToken.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": None},
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": "https://evil.example"},
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_secret": None},
        {"client_id": "nosuch"},
        {"client_id": "\x00"},
        {"client_id": None},
        {"code": "wrong"},
        {"code": "\x00"},
        {"code": None},
        {"grant_type": "password"},
        {"grant_type": "client_credentials"},
        {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"},
        {"grant_type": "openid"},
        {"grant_type": ""},
        {"grant_type": None},
    ],
)
def test_a_wrong_exchange_gives_nothing(
    bob: Client, application: Application, change: dict[str, str | None]
) -> None:
    code = code_for(bob, application)
    sent: dict[str, Any] = {"code": code, **change}
    answer = exchange(application, **sent)
    assert answer.status_code in (400, 401)
    assert answer["Content-Type"] == "application/json"
    assert "error" in answer.json()
    assert not AccessToken.objects.exists()


def test_a_code_is_of_its_application(
    cast: Cast, bob: Client, application: Application
) -> None:
    details = Details("other", redirect_uri=CALLBACK)
    other = create_application(cast.acme, details, factories.BY)
    code = code_for(bob, application)
    assert exchange(other, code).json() == {"error": "invalid_grant"}
    first = exchange(application, code).json()
    assert refresh(other, first["refresh_token"]).json() == {"error": "invalid_grant"}
    client = {"client_id": other.client_id, "client_secret": secret_of(other)}
    assert post(REVOKE, {**client, "token": first["access_token"]}).status_code == 200
    assert whoami(first["access_token"]) == 200


def test_a_code_dies_with_its_person_application_organization_and_time(
    cast: Cast, bob: Client, application: Application
) -> None:
    late = code_for(bob, application)
    Grant.objects.update(expires=timezone.now())
    assert exchange(application, late).json() == {"error": "invalid_grant"}
    code = code_for(bob, application)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert exchange(application, code).json() == {"error": "invalid_grant"}
    User.objects.filter(pk=cast.bob.pk).update(is_active=True)
    cast.acme.enabled = False
    cast.acme.save()
    assert exchange(application, code).status_code == 401
    assert bob.get(AUTHORIZE, asked(application)).status_code == 400
    cast.acme.enabled = True
    cast.acme.save()
    first = exchange(application, code).json()
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert whoami(first["access_token"]) == 401
    assert refresh(application, first["refresh_token"]).status_code == 400
    User.objects.filter(pk=cast.bob.pk).update(is_active=True)
    delete_application(application, factories.BY)
    assert whoami(first["access_token"]) == 401
    gone = refresh(application, first["refresh_token"])
    assert (gone.status_code, gone.json()["error"]) == (401, "invalid_client")


def test_client_credentials_may_come_in_the_header(
    bob: Client, application: Application
) -> None:
    code = code_for(bob, application)
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }

    def basic(text: str) -> str:
        return "Basic " + base64.b64encode(text.encode()).decode()

    for wrong in (
        basic(f"{application.client_id}:wrong"),
        basic(f"{application.client_id}:"),
        basic("\x00:x"),
        basic("%00:x"),
        basic("no colon"),
        "Basic \xe9\xe9",
        "Basic ====",
        "Basic ",
    ):
        answer = post(TOKEN, body, Authorization=wrong)
        assert answer.status_code == 401, wrong
    right = basic(f"{application.client_id}:{secret_of(application)}")
    assert post(TOKEN, body, Authorization=right).status_code == 200


def test_a_refresh_token_that_is_used_twice_ends_its_family(
    bob: Client, application: Application
) -> None:
    first = exchange(application, code_for(bob, application)).json()
    second = refresh(application, first["refresh_token"]).json()
    assert whoami(second["access_token"]) == 200
    assert refresh(application, first["refresh_token"]).json() == {
        "error": "invalid_grant"
    }
    assert whoami(second["access_token"]) == 401
    assert refresh(application, second["refresh_token"]).status_code == 400


def test_a_refresh_narrows_scopes_but_never_widens_them(
    bob: Client, application: Application
) -> None:
    first = exchange(application, code_for(bob, application)).json()
    wide = refresh(application, first["refresh_token"], scope="repo:read repo:admin")
    assert (wide.status_code, wide.json()["error"]) == (400, "invalid_scope")
    narrow = refresh(application, first["refresh_token"], scope="repo:read").json()
    assert narrow["scope"] == "repo:read"
    assert whoami(narrow["access_token"]) == 403
    back = refresh(application, narrow["refresh_token"], scope="repo:read user:read")
    assert back.json()["error"] == "invalid_scope"
    stale = RefreshToken.objects.get(revoked=None)
    AccessToken.objects.filter(pk=stale.access_token_id).update(
        expires=timezone.now() - timedelta(days=31)
    )
    assert refresh(application, narrow["refresh_token"]).status_code == 400


def test_what_can_be_renewed_can_be_revoked(
    cast: Cast, bob: Client, application: Application
) -> None:
    given = exchange(application, code_for(bob, application)).json()
    AccessToken.objects.update(expires=timezone.now())
    address = "/api/v1/user/authorizations"
    [shown] = bob.get(address).json()["authorizations"]
    token = bob.get("/csrf_token").json()["csrf_token"]
    one = f"{address}/{shown['uuid']}"
    assert bob.delete(one, headers={"X-CSRF-Token": token}).status_code == 204
    assert bob.get(address).json() == {"authorizations": []}
    assert refresh(application, given["refresh_token"]).json() == {
        "error": "invalid_grant"
    }


def test_public_clients_need_pkce_and_nobody_can_take_it_away(
    bob: Client, application: Application
) -> None:
    none: dict[str, str | None] = {
        "code_challenge": None,
        "code_challenge_method": None,
    }
    plain: dict[str, str | None] = {
        "code_challenge": VERIFIER,
        "code_challenge_method": "plain",
    }
    code = code_for(bob, application, **none)
    downgraded = exchange(application, code)
    assert downgraded.json() == {"error": "invalid_grant"}
    assert exchange(application, code, code_verifier=None).status_code == 200
    for wrong in (
        plain,
        {**plain, "code_challenge_method": None},
        {"code_challenge": "short"},
        {"code_challenge": CHALLENGE + "A"},
        {"code_challenge": "ü" * 43},
        {"code_challenge": "x" * 500},
        {"code_challenge_method": "none"},
    ):
        refused = answer_of(bob.get(AUTHORIZE, asked(application, **wrong)))
        assert refused["error"] == "invalid_request"
        assert (refused["state"], refused["iss"]) == ("s t&a=te", ISSUER)
    application.client_type = Application.CLIENT_PUBLIC
    application.save()
    refused = answer_of(bob.get(AUTHORIZE, asked(application, **none)))
    assert refused["error"] == "invalid_request"
    code = code_for(bob, application)
    for verifier in (None, "w" * 64):
        wrong_one = exchange(
            application, code, client_secret=None, code_verifier=verifier
        )
        assert wrong_one.status_code == 400
    given = exchange(application, code, client_secret=None)
    assert given.status_code == 200
    renewed = refresh(application, given.json()["refresh_token"], client_secret=None)
    assert renewed.status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": f"{CALLBACK}?a=b"},
        {"redirect_uri": f"{CALLBACK}#x"},
        {"redirect_uri": "https://ci.example:443/callback"},
        {"redirect_uri": "https://CI.example/callback"},
        {"redirect_uri": "https://ci.example@evil.example/callback"},
        {"redirect_uri": "https://ci.example.evil.example/callback"},
        {"redirect_uri": "//ci.example/callback"},
        {"redirect_uri": f"{CALLBACK} https://evil.example"},
        {"redirect_uri": f"{CALLBACK}\x00"},
        {"redirect_uri": LOCAL_APP},
        {"redirect_uri": ""},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://" + "x" * 5000},
        {"client_id": "nosuch"},
        {"client_id": "\x00"},
        {"client_id": ""},
        {"client_id": None},
    ],
)
def test_nobody_is_sent_where_the_application_did_not_say(
    bob: Client, application: Application, change: dict[str, str | None]
) -> None:
    parameters = asked(application, **change)
    for response in (
        bob.get(AUTHORIZE, parameters),
        agree(bob, parameters),
        agree(bob, parameters, button="cancel"),
    ):
        if response.status_code == 403:  # No page, so no CSRF token either.
            continue
        assert response.status_code == 400
        assert "Location" not in response
        assert b"Nothing was authorized" in response.content
    assert not Grant.objects.exists()


def test_odd_queries_are_refused_without_a_failure(
    bob: Client, application: Application
) -> None:
    good = urlencode(asked(application))
    for query in (
        "",
        "%G0",
        "client_id=%ff",
        "a=b;c&d",
        f"{good}&client_id=x",
        f"{good}&redirect_uri={quote('https://evil.example')}",
        f"{good}&state=x",
    ):
        answer = bob.get(f"{AUTHORIZE}?{query}")
        assert answer.status_code == 400, query
    ignored = f"{good}&nonce={'n' * 999}&claims=%7B&resource=x&request=y&user=alice"
    assert bob.get(f"{AUTHORIZE}?{ignored}&encoding=rot13").status_code == 200
    body = urlencode({"client_id": "x", "encoding": "nosuch", "user": "alice"})
    for path in (TOKEN, REVOKE):
        assert post(path, body).status_code in (400, 401)
        assert post(f"{path}?client_secret=x", body).status_code in (400, 401)
        assert post(path, "%G0=%zz&\x00=%00").status_code in (400, 401)
        assert browser().get(path).status_code == 405
        json = browser().post(path, "{}", content_type="application/json")
        assert json.status_code in (400, 401)
    code = code_for(bob, application)
    twice = urlencode({"grant_type": "authorization_code", "code": code})
    client = f"client_id={application.client_id}&client_secret={secret_of(application)}"
    answer = post(TOKEN, f"{twice}&{client}&client_id=x")
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scope": None}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "bogus"}, "invalid_scope"),
        ({"scope": "repo:read bogus"}, "invalid_scope"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"response_type": "code token"}, "unauthorized_client"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
    ],
)
def test_the_application_is_told_what_it_did_wrong(
    bob: Client, application: Application, change: dict[str, str | None], error: str
) -> None:
    response = bob.get(AUTHORIZE, asked(application, **change))
    part = "fragment" if change.get("response_type") == "token" else "query"
    told = answer_of(response, part=part)
    assert told["error"] == error
    assert (told["state"], told["iss"]) == ("s t&a=te", ISSUER)
    assert not Grant.objects.exists()


def test_commas_separate_scopes_too_and_one_uri_need_not_be_repeated(
    bob: Client, application: Application
) -> None:
    changes: dict[str, str | None] = {
        "scope": "user:read,repo:read,repo:read",
        "redirect_uri": None,
        "state": None,
    }
    answer = answer_of(agree(bob, asked(application, **changes)))
    assert set(answer) == {"code", "iss"}
    given = exchange(application, answer["code"], redirect_uri=None)
    assert given.json()["scope"] == "repo:read user:read"


def test_consent_is_asked_of_who_is_signed_in_and_protected(
    cast: Cast, bob: Client, application: Application
) -> None:
    parameters = asked(application)
    address = f"{AUTHORIZE}?{urlencode(parameters)}"
    for method in ("get", "post"):
        client = Client()
        response = getattr(client, method)(address)
        assert response.status_code == 302
        assert response["Location"] == f"/sign-in/?next={quote(address)}"
    forged = bob.post(address, {"authorize": "x"})
    assert forged.status_code == 403
    wrong = bob.post(address, {"authorize": "x", "csrfmiddlewaretoken": "x" * 32})
    assert wrong.status_code == 403
    assert not Grant.objects.exists()
    page = bob.get(address)
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    redirect = agree(bob, parameters)
    assert "no-store" in redirect["Cache-Control"]
    told = answer_of(agree(bob, parameters, button="cancel"))
    assert told == {"error": "access_denied", "state": "s t&a=te", "iss": ISSUER}
    assert Grant.objects.count() == 1
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert bob.get(address)["Location"].startswith("/sign-in/")


def test_an_earlier_consent_does_not_answer_the_next_request(
    bob: Client, application: Application
) -> None:
    exchange(application, code_for(bob, application))
    for extra in ("approval_prompt", "prompt"):
        page = bob.get(AUTHORIZE, {**asked(application), extra: "auto"})
        assert page.status_code == 200


def test_a_form_with_get_in_the_body_changes_nothing(
    bob: Client, application: Application
) -> None:
    parameters = asked(application)
    address = f"{AUTHORIZE}?{urlencode(parameters)}"
    bob.get(address)
    body = {
        "authorize": "x",
        "csrfmiddlewaretoken": bob.cookies["csrftoken"].value,
        "redirect_uri": "https://evil.example",
        "scope": "super:user",
        "state": "other",
    }
    answer = answer_of(bob.post(address, body))
    assert answer["state"] == "s t&a=te"
    assert Grant.objects.get().scope == "repo:read user:read"


def test_a_native_application_is_called_by_its_own_scheme(
    cast: Cast, bob: Client
) -> None:
    details = Details("app", redirect_uri="com.example.app:/cb?x=1")
    native = create_application(cast.acme, details, factories.BY)
    changes: dict[str, str | None] = {"redirect_uri": "com.example.app:/cb?x=1"}
    response = agree(bob, asked(native, **changes))
    assert response.status_code == 302
    assert response["Location"].startswith("com.example.app:/cb?x=1&code=")


def app_form(client: Client, application: Application, **changes: str | None) -> Any:
    """POST /oauth/authorizeapp as a script does that has a session."""
    token = client.get("/csrf_token").json()["csrf_token"]
    form: dict[str, str | None] = {
        "response_type": "token",
        "client_id": application.client_id,
        "redirect_uri": LOCAL_APP,
        "scope": "repo:read user:read",
        "_csrf_token": token,
    } | changes
    sent = {name: value for name, value in form.items() if value is not None}
    return client.post("/oauth/authorizeapp", sent)


def test_the_implicit_flow_is_off_unless_it_is_switched_on(
    bob: Client, application: Application
) -> None:
    refused = app_form(bob, application)
    assert refused.status_code == 403
    assert "OAUTH_IMPLICIT_FLOW" in refused.json()["error"]
    asked_for = asked(application, response_type="token")
    told = answer_of(bob.get(AUTHORIZE, asked_for), part="fragment")
    assert told["error"] == "unauthorized_client"
    assert not AccessToken.objects.exists()


def test_authorizeapp_redirects_with_a_token(
    cast: Cast, bob: Client, application: Application, settings: Settings
) -> None:
    settings.OAUTH_IMPLICIT_FLOW = True
    for uri in (LOCAL_APP, CALLBACK):
        response = app_form(bob, application, redirect_uri=uri)
        assert response.status_code == 302
        start, fragment = response["Location"].split("#")
        assert start == uri
        told = dict(pair.split("=") for pair in fragment.split("&"))
        assert list(told) == ["access_token", "token_type", "expires_in"]
        assert (told["token_type"], told["expires_in"]) == ("Bearer", "2592000")
        assert whoami(told["access_token"]) == 200
        assert "no-store" in response["Cache-Control"]
    assert AuditEvent.objects.filter(kind="authorize_application").count() == 2
    with_state = app_form(bob, application, state="a b")
    assert with_state["Location"].endswith("&state=a+b")


def test_authorizeapp_refuses_what_is_wrong(
    cast: Cast, bob: Client, application: Application, settings: Settings
) -> None:
    settings.OAUTH_IMPLICIT_FLOW = True
    wrong: list[tuple[dict[str, str | None], int]] = [
        ({"_csrf_token": None}, 403),
        ({"_csrf_token": "wrong"}, 403),
        ({"_csrf_token": "ü"}, 403),
        ({"redirect_uri": "https://evil.example"}, 400),
        ({"redirect_uri": f"{LOCAL_APP}/"}, 400),
        ({"redirect_uri": f"{LOCAL_APP}?x"}, 400),
        ({"client_id": "nosuch"}, 400),
        ({"client_id": "\x00"}, 400),
        ({"response_type": "code", "redirect_uri": CALLBACK}, 400),
    ]
    for change, status in wrong:
        response = app_form(bob, application, **change)
        assert response.status_code == status, change
        assert "error" in response.json()
        assert "Location" not in response
    told = app_form(bob, application, scope="bogus")
    assert answer_of(told, LOCAL_APP, "fragment")["error"] == "invalid_scope"
    assert app_form(browser(), application).status_code == 401
    assert bob.get("/oauth/authorizeapp").status_code == 405
    assert not AccessToken.objects.exists()


def test_consent_gives_a_token_in_the_fragment(
    bob: Client, application: Application, settings: Settings
) -> None:
    settings.OAUTH_IMPLICIT_FLOW = True
    parameters = asked(application, response_type="token")
    told = answer_of(agree(bob, parameters), part="fragment")
    assert set(told) == {"access_token", "token_type", "expires_in", "state", "iss"}
    assert whoami(told["access_token"]) == 200
    assert not RefreshToken.objects.exists()
    told = answer_of(agree(bob, parameters, button="cancel"), part="fragment")
    assert told["error"] == "access_denied"
    odd = asked(application, redirect_uri=LOCAL_APP)
    assert bob.get(AUTHORIZE, odd).status_code == 400


def test_the_local_application_shows_what_only_the_browser_knows() -> None:
    page = browser().get("/oauth/localapp")
    assert page.status_code == 200
    assert b'src="/static/quaysite/localapp.js"' in page.content
    assert b"http://" not in page.content.replace(b"http://www.w3.org", b"")
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert page["Referrer-Policy"] == "no-referrer"


def assign(client: Client, application: Application, **changes: str | None) -> Any:
    token = client.get("/csrf_token").json()["csrf_token"]
    query = {"username": "bob"} | changes
    address = f"/oauth/authorize/assignuser?{urlencode(asked(application, **query))}"
    return client.post(address, headers={"X-CSRF-Token": token})


def test_an_administrator_offers_a_token(
    cast: Cast, bob: Client, application: Application, settings: Settings
) -> None:
    alice = browser(cast.alice)
    for _ in range(2):
        given = assign(alice, application)
        assert given.status_code == 200, given.content
    offer = Assignment.objects.get()
    assert (offer.user, offer.redirect_uri) == (cast.bob, CALLBACK)
    assert (offer.response_type, offer.scope) == ("code", "repo:read user:read")
    event = AuditEvent.objects.filter(kind="assign_application").first()
    assert event is not None
    assert (event.namespace_name, event.facts["username"]) == ("acme", "bob")
    assert assign(alice, application, username="nosuch").status_code == 404
    assert assign(alice, application, username="\x00").status_code == 404
    assert assign(alice, application, client_id="nosuch").status_code == 400
    assert assign(alice, application, scope="bogus").status_code == 400
    assert assign(alice, application, response_type="token").status_code == 400
    assert assign(bob, application).status_code == 403
    assert assign(browser(), application).status_code == 401
    address = f"/oauth/authorize/assignuser?{urlencode(asked(application))}"
    assert alice.post(address).status_code == 403
    code_for(bob, application)
    assert not Assignment.objects.exists()
    settings.OAUTH_IMPLICIT_FLOW = True
    token = assign(alice, application, response_type="token", redirect_uri=LOCAL_APP)
    assert token.status_code == 200


def test_bearer_tokens_are_taken_from_the_header_alone(
    bob: Client, application: Application
) -> None:
    token = exchange(application, code_for(bob, application)).json()["access_token"]
    assert whoami(token) == 200
    user = "/api/v1/user/"
    for answer in (
        browser().get(user, {"access_token": token}),
        browser().get(user, headers={"Authorization": token}),
        browser().get(user, headers={"Cookie": f"access_token={token}"}),
    ):
        assert answer.status_code == 401
    posted = browser().post(AUTHORIZE, {"access_token": token})
    assert posted.status_code in (302, 403)


def test_codes_and_tokens_are_in_no_audit_event(
    bob: Client, application: Application
) -> None:
    code = code_for(bob, application)
    given = exchange(application, code).json()
    text = str([event.facts for event in AuditEvent.objects.all()])
    for secret in (code, given["access_token"], given["refresh_token"]):
        assert secret not in text


def test_a_consent_page_costs_few_queries(
    bob: Client, application: Application
) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert bob.get(AUTHORIZE, asked(application)).status_code == 200
    assert len(queries) <= 5


def at_once(deed: Callable[[], Any], count: int = 4) -> list[Any]:
    """What `deed` gives to each of `count` threads that start together."""
    barrier, results = threading.Barrier(count), []

    def run() -> None:
        try:
            barrier.wait()
            results.append(deed())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="threads of a test share SQLite's one database in memory",
)
@pytest.mark.django_db(transaction=True)
def test_of_many_who_use_one_code_or_refresh_token_one_gets_something(
    cast: Cast, application: Application, settings: Settings
) -> None:
    settings.PASSWORD_HASHES_WAITING = 8
    code = code_for(browser(cast.bob), application)
    answers = at_once(lambda: exchange(application, code))
    assert sorted(a.status_code for a in answers) == [200, 400, 400, 400]
    [good] = [answer.json() for answer in answers if answer.status_code == 200]
    assert AccessToken.objects.count() == 1
    answers = at_once(lambda: refresh(application, good["refresh_token"]))
    # Whoever comes after the winner's end is a replay, which ends the family.
    assert sorted(a.status_code for a in answers) == [200, 400, 400, 400]
    [new] = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(new["access_token"]) == len(new["refresh_token"]) == 40
    assert AccessToken.objects.count() <= 1
