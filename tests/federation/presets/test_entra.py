"""Microsoft Entra ID, by the claims of "Access token claims reference".

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference; in
an application's own token, `sub` is its `oid`.
"""

from typing import Any

import pytest

from federation.errors import TrustInvalid
from tests.federation.presets.admitting import (
    ID,
    LET_IN,
    OTHER_ID,
    SITE,
    failing,
    filled,
)

TENANT = "8b3f6c1a-7a53-4f0e-9c0d-2f6b1f0c9a11"
CLIENT = "6e74172b-be56-4843-9ff4-e66a39bb12e3"
API = "b2f4ad1c-93c5-4f6c-8e55-0a1f3a9f6c20"
VALUES: dict[str, Any] = {
    "tenant_id": TENANT,
    "object_id": ID,
    "client_id": CLIENT,
    "audience": [API, f"api://{API}"],
}
V1: dict[str, Any] = {
    "iss": f"https://sts.windows.net/{TENANT}/",
    "sub": ID,
    "aud": f"api://{API}",
    "aio": "E2ZgYOi9r/GsuVPxRR0A",
    "appid": CLIENT,
    "appidacr": "1",
    "idp": f"https://sts.windows.net/{TENANT}/",
    "oid": ID,
    "rh": "0.AXEA",
    "tid": TENANT,
    "uti": "fqiBqXLPj0eQa82S-IYFAA",
    "ver": "1.0",
    "jti": None,
}
V2: dict[str, Any] = {
    "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    "sub": ID,
    "aud": API,
    "aio": "E2ZgYOi9r/GsuVPxRR0A",
    "azp": CLIENT,
    "azpacr": "1",
    "oid": ID,
    "rh": "0.AXEA",
    "tid": TENANT,
    "uti": "fqiBqXLPj0eQa82S-IYFAA",
    "ver": "2.0",
    "jti": None,
}
BOTH = pytest.mark.parametrize("claims", [V1, V2], ids=["v1", "v2"])


@BOTH
def test_the_identity_is_let_in(claims: dict[str, Any]) -> None:
    assert failing(filled("entra", VALUES), claims) == LET_IN
    assert failing(filled("entra", VALUES, client_id=None), claims) == LET_IN


@BOTH
@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        pytest.param({"iss": f"https://sts.windows.net/{ID}/"}, "iss", id="tenant"),
        pytest.param({"iss": f"https://sts.windows.net/{TENANT}"}, "iss", id="slash"),
        pytest.param(
            {"iss": "https://login.microsoftonline.com/common/v2.0"}, "iss", id="common"
        ),
        pytest.param({"sub": OTHER_ID, "oid": OTHER_ID}, "sub", id="identity"),
        pytest.param({"oid": OTHER_ID}, "oid", id="oid alone"),
        pytest.param({"oid": None}, "oid", id="no oid"),
        pytest.param({"tid": OTHER_ID}, "tid", id="guest of another tenant"),
        pytest.param({"aud": "https://graph.microsoft.com"}, "aud", id="audience"),
        pytest.param({"aud": f"{API}0"}, "aud", id="longer audience"),
    ],
)
def test_near_misses_are_refused(
    claims: dict[str, Any], changes: dict[str, Any], claim: str
) -> None:
    assert failing(filled("entra", VALUES), claims | changes) == claim


@pytest.mark.parametrize(
    ("claims", "client", "other"),
    [(V1, "appid", "azp"), (V2, "azp", "appid")],
    ids=["v1", "v2"],
)
def test_each_version_names_the_client_in_its_own_way(
    claims: dict[str, Any], client: str, other: str
) -> None:
    trusts = filled("entra", VALUES)
    assert failing(trusts, claims | {client: OTHER_ID}) == client
    assert failing(trusts, claims | {client: None, other: CLIENT}) == client


def test_one_version_can_be_chosen() -> None:
    trusts = filled("entra", VALUES, version="v2")
    assert failing(trusts, V2) == LET_IN
    assert failing(trusts, V1) == "iss"


def test_a_person_has_another_subject_for_each_application() -> None:
    subject = "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ"
    trusts = filled("entra", VALUES, subject=subject)
    assert failing(trusts, V2 | {"sub": subject}) == LET_IN
    assert failing(trusts, V2) == "sub"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tenant_id": "common"}, "tenant_id: must be a UUID"),
        ({"tenant_id": None}, "tenant_id: needed; must be a UUID"),
        ({"object_id": "*"}, "object_id: no `*`; must be a UUID"),
        ({"object_id": 5}, "object_id: must be a UUID"),
        ({"subject": "a:b"}, "subject: must be letters, digits"),
        ({"client_id": "app"}, "client_id: must be a UUID"),
        ({"version": "v3"}, "version: must be one of both, v1, v2"),
        ({"audience": None}, "audience: needed; must be texts without blanks"),
        ({"oid": ID}, "oid: not known; known are tenant_id, "),
    ],
)
def test_wrong_values_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TrustInvalid) as raised:
        filled("entra", VALUES, **changes)
    assert raised.value.message.startswith(message)


def test_ids_are_compared_as_issuers_write_them() -> None:
    shouted = {name: VALUES[name].upper() for name in ("tenant_id", "object_id")}
    assert failing(filled("entra", VALUES, **shouted), V2) == LET_IN


def test_the_address_of_the_site_is_no_audience_of_an_application() -> None:
    assert SITE not in filled("entra", VALUES)[0].audiences
