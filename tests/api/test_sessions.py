"""Sessions: sign in, write with the CSRF token, show the password again, sign out."""

from collections.abc import Callable

import pytest
from django.test import Client as DjangoClient
from pytest_django.fixtures import Settings

from quaysite.models import User
from robots.freshness import SIGNED_IN_AT
from robots.lifecycle.logins import MAX_FAILURES
from robots.models import AuditEvent, Robot
from tests import factories
from tests.api.client import Client
from tests.api.local import LocalClient
from tests.api.signed_in import signed_in
from tests.conftest import Cast

pytestmark = pytest.mark.django_db

SIGN_IN = "/api/v1/signin"
VERIFY = "/api/v1/signin/verify"
SIGN_OUT = "/api/v1/signout"
CLIENT_KEY = "/api/v1/user/clientkey"
ROBOT = "/api/v1/organization/acme/robots/viacookie"
NO_CSRF = "CSRF token was invalid or missing."
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def body(username: str = "alice", password: str = factories.PASSWORD) -> dict[str, str]:
    return {"username": username, "password": password}


def with_token(client: Client) -> Client:
    client.csrf = client.get("/csrf_token").json["csrf_token"]
    return client


def make_stale(client: LocalClient) -> None:
    session = client.django.session
    session[SIGNED_IN_AT] = 0
    session.save()


@pytest.mark.django_db(transaction=True)
def test_a_whole_session_over_http(cast: Cast, api: Client) -> None:
    refused = api.post(SIGN_IN, body())
    assert (refused.status, refused.json) == (403, {"error": NO_CSRF})
    with_token(api)
    before = api.cookies["sessionid"]
    signed = api.post(SIGN_IN, body(), User_Agent="curl/8")
    assert (signed.status, signed.json) == (200, {"success": True})
    assert api.cookies["sessionid"] != before
    old, api.csrf = api.csrf, signed.headers["X-Next-CSRF-Token"]
    assert api.csrf != old
    assert api.put(ROBOT, {}).status == 201
    api.csrf = None
    refused = api.put(f"{ROBOT}2", {})
    assert refused.status == 403
    assert refused.json == {"error": f"{NO_CSRF} (authorized: user alice)"}
    api.csrf = old
    assert api.put(f"{ROBOT}2", {}).status == 403
    with_token(api)
    out = api.post(SIGN_OUT, None, Content_Type="application/json")
    assert (out.status, out.json) == (200, {"success": True})
    assert api.get("/api/v1/user/").status == 401
    assert Robot.objects.filter(name__startswith="viacookie").count() == 1
    event = AuditEvent.objects.get(kind="login_success")
    assert (event.namespace_name, event.performer_name) == ("alice", "alice")
    assert event.facts == {"type": "quayauth", "kind": "user", "useragent": "curl/8"}


def test_many_sign_ins_and_tokens_in_a_row_work(cast: Cast, local: LocalClient) -> None:
    for name in ("alice", "alice", "bob", "alice"):
        with_token(local)
        assert with_token(local).csrf == local.csrf
        signed = local.post(SIGN_IN, body(name))
        assert signed.status == 200
        local.csrf = signed.headers["X-Next-CSRF-Token"]
        assert local.get("/api/v1/user/").json["username"] == name
    assert local.post(f"{SIGN_OUT}/").status == 200
    assert with_token(local).post(SIGN_OUT).status == 200


def test_an_e_mail_address_will_do(cast: Cast, local: LocalClient) -> None:
    factories.user("eve", email="eve@example.com")
    assert with_token(local).post(SIGN_IN, body("EVE@example.com")).status == 200


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (body("alice", "wrong"), ["wrong password"]),
        (body("nobody", "wrong"), []),
        (body("alice", ""), ["wrong password"]),
        (body("acme+ci"), []),
        (body("acme", "wrong"), []),
        (body("x" * 9000, "y" * 9000), []),
    ],
    ids=["wrong", "unknown", "empty", "robot", "organization", "long"],
)
def test_who_is_not_let_in_is_told_so_in_quays_words(
    sent: dict[str, str], kept: list[str], cast: Cast, local: LocalClient
) -> None:
    answer = with_token(local).post(SIGN_IN, sent)
    assert (answer.status, answer.json) == (
        403,
        {
            "needsEmailVerification": False,
            "invalidCredentials": True,
            "message": "Invalid Username or Password",
        },
    )
    assert local.get("/api/v1/user/").status == 401
    failures = AuditEvent.objects.filter(kind="login_failure")
    assert [event.facts["message"] for event in failures] == kept
    assert "login_success" not in AuditEvent.objects.values_list("kind", flat=True)


def test_secrets_of_other_kinds_do_not_sign_in(cast: Cast, local: LocalClient) -> None:
    person = signed_in(cast.alice)
    key = person.post(CLIENT_KEY, {"password": factories.PASSWORD}).json["key"]
    made = person.post("/api/v1/user/apptoken", {"title": "t"}).json["token"]
    with_token(local)
    for name, secret in (
        ("alice", key),
        ("$app", made["token_code"]),
        ("acme+ci", cast.ci_secret.reveal()),
    ):
        assert local.post(SIGN_IN, body(name, secret)).status == 403


def test_a_disabled_person_is_told_so(cast: Cast, local: LocalClient) -> None:
    browser = signed_in(cast.bob)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    answer = with_token(local).post(SIGN_IN, body("bob"))
    assert answer.status == 403
    assert answer.json["message"] == (
        "This user has been disabled. Please contact your administrator."
    )
    assert browser.get("/api/v1/user/").status == 401


def test_failures_that_anybody_can_cause_do_not_fill_the_log(
    cast: Cast, local: LocalClient, settings: Settings
) -> None:
    settings.LOGIN_FAILURE_LIMIT = 0
    with_token(local)
    for _ in range(MAX_FAILURES + 5):
        assert local.post(SIGN_IN, body("bob", "wrong")).status == 403
    failures = AuditEvent.objects.filter(kind="login_failure", namespace_name="bob")
    assert failures.count() == MAX_FAILURES
    assert failures[0].performer_name == "(anonymous)"


@pytest.mark.parametrize(
    ("sent", "status", "detail"),
    [
        ({"username": "alice"}, 400, "'password' is a required property"),
        ({"username": 5, "password": "x"}, 400, "5 is not of type 'string'"),
        ({"username": "a", "password": None}, 400, "None is not of type 'string'"),
        (b"null", 400, "Missing JSON body"),
        (b'{"username": "a\\u0000", "password": "x"}', 400, None),
        (b'{"username": "\\ud800", "password": "x"}', 400, None),
        (b"{", 400, None),
    ],
)
def test_an_odd_body_is_no_more_than_an_error(
    sent: object, status: int, detail: str | None, db: None, local: LocalClient
) -> None:
    answer = with_token(local).post(SIGN_IN, sent)
    assert answer.status == status
    assert detail is None or answer.json["detail"] == detail


def test_the_password_shown_again_makes_a_session_fresh(cast: Cast) -> None:
    browser = signed_in(cast.alice)
    make_stale(browser)
    stale = browser.post("/api/v1/user/apptoken", {"title": "t"})
    assert (stale.status, stale.json["error_type"]) == (401, "fresh_login_required")
    wrong = browser.post(VERIFY, {"password": "wrong"})
    assert (wrong.status, wrong.json["invalidCredentials"]) == (403, True)
    assert browser.post("/api/v1/user/apptoken", {"title": "t"}).status == 401
    verified = browser.post(VERIFY, {"password": factories.PASSWORD})
    assert (verified.status, verified.json) == (200, {"success": True})
    assert verified.headers["X-Next-CSRF-Token"] == browser.csrf
    assert browser.post("/api/v1/user/apptoken", {"title": "t"}).status == 200


@pytest.mark.parametrize(
    ("page", "sent"),
    [(VERIFY, {"password": factories.PASSWORD}), (SIGN_IN, body())],
    ids=["verify", "sign in"],
)
def test_a_copy_of_the_cookie_gets_no_fresh_session_with_it(
    cast: Cast, page: str, sent: dict[str, str]
) -> None:
    browser = signed_in(cast.alice)
    make_stale(browser)
    thief = DjangoClient()
    thief.cookies["sessionid"] = browser.django.cookies["sessionid"].value
    assert thief.get("/api/v1/user/").status_code == 200
    assert browser.post(page, sent).status == 200
    assert thief.get("/api/v1/user/").status_code == 401
    assert browser.get("/api/v1/user/").json["username"] == "alice"


def test_the_sign_in_page_makes_a_fresh_session(db: None, local: LocalClient) -> None:
    factories.user("root", is_staff=True, is_superuser=True)
    local.get("/sign-in/")
    form = f"username=root&password={factories.PASSWORD}".replace(" ", "+").encode()
    answer = local.post(
        "/sign-in/",
        form,
        Content_Type="application/x-www-form-urlencoded",
        X_CSRFToken=local.cookies["csrftoken"],
        Referer="http://127.0.0.1:8000/",
    )
    assert answer.status == 302
    with_token(local)
    assert local.post("/api/v1/user/apptoken", {"title": "t"}).status == 200


def test_only_a_session_shows_the_password_again(
    cast: Cast, local: LocalClient, local_user: Callable[..., LocalClient]
) -> None:
    sent = {"password": factories.PASSWORD}
    for path in (VERIFY, CLIENT_KEY):
        assert local.post(path, sent).json == {"error": NO_CSRF}
        assert with_token(local).post(path, sent).status == 401
        local.csrf = None
        refused = local_user(cast.alice).post(path, sent)
        assert (refused.status, refused.json["error_type"]) == (
            403,
            "insufficient_scope",
        )


def test_a_client_key_is_made_for_the_right_password(cast: Cast) -> None:
    browser = signed_in(cast.bob)
    made = browser.post(CLIENT_KEY, {"password": factories.PASSWORD})
    assert (made.status, list(made.json)) == (200, ["key"])
    wrong = browser.post(CLIENT_KEY, {"password": "wrong"})
    assert wrong.status == 400
    assert wrong.json["error_message"] == "Invalid Username or Password"
    missing = browser.post(CLIENT_KEY, {})
    assert missing.json["detail"] == "'password' is a required property"
    event = AuditEvent.objects.get(kind="user_generate_client_key")
    assert (event.namespace_name, event.facts) == ("bob", {})


@pytest.mark.parametrize(
    ("agent", "path", "header", "refused"),
    [
        (FIREFOX, "/api/v1/messages", "", True),
        (FIREFOX, "/api/v1/messages", "XMLHttpRequest", False),
        (FIREFOX, "/config", "", False),
        ("curl/8.5", "/api/v1/messages", "", False),
        ("python-requests/2.32", "/api/v1/messages", "", False),
    ],
)
def test_the_browser_guard(
    agent: str,
    path: str,
    header: str,
    refused: bool,
    local: LocalClient,
    settings: Settings,
) -> None:
    headers = {"User_Agent": agent, "X_Requested_With": header}
    assert local.get(path, **headers).status == 200
    settings.BROWSER_API_CALLS_XHR_ONLY = True
    answer = local.get(path, **headers)
    assert answer.status == (400 if refused else 200)
    if refused:
        assert answer.json["error"].startswith("API calls must be invoked with an X-R")
