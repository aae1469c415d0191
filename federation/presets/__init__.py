"""Trusts for well-known providers, filled from a few words. Pure.

Each preset pins what its provider never gives to anybody else: numbers and UUIDs, not
names alone (S-17). It names the audience, and takes a token once only where the
provider makes a new one for each call.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from federation.entries import Entry
from federation.errors import TrustInvalid
from federation.presets.buildkite import BUILDKITE
from federation.presets.circleci import CIRCLECI
from federation.presets.entra import ENTRA
from federation.presets.github import GITHUB
from federation.presets.gitlab import GITLAB
from federation.presets.google import GOOGLE
from federation.presets.keycloak import KEYCLOAK
from federation.presets.kubernetes import KUBERNETES
from federation.presets.preset import Preset

_ALL = (
    GITHUB, GITLAB, KUBERNETES, KEYCLOAK, ENTRA, GOOGLE, BUILDKITE, CIRCLECI,
)  # fmt: skip

PRESETS: Mapping[str, Preset] = MappingProxyType({p.slug: p for p in _ALL})
"""By the short name that the API and the commands take."""


def fill(
    slug: str, values: Mapping[str, Any], default_audience: str = ""
) -> list[Entry]:
    """The trusts that a preset makes of `values`.

    `default_audience` stands where the provider lets a job choose its audience and
    none is given. Raises TrustInvalid, naming the field and what it takes.
    """
    if slug not in PRESETS:
        raise TrustInvalid(f"preset: must be one of {', '.join(PRESETS)}")
    return PRESETS[slug].fill(values, default_audience)
