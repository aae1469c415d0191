"""The fixtures of `tests.federation.fixtures`, for the tests of this folder."""

from tests.federation.fixtures import exchange, signer, trust, trusting
from tests.registryauth.conftest import endpoint

__all__ = ["endpoint", "exchange", "signer", "trust", "trusting"]
