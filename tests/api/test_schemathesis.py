"""Every operation with generated input: no 500, and no answer outside the schema.

`FUZZ_EXAMPLES` is the number of inputs for each operation; `make fuzz` sets many.
Half of the paths name what exists, and every change is undone, so that the next
input finds the same world.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from quaysite.api.documents import openapi_document
from tests.api import counted
from tests.api.conftest import ALL_SCOPES
from tests.api.matrix import World
from tests.api.tokens import bearer
from tests.conftest import Cast

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))

document = openapi_document()
schema = schemathesis.openapi.from_dict(document)
schema.app = WSGIHandler()
schema.config.generation.update(modes=list(GenerationMode))
schema.config.phases.coverage.enabled = False

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@schema.hook
def flatmap_path_parameters(context: Any, parameters: Any) -> Any:
    """Let half of the paths name something of the world."""
    known = {name: KNOWN[name] for name in parameters or {} if name in KNOWN}
    return st.sampled_from([parameters, {**(parameters or {}), **known}])


KNOWN: dict[str, str] = {}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Keep the connection that the test's transaction is on, whatever ends with a
    request: Django's own client does the same.
    """
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def token(cast: Cast, settings: Settings, one_connection: None) -> str:
    settings.SUPER_USERS = ["omni"]
    settings.FEATURE_SUPERUSERS_FULL_ACCESS = True
    world = World(cast)
    KNOWN.update(world.values, name="acme+ci")
    return bearer(world.omni, ALL_SCOPES)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_answers_keep_to_the_schema(case: Case[Any], token: str) -> None:
    counted.requests += 1
    with transaction.atomic():
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        transaction.set_rollback(True)
    case.validate_response(response, checks=CHECKS)
