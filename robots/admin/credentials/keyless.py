"""How a job logs in without a stored secret, by a token that its platform signs."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from robots import conf
from robots.models import Robot

EXCHANGE = "/oauth2/federation/robot/token"
"""Where tokens are exchanged (contract 4.2)."""

_LINES = """\
: "${{OIDC_TOKEN:?the token that the CI system signs for this job}}"
TOKEN=$(printf 'user = "{name}:%s"' "$OIDC_TOKEN" |\
 curl -sSf --config - {url} | jq -r .token)
printf %s "$TOKEN" | podman login -u='{name}' --password-stdin {host}\
"""


@dataclass(frozen=True, slots=True)
class Keyless:
    """What the tab says; `links` are pairs of a title and an address."""

    intro: str
    lines: str
    links: Sequence[tuple[str, str]] = ()


def keyless_steps(request: HttpRequest, robot: Robot) -> Keyless:
    """The exchange, for a robot of which nothing else is known.

    An admin of robots that knows their trusts has a method of this name in its
    place, with the same arguments.
    """
    return Keyless(
        intro=(
            "A job whose platform signs a token for it, such as GitHub Actions, GitLab"
            " or a Kubernetes pod, stores no secret: it exchanges that token for one"
            " of this robot, which lives an hour at most. The robot must trust the"
            " platform first."
        ),
        lines=_LINES.format(
            name=robot.full_name,
            url=conf.site_url() + EXCHANGE,
            host=conf.registry_host(),
        ),
    )
