"""Whether the servers on two ports are this very site and its registry."""

import json
import urllib.error
import urllib.request

from quaysite.quickstart.ports import address
from registryauth import signing

_SECONDS = 3


def is_running(port: int, registry_port: int) -> bool:
    """Whether a site with our keys is up, and a registry that trusts it."""
    keys = signing.jwks()
    if not keys["keys"]:
        return False
    site = f"http://{address(port)}"
    if _get(f"{site}/.well-known/jwks.json")[0] != json.dumps(keys):
        return False
    _body, challenge = _get(f"http://{address(registry_port)}/v2/")
    return f'realm="{site}/v2/auth"' in challenge


def _get(url: str) -> tuple[str, str]:
    """Body and challenge of what answers there; empty if nothing does."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310
            return answer.read().decode(errors="replace"), ""
    except urllib.error.HTTPError as error:
        with error:
            return "", error.headers.get("WWW-Authenticate", "")
    except OSError:
        return "", ""
