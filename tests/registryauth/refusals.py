"""What a robot is refused with."""

from tests.registryauth.endpoint import Refusal

DISALLOWED = "Robot accounts have been disabled. Please contact your administrator."


def unauthorized(message: str) -> Refusal:
    return 401, "UNAUTHORIZED", message


def not_found(name: str) -> Refusal:
    return unauthorized(
        f"Could not find robot with username: {name} and supplied password."
    )
