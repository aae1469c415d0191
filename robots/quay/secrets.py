"""Which robots keep the secret that they have at another registry."""

from collections import Counter
from collections.abc import Iterable, Mapping

from robots import credentials
from robots.batches import batches
from robots.credentials import Secret
from robots.importing.leftovers import Leftovers
from robots.models import Robot, RobotToken
from robots.names import RobotName

_NOUN = "secret of robot"


def secrets_to_keep(
    namespace: str,
    robots: Iterable[str],
    shown: Mapping[str, Secret],
    leftovers: Leftovers,
    *,
    makes_new: bool,
) -> dict[str, Secret | None]:
    """What `reconcile` is told of each new robot's secret, by full name.

    `robots` are short names, `shown` what the other end shows. A robot that is here
    already keeps the token that it has here. `makes_new` says that a robot without a
    secret gets a new token; otherwise it gets none.
    """
    here = set(
        Robot.objects.filter(namespace__name=namespace).values_list("name", flat=True)
    )
    holders = _holders(shown.values())
    uses = Counter(secret.reveal() for secret in shown.values())
    kept: dict[str, Secret | None] = {}
    for robot in robots:
        name = str(RobotName(namespace, robot))
        secret = shown.get(name)
        if robot in here:
            if secret is not None and holders.get(secret.reveal()) != name:
                leftovers.add(_NOUN, name, "was here already, with a token of its own")
        elif secret is None:
            _without(name, "is not shown to this token", makes_new, kept, leftovers)
        elif secret.reveal() in holders or uses[secret.reveal()] > 1:
            _without(name, "is another robot's too", makes_new, kept, leftovers)
        else:
            kept[name] = secret
    return kept


def _without(
    name: str,
    reason: str,
    makes_new: bool,
    kept: dict[str, Secret | None],
    leftovers: Leftovers,
) -> None:
    if makes_new:
        leftovers.add(_NOUN, name, f"{reason}: it has a new token")
    else:
        kept[name] = None
        leftovers.add(_NOUN, name, f"{reason}: it has no token")


def _holders(secrets: Iterable[Secret]) -> dict[str, str]:
    """Whose tokens here some of these are, by the secret."""
    by_digest = {
        digest: secret.reveal()
        for secret in secrets
        for digest in credentials.accepted_digests(secret)
    }
    holders = {}
    for some in batches(sorted(by_digest)):
        rows = RobotToken.objects.filter(digest__in=some).order_by()
        names = ("digest", "robot__namespace__name", "robot__name")
        for digest, namespace, robot in rows.values_list(*names):
            holders[by_digest[digest]] = str(RobotName(namespace, robot))
    return holders
