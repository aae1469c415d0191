"""Google, by the payload of "Verify the identity of a VM".

https://cloud.google.com/compute/docs/instances/verifying-instance-identity
"""

from typing import Any

import pytest

from federation.errors import TrustInvalid
from tests.federation.presets.admitting import LET_IN, SITE, failing, filled

ACCOUNT = "117000000000000000001"
EMAIL = "ci@project.iam.gserviceaccount.com"
VALUES: dict[str, Any] = {"unique_id": ACCOUNT, "email": EMAIL}
CLAIMS: dict[str, Any] = {
    "iss": "https://accounts.google.com",
    "sub": ACCOUNT,
    "aud": SITE,
    "azp": ACCOUNT,
    "email": EMAIL,
    "email_verified": True,
    "google": {
        "compute_engine": {
            "project_id": "project",
            "project_number": 739419398126,
            "zone": "europe-west1-b",
            "instance_id": "152986662232938449",
            "instance_name": "builder",
            "instance_creation_timestamp": 1496952205,
        }
    },
    "jti": None,
}


@pytest.mark.parametrize(
    ("values", "changes"),
    [
        pytest.param({}, {}, id="with address"),
        pytest.param(
            {"email": None},
            {"email": None, "email_verified": None, "google": None},
            id="standard format, by number",
        ),
    ],
)
def test_the_account_is_let_in(values: dict[str, Any], changes: dict[str, Any]) -> None:
    assert failing(filled("google", VALUES, **values), CLAIMS | changes) == LET_IN


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        pytest.param({"iss": "accounts.google.com"}, "iss", id="issuer of old"),
        pytest.param({"iss": "https://accounts.google.com/"}, "iss", id="slash"),
        pytest.param({"aud": "https://other.example.com"}, "aud", id="audience"),
        pytest.param({"sub": f"{ACCOUNT}1"}, "sub", id="longer number"),
        pytest.param({"email": "ci@other.example"}, "email", id="address"),
        pytest.param({"email": None}, "email", id="no address"),
        pytest.param({"email_verified": False}, "email_verified", id="not verified"),
        pytest.param({"email_verified": "true"}, "email_verified", id="as a text"),
        pytest.param({"email_verified": 1}, "email_verified", id="as a number"),
        pytest.param({"email_verified": None}, "email_verified", id="not said"),
    ],
)
def test_near_misses_are_refused(changes: dict[str, Any], claim: str) -> None:
    assert failing(filled("google", VALUES), CLAIMS | changes) == claim


def test_s17_an_account_made_again_with_the_same_address_is_refused() -> None:
    changed = CLAIMS | {"sub": "117000000000000000002"}
    assert failing(filled("google", VALUES), changed) == "sub"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unique_id": None}, "unique_id: needed; must be digits"),
        ({"unique_id": EMAIL}, "unique_id: must be digits"),
        ({"unique_id": "*"}, "unique_id: no `*`; must be digits"),
        ({"unique_id": True}, "unique_id: must be digits"),
        ({"email": "CI@project.example"}, "email: must be an address in lower case"),
        ({"email": "ci"}, "email: must be an address in lower case"),
        ({"issuer": "https://x.example"}, "issuer: not known; known are unique_id, "),
    ],
)
def test_wrong_values_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TrustInvalid) as raised:
        filled("google", VALUES, **changes)
    assert raised.value.message.startswith(message)
