"""Whether what everything depends on works: the signing key, and issuers' keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from federation import jwks
from federation.models import Trust
from registryauth import conf, signing
from registryauth.key_rotation import steps
from registryauth.keys import KeyStoreError
from registryauth.signer import key_store
from robots.admin.reach import Reach

MAX_ISSUERS = 10
"""The issuers that most trusts name; there may be thousands."""

_PATIENCE = timedelta(days=1)
"""How late a rotation may be: the timer that does it runs more often."""


@dataclass(frozen=True, slots=True)
class Light:
    """One thing's state; `level` is good, warning or bad."""

    name: str
    level: str
    state: str
    detail: str = ""


def lights(reach: Reach) -> Sequence[Light]:
    """The signing key for who sees the site, and the issuers of one's own trusts."""
    site = [_signing_key()] if reach.sees_site else []
    return [*site, *_issuers(reach)]


def _signing_key() -> Light:
    try:
        key = signing.active_key()
        ahead = steps(key_store().known(), conf.signing_key_schedule())
    except KeyStoreError as error:
        return Light("Signing key", "bad", "cannot sign", str(error))
    detail = f"{key.algorithm}, {key.id}"
    if conf.signing_key_schedule().signs and ahead[0].due < timezone.now() - _PATIENCE:
        late = f"{ahead[0].deed} was due at {ahead[0].due:%Y-%m-%d %H:%M}Z"
        return Light("Signing key", "warning", "rotation is late", f"{detail}; {late}")
    return Light("Signing key", "good", "signing", detail)


def _issuers(reach: Reach) -> Iterator[Light]:
    trusts = Trust.objects.filter(enabled=True)
    if not reach.sees_site:
        trusts = trusts.filter(robot__namespace_id__in=reach.administered)
    counted = trusts.filter(keys="").values("issuer").order_by()
    counted = counted.annotate(trusts=Count("id")).order_by("-trusts", "issuer")
    for row in counted[:MAX_ISSUERS]:
        yield _issuer(row["issuer"], row["trusts"])


def _issuer(issuer: str, trusts: int) -> Light:
    detail = f"{trusts} trust{'' if trusts == 1 else 's'}"
    match jwks.standing(issuer):
        case jwks.Standing.FRESH:
            return Light(issuer, "good", "keys are known", detail)
        case jwks.Standing.OLD:
            return Light(issuer, "warning", "keys are old", detail)
        case jwks.Standing.UNAVAILABLE:
            return Light(issuer, "bad", "keys cannot be had", detail)
    return Light(issuer, "neutral", "not asked yet", detail)
