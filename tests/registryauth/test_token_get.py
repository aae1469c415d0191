"""GET /v2/auth: the outcome table of the contract, a named case for each row."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from robots.models import AuditEvent, Repository
from tests import factories
from tests.conftest import Cast
from tests.registryauth.endpoint import CHALLENGE, Endpoint, basic, refusal

Query = dict[str, Any]


@dataclass(frozen=True)
class Refused:
    """One request that gets no token. `login` names who asks; "" is nobody."""

    name: str
    status: int
    code: str
    message: str
    query: Query = field(default_factory=dict)
    login: str = ""

    def __str__(self) -> str:
        return self.name


NOT_AUTHORIZED = "access to the requested resource is not authorized"
WEB = "repository:acme/web:pull"

REFUSED = [
    Refused(
        name="nobody asks for nothing",
        status=401,
        code="UNAUTHORIZED",
        message=NOT_AUTHORIZED,
    ),
    Refused(
        name="nobody asks for an empty scope",
        query={"scope": ""},
        status=401,
        code="UNAUTHORIZED",
        message=NOT_AUTHORIZED,
    ),
    Refused(
        name="nobody asks for several empty scopes",
        query={"scope": ["", "  "]},
        status=401,
        code="UNAUTHORIZED",
        message=NOT_AUTHORIZED,
    ),
    Refused(
        name="the header is not readable and the scope is public",
        query={"scope": "repository:acme/public:pull"},
        login="Nonsense",
        status=401,
        code="UNAUTHORIZED",
        message="Specified credentials are invalid",
    ),
    Refused(
        name="bad credentials come before a bad scope",
        query={"scope": "nonsense"},
        login="Basic x",
        status=401,
        code="UNAUTHORIZED",
        message="Specified credentials are invalid",
    ),
    Refused(
        name="a scope that fits no grammar",
        query={"scope": "nonsense"},
        status=400,
        code="INVALID_REQUEST",
        message="Unable to decode repository and actions: nonsense",
    ),
    Refused(
        name="an action that nobody knows",
        query={"scope": "repository:acme/web:pull,admin"},
        status=400,
        code="INVALID_REQUEST",
        message="Unable to decode repository and actions:"
        " repository:acme/web:pull,admin",
    ),
    Refused(
        name="a scope without actions",
        query={"scope": "repository:acme/web:"},
        status=400,
        code="INVALID_REQUEST",
        message="Unable to decode repository and actions: repository:acme/web:",
    ),
    Refused(
        name="another registry's host before the name",
        query={"scope": "repository:other:5000/acme/web:pull"},
        status=400,
        code="INVALID_REQUEST",
        message="Unable to decode repository and actions:"
        " repository:other:5000/acme/web:pull",
    ),
    Refused(
        name="one bad scope among good ones",
        query={"scope": [WEB, "bad", "repository:acme/api:pull"]},
        status=400,
        code="INVALID_REQUEST",
        message="Unable to decode repository and actions: bad",
    ),
    Refused(
        name="an upper-case repository",
        query={"scope": "repository:acme/Web:pull"},
        status=400,
        code="NAME_INVALID",
        message="Invalid repository name: acme/Web",
    ),
    Refused(
        name="a namespace of one letter",
        query={"scope": "repository:a/web:pull"},
        status=400,
        code="NAME_INVALID",
        message="Invalid repository name: a/web",
    ),
    Refused(
        name="an invalid name in the library",
        query={"scope": "repository:-web:pull"},
        status=400,
        code="NAME_INVALID",
        message="Invalid repository name: library/-web",
    ),
    Refused(
        name="a service that is not configured",
        query={"scope": WEB, "service": "evil.example"},
        status=400,
        code="INVALID_REQUEST",
        message="Unknown service: evil.example",
    ),
    Refused(
        name="an empty service",
        query={"scope": WEB, "service": ""},
        status=400,
        code="INVALID_REQUEST",
        message="Unknown service: ",
    ),
    Refused(
        name="a known and an unknown service",
        query={"scope": WEB, "service": ["127.0.0.1:5000", "evil.example"]},
        status=400,
        code="INVALID_REQUEST",
        message="Unknown service: evil.example",
    ),
    Refused(
        name="two services that are both configured",
        query={"scope": WEB, "service": ["127.0.0.1:5000", "second"]},
        status=400,
        code="INVALID_REQUEST",
        message="Name one service",
    ),
    Refused(
        name="more parameters than Django reads",
        query={"scope": [""] * 1001},
        status=400,
        code="INVALID_REQUEST",
        message="Too many parameters",
    ),
]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_refused_request_says_why_and_stores_nothing(
    case: Refused, cast: Cast, endpoint: Endpoint, settings: Settings
) -> None:
    settings.REGISTRY_SERVICES = ["127.0.0.1:5000", "second"]
    before = (Repository.objects.count(), AuditEvent.objects.count())
    response = endpoint.get(login=case.login or None, **case.query)
    assert refusal(response) == (case.status, case.code, case.message)
    assert (Repository.objects.count(), AuditEvent.objects.count()) == before


def test_every_401_carries_the_challenge_and_never_an_error_attribute(
    cast: Cast, endpoint: Endpoint
) -> None:
    for login in (None, "Bearer abc", basic("acme+ci", "wrong"), basic("bob", "wrong")):
        response = endpoint.get(login=login)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == CHALLENGE


def test_the_challenge_names_the_public_address_and_the_first_service(
    db: None, endpoint: Endpoint, settings: Settings
) -> None:
    settings.SERVER_HOSTNAME = "quay.example.com"
    settings.PREFERRED_URL_SCHEME = "https"
    settings.REGISTRY_SERVICES = ["registry.example.com", "second"]
    assert endpoint.get()["WWW-Authenticate"] == (
        'Bearer realm="https://quay.example.com/v2/auth",service="registry.example.com"'
    )


def test_the_challenge_does_not_fail_where_no_service_is_configured(
    db: None, endpoint: Endpoint, settings: Settings
) -> None:
    settings.REGISTRY_SERVICES = []
    assert endpoint.get(login="Bearer x")["WWW-Authenticate"].endswith(',service=""')


def test_valid_credentials_without_a_scope_get_an_empty_token(
    cast: Cast, endpoint: Endpoint
) -> None:
    robot, person = basic("acme+ci", cast.ci_secret), basic("bob")
    assert endpoint.access(login=robot) == []
    assert endpoint.access(login=robot, scope="") == []
    assert endpoint.access(login=person) == []


def test_anybody_with_a_scope_gets_a_token_of_what_is_public(
    cast: Cast, endpoint: Endpoint
) -> None:
    assert endpoint.access(
        "repository:acme/public:pull,push,*,delete",
        "repository:acme/web:pull,push",
        "repository:acme/none:pull,push",
        "repository:none/none:pull",
    ) == [
        ("acme/public", ["pull"]),
        ("acme/web", []),
        ("acme/none", []),
        ("none/none", []),
    ]


def test_a_disabled_namespace_is_named_with_405(cast: Cast, endpoint: Endpoint) -> None:
    cast.acme.enabled = False
    cast.acme.save()
    expected = (
        405,
        "DENIED",
        "Namespace acme has been disabled. Please contact a system administrator.",
    )
    bob = basic("bob")
    assert refusal(endpoint.get(WEB, login=basic("alice"))) == expected
    assert refusal(endpoint.get(WEB, "repository:bob/x:pull", login=bob)) == expected


def test_anonymous_callers_do_not_learn_that_a_namespace_is_disabled(
    cast: Cast, endpoint: Endpoint
) -> None:
    cast.acme.enabled = False
    cast.acme.save()
    scopes = ["repository:acme/public:pull", "repository:nowhere/public:pull"]
    assert [actions for _, actions in endpoint.access(*scopes)] == [[], []]


def test_a_mount_source_in_a_disabled_namespace_does_not_stop_a_push(
    cast: Cast, endpoint: Endpoint
) -> None:
    cast.acme.enabled = False
    cast.acme.save()
    factories.repository(cast.bob.personal_namespace, "tool")
    scopes = ["repository:bob/tool:pull,push", "repository:acme/public:pull"]
    assert endpoint.access(*scopes, login=basic("bob")) == [
        ("bob/tool", ["push", "pull"]),
        ("acme/public", []),
    ]


def test_the_namespace_of_a_deactivated_person_is_disabled(
    cast: Cast, endpoint: Endpoint
) -> None:
    factories.repository(cast.bob.personal_namespace, "tool")
    cast.bob.is_active = False
    cast.bob.save()
    scope = "repository:bob/tool:pull"
    assert endpoint.access(scope) == [("bob/tool", [])]
    status, code, message = refusal(endpoint.get(scope, login=basic("alice")))
    assert (status, code) == (405, "DENIED")
    assert message.startswith("Namespace bob has been disabled.")


def test_account_and_client_id_change_nothing(cast: Cast, endpoint: Endpoint) -> None:
    claims = endpoint.claims(
        endpoint.get(
            WEB,
            login=basic("acme+reader", cast.reader_secret),
            account="alice",
            client_id="docker",
        )
    )
    assert claims["sub"] == "acme+reader"
    assert claims["access"] == [
        {"type": "repository", "name": "acme/web", "actions": ["pull"]}
    ]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_are_405_with_allow(
    method: str, cast: Cast, endpoint: Endpoint
) -> None:
    response = endpoint.get(WEB, method=method)
    assert refusal(response) == (405, "UNSUPPORTED", "Use GET or POST")
    assert response["Allow"] == "GET, HEAD, POST"


def test_head_answers_like_get_without_a_body(cast: Cast, endpoint: Endpoint) -> None:
    login = basic("acme+ci", cast.ci_secret)
    granted = endpoint.get(WEB, login=login, method="HEAD")
    refused = endpoint.get(method="HEAD")
    assert (granted.status_code, granted.content) == (200, b"")
    assert (refused.status_code, refused.content) == (401, b"")
    assert refused["WWW-Authenticate"] == CHALLENGE
