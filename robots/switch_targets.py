"""Whose robots an emergency switch stops (rule R5)."""

from dataclasses import dataclass
from typing import Any

from robots.errors import DomainError
from robots.models import EmergencySwitch, Namespace, Robot
from robots.models.switches import MAX_ISSUER
from robots.text import check_storable

_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer of tokens, by its URL: byte for byte what trusts and `iss` say."""

    url: str

    def __str__(self) -> str:
        return f"issuer {self.url}"


Target = Namespace | Robot | Issuer | None
"""What a switch is of; None is the whole site."""


def issuer_named(url: str) -> Issuer:
    """The issuer, as it is written; DomainError for what no trust could name.

    Whether a trust names it is not asked: an issuer is stopped for whom it will let
    in, too.
    """
    check_storable("issuer", url)
    if not url.startswith(_SCHEMES):
        raise DomainError("An issuer is a URL that begins with https://")
    if len(url.encode()) > MAX_ISSUER:
        raise DomainError(f"An issuer has at most {MAX_ISSUER} bytes")
    return Issuer(url)


def columns_of(target: Target) -> dict[str, Any]:
    """The columns that say the target, for a filter or a new row."""
    match target:
        case None:
            return {"site": True}
        case Namespace():
            return {"namespace": target}
        case Robot():
            return {"robot": target}
        case Issuer(url):
            return {"issuer": url}


def target_of(switch: EmergencySwitch) -> Target:
    """What a stored switch is of."""
    if switch.issuer is not None:
        return Issuer(switch.issuer)
    return switch.robot or switch.namespace


def namespace_of(target: Target) -> Namespace | None:
    """Where its events are; those of the site and of an issuer are in none."""
    match target:
        case Namespace():
            return target
        case Robot():
            return target.namespace
    return None


def facts_of(target: Target) -> dict[str, str]:
    """What its events say of it beside their namespace."""
    match target:
        case Robot():
            return {"robot": target.name}
        case Issuer(url):
            return {"issuer": url}
    return {}


def named(target: Target) -> str:
    """The target in words."""
    if isinstance(target, Robot):
        return f"robot {target.full_name}"
    return "the site" if target is None else str(target)
