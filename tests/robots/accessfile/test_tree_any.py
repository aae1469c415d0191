"""Any tree: read as PyYAML reads it where that is safe, and refused where it is not."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robots.accessfile.errors import FileInvalid
from robots.accessfile.problems import Problems
from robots.accessfile.tree import MAX_DEPTH, Listing, Node, Scalar, Table, tree_of

keys = st.text("abc:#*&!-' ", min_size=1, max_size=4)
scalars = st.text("abc:#*&!-'\"\\ \n", max_size=6)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=12,
)
anchors = st.sampled_from(["&a", "&b"])
aliases = st.sampled_from(["*a", "*b"])

closely = settings(max_examples=150, derandomize=True, database=None)


def read(text: str) -> Any:
    problems = Problems("acme.yaml")
    node = tree_of(text, problems)
    problems.check()
    return plain(node)


def plain(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    assert isinstance(node, Table)
    return {key: plain(value) for key, value in node.entries.items()}


@closely
@given(trees)
def test_a_tree_is_what_was_written(tree: Any) -> None:
    """JSON is YAML, and quotes leave nothing to guess."""
    assert read(json.dumps(tree)) == tree


@closely
@given(st.lists(trees, max_size=3), st.integers(0, 3), st.lists(keys, max_size=4))
def test_what_is_said_twice_is_refused_wherever_it_is(
    beside: list[Any], at: int, above: list[str]
) -> None:
    parts = [json.dumps(tree) for tree in beside]
    parts.insert(at, '{"k": 1, "other": 2, "k": 1}')
    text = f"[{', '.join(parts)}]"
    for key in above:
        text = f"{{{json.dumps(key)}: {text}}}"
    with pytest.raises(FileInvalid, match="'k' is said twice"):
        read(text)


@closely
@given(trees, st.data())
def test_nothing_is_multiplied(tree: Any, data: st.DataObject) -> None:
    """An anchor or alias anywhere: no bomb of them is ever built."""
    lines = [f"k{n}: {json.dumps(tree)}" for n in range(3)]
    where = data.draw(st.integers(0, 2))
    one = data.draw(anchors | aliases)
    joined = "" if one.startswith("*") else f" {json.dumps(tree)}"
    lines[where] = f"k{where}: {one}{joined}"
    with pytest.raises(FileInvalid, match="anchors and aliases"):
        read("\n".join(lines))


@closely
@given(st.lists(st.sampled_from(["[", '{"a": ']), max_size=MAX_DEPTH + 20))
def test_depth_has_one_bound(opened: list[str]) -> None:
    closing = "".join("]" if one == "[" else "}" for one in reversed(opened))
    text = f"{''.join(opened)}1{closing}"
    if len(opened) > MAX_DEPTH:
        with pytest.raises(FileInvalid, match="nested deeper than"):
            read(text)
    else:
        assert read(text) == json.loads(text, parse_int=str)
