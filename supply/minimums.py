"""The oldest versions that we may have, from advisories that somebody here has read.

It is no audit: it knows what stands here, and an advisory of today does not.
"""

from collections.abc import Mapping
from typing import NamedTuple

from packaging.version import Version

from supply.pins import Pin


class Minimum(NamedTuple):
    """The version that mended it, and what was wrong before."""

    version: str
    advisory: str
    wrong: str


MINIMUMS = {
    "certifi": Minimum("2024.7.4", "CVE-2024-39689", "trusts an authority's old roots"),
    "cryptography": Minimum("46.0.7", "CVE-2026-39892", "overflows some buffers"),
    "django": Minimum("5.2.16", "CVE-2026-48588", "shares pages that are private"),
    "djangorestframework": Minimum("3.15.2", "CVE-2024-21520", "XSS in its pages"),
    "gunicorn": Minimum("22.0.0", "CVE-2024-6827", "request smuggling"),
    "idna": Minimum("3.7", "CVE-2024-3651", "long names take for ever"),
    "jwcrypto": Minimum("1.5.6", "CVE-2024-28102", "small tokens unpack to large ones"),
    "pyjwt": Minimum("2.13.0", "CVE-2026-48523", "keys pass over allowed algorithms"),
    "pyyaml": Minimum("5.4", "CVE-2020-14343", "its full loader runs code"),
    "requests": Minimum("2.32.4", "CVE-2024-47081", "gives .netrc to a wrong host"),
    "sqlparse": Minimum("0.5.0", "CVE-2024-4340", "nested lists end the process"),
    "urllib3": Minimum("2.7.0", "CVE-2026-44431", "secrets follow a redirection"),
}
"""By name. A line is added when an advisory is read, and goes with the dependency."""


def below(pins: Mapping[str, Pin]) -> list[str]:
    """A sentence for each pin that is older than it may be."""
    return [
        f"{name} {pins[name].version} is older than {least.version}:"
        f" {least.advisory}, {least.wrong}."
        for name, least in MINIMUMS.items()
        if name in pins and Version(pins[name].version) < Version(least.version)
    ]
