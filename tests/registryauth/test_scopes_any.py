"""Any scopes: each in one way only, nothing that was not asked, the same again."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzzing.queries import HOSTNAMES, LIBRARY, check_scopes

names = st.sampled_from(
    ["acme", "web", "a", "ab", "a.b", "a--b", "Web", "_a", "a.", "x" * 255, "x" * 256]
    + ["é", "\u0430b", "a:b", "a\x00", "quay.example:8443", LIBRARY, "", "*", "a+b"]
)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
actions = st.lists(
    st.sampled_from(["pull", "push", "delete", "*", "fly", "", "PULL", "**", "pull "]),
    max_size=4,
).map(",".join)
kinds = st.sampled_from(
    ["repository", "registry", "repository(plugin)", "Repository", "repository()", "x1"]
)
scopes = st.tuples(kinds, paths, actions).map(":".join)


@settings(max_examples=400, derandomize=True, database=None)
@given(
    st.lists(st.lists(scopes, max_size=3).map(" ".join), max_size=3),
    st.sampled_from(HOSTNAMES),
)
def test_any_scopes(values: list[str], hostname: str) -> None:
    check_scopes(values, hostname)
