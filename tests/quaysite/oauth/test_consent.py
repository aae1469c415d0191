"""The page on which people agree: who sees it, and where its answer goes."""

from urllib.parse import quote, urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from quaysite.models import Application, Grant, User
from tests.conftest import Cast
from tests.quaysite.oauth.flows import (
    AUTHORIZE,
    CALLBACK,
    ISSUER,
    LOCAL_APP,
    REVOKE,
    TOKEN,
    agree,
    answer_of,
    asked,
    browser,
    code_for,
    exchange,
    post,
    secret_of,
)

pytestmark = pytest.mark.django_db


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


def test_a_consent_page_costs_few_queries(
    bob: Client, application: Application
) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert bob.get(AUTHORIZE, asked(application)).status_code == 200
    assert len(queries) <= 5
