"""Where there are no traces, a traced function is the one that was written."""

import subprocess
import sys

from robots.spans import traced
from tests.e2e.processes import CHECKOUT

CALLS = """
import robots.spans as spans, sys
from contextlib import contextmanager
told = []
@spans.traced("deed")
def deed(number): return number + 1
before = deed(1)
@contextmanager
def start(name):
    told.append(name); yield; told.append("end")
spans.install(start)
print(before, deed(2), told, spans.ARE_ON)
"""


def test_nothing_is_between_a_caller_and_a_function_that_is_not_traced() -> None:
    def deed() -> None: ...

    assert traced("deed")(deed) is deed


def test_with_an_endpoint_each_call_is_a_span() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CALLS],
        env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "2 3 ['deed', 'end'] True\n"


def test_a_token_needs_no_package_of_traces() -> None:
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'quaysite.settings';"
        "import quaysite.wsgi;"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
