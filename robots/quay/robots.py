"""Robots of one organization: what they are, their secrets and their trusts."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from robots.accessfile.documents import RobotDocument
from robots.accessfile.trusts import TrustFacts, keeper
from robots.credentials import Secret
from robots.ends import is_end
from robots.errors import DomainError
from robots.importing.answers import Unusable, called, flag, mapping, text
from robots.lifecycle.robots import MAX_DESCRIPTION, MIN_SECRET
from robots.quay.accounts import robot_in
from robots.quay.api import QuayApi, part
from robots.text import check_description, check_storable

MAX_METADATA = 1_048_576
"""Bytes of one robot's metadata, as in the API."""

_TOKEN = re.compile(rf"[!-~]{{{MIN_SECRET},1024}}")
"""What is kept as a robot's secret. Quay's have 64 characters; one that is much
shorter could be guessed."""


class Robots(NamedTuple):
    """Robots by their short names, and the secrets that were shown by full names."""

    documents: dict[str, RobotDocument]
    secrets: dict[str, Secret]


def read_robots(api: QuayApi, namespace: str) -> Robots:
    """Read them, one by one: lists have neither metadata nor trusts."""
    robots = Robots({}, {})
    path = f"/organization/{part(namespace)}/robots"
    for item in api.items(path, "robots", {"token": "false"}):
        try:
            full_name = robot_in(namespace, text(item, "name"))
            _read(api, path, full_name, item, robots)
        except Unusable as error:
            api.leftovers.add("robot", called(item), str(error))
    return robots


def _read(
    api: QuayApi, path: str, full_name: str, item: Mapping[str, Any], robots: Robots
) -> None:
    short = full_name.partition("+")[2]
    own = f"{path}/{part(short)}"
    said = dict(item)
    with api.optional("secret and metadata of robot", full_name):
        said |= api.document(own)
    fields = _fields(api, full_name, said)
    trusts: tuple[TrustFacts, ...] = ()
    with api.optional("trusts of robot", full_name):
        trusts = _trusts(api, full_name, api.array(f"{own}/federation"))
    robots.documents[short] = RobotDocument(fields, trusts or None)
    secret = _secret(api, full_name, said)
    if secret is not None:
        robots.secrets[full_name] = secret


def _fields(api: QuayApi, full_name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What an access file says of a robot; only Quaysite tells `enabled` and an end.

    Raises Unusable for a robot that would work longer here than there.
    """
    fields: dict[str, Any] = {}
    if "enabled" in said:
        fields["enabled"] = flag(said, "enabled")
    if said.get("expires_at") is not None:
        fields["expires_at"] = _end(text(said, "expires_at"))
    for name, read in (("description", _description), ("metadata", _metadata)):
        try:
            fields[name] = read(said)
        except (Unusable, DomainError) as error:
            api.leftovers.add(f"{name} of robot", full_name, str(error))
    return fields


def _description(said: Mapping[str, Any]) -> str:
    description = text(said, "description", "")
    check_description(description, MAX_DESCRIPTION)
    return description


def _metadata(said: Mapping[str, Any]) -> dict[str, Any]:
    metadata = dict(mapping(said.get("unstructured_metadata") or {}))
    check_storable("metadata", metadata)
    if len(json.dumps(metadata)) > MAX_METADATA:
        raise Unusable(f"more than {MAX_METADATA} bytes")
    return metadata


def _end(said: str) -> datetime:
    try:
        end = datetime.fromisoformat(said)
    except ValueError:
        raise Unusable("expires_at is no date and time") from None
    if end.tzinfo is None or not is_end(end):
        raise Unusable("expires_at is no date and time")
    if end <= timezone.now():
        raise Unusable("has expired")
    return end


def _secret(api: QuayApi, full_name: str, said: Mapping[str, Any]) -> Secret | None:
    token = said.get("token")
    if token is None:
        return None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        reason = f"not {MIN_SECRET} to 1024 ASCII characters that can be typed"
        api.leftovers.add("secret of robot", full_name, reason)
        return None
    return Secret(token)


def _trusts(
    api: QuayApi, full_name: str, said: list[Any]
) -> tuple[Mapping[str, Any], ...]:
    """Those that this site's rules and settings allow, in order."""
    taken: list[Mapping[str, Any]] = []
    trusts = keeper()
    for item in said:
        try:
            if trusts is None:
                raise Unusable("this site keeps no trusts")
            facts = trusts.read(mapping(item))
            trusts.check_new([*taken, facts])
            taken.append(facts)
        except (Unusable, DomainError) as error:
            noun = f"trust of {full_name} in"
            api.leftovers.add(noun, called(item, "issuer"), str(error))
    return tuple(taken)
