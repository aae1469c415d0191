"""The one outbound GET, asked, and why it failed."""

import pytest

from federation.fetching import FetchFailed, fetch_json

NAME = "issuer.example"
NO_ADDRESS = "its host has no address that may be asked"


def failure(url: str, *, internal: bool = False, seconds: float = 5) -> str:
    with pytest.raises(FetchFailed) as caught:
        fetch_json(url, internal=internal, seconds=seconds)
    return caught.value.reason
