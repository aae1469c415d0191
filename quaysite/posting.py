"""What webhooks are told: the one POST of a body to where a setting says.

It goes by the house's one way out, `robots.outbound.asking`, and believes the same
authorities as questions to issuers do.
"""

from collections.abc import Mapping

from federation.fetching import MAX_SECONDS, tls_context
from robots.outbound.asking import Rules, Sent, ask

_ACCEPT = {"Accept": "*/*"}
"""Of the answer nothing but the status is read."""


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = MAX_SECONDS,
) -> int:
    """Post `body` to where a setting says; the status of the answer.

    Nothing else of it is read, and a redirect is not followed. The address may be a
    private one; plain HTTP is for loopback addresses. `seconds` is how long all of it
    may take. Raises FetchFailed, and only that, if there was no answer.
    """
    rules = Rules(seconds, True, True, tls_context)
    sent = Sent("POST", body, {**_ACCEPT, **headers})
    return ask(url, rules, sent, lambda response: response.status)
