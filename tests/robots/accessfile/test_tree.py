"""YAML as a tree: its limits, and that PyYAML's two loaders make the same of a file."""

import pytest
import yaml

from robots.accessfile import tree
from robots.accessfile.errors import FileInvalid
from robots.accessfile.problems import MAX_TOLD, Problems
from robots.accessfile.tree import MAX_DEPTH, Listing, Node, Scalar, Table, tree_of
from tests.robots.accessfile.bad_files import NO_YAML, BadFile
from tests.robots.accessfile.good_files import GOOD_FILES

LOADERS = [yaml.CSafeLoader, yaml.SafeLoader]


def made(text: str, loader: object = tree.LOADER) -> Node:
    problems = Problems("acme.yaml")
    found = tree_of(text, problems, loader)
    problems.check()
    return found


@pytest.mark.parametrize("loader", LOADERS)
def test_nodes_know_their_lines_and_their_quotes(loader: object) -> None:
    found = made("a: 1\nb:\n  - '2'\n", loader)
    assert found == Table(
        {
            "a": Scalar("1", 1, True),
            "b": Listing([Scalar("2", 3, False)], 2),
        },
        1,
    )


@pytest.mark.parametrize("name", GOOD_FILES)
def test_both_loaders_make_the_same_tree(name: str) -> None:
    text = GOOD_FILES[name]
    assert made(text, yaml.CSafeLoader) == made(text, yaml.SafeLoader)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("bad", NO_YAML, ids=lambda bad: bad.id)
def test_both_loaders_refuse_the_same_files(bad: BadFile, loader: object) -> None:
    with pytest.raises(FileInvalid, match=r"\Aacme\.yaml:\d+: "):
        made(bad.content.decode(), loader)


def test_the_fast_loader_is_used_where_it_is() -> None:
    assert tree.LOADER is yaml.CSafeLoader


@pytest.mark.parametrize("loader", LOADERS)
def test_nesting_has_an_end(loader: object) -> None:
    inside = MAX_DEPTH
    assert made("[" * inside + "]" * inside, loader)
    with pytest.raises(FileInvalid, match="nested deeper than 100 levels"):
        made("[" * (inside + 1) + "]" * (inside + 1), loader)


def test_a_billion_laughs_are_not_told() -> None:
    lines = ["a: &a [lol, lol]", "b: &b [*a, *a]", "c: &c [*b, *b]"]
    with pytest.raises(FileInvalid, match=r"^acme\.yaml:1: anchors"):
        made("\n".join(lines))


def test_there_is_an_end_of_keys_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_NODES", 4)
    assert made("[a, b, c]")
    with pytest.raises(FileInvalid, match=r"^acme\.yaml:2: more than 4 keys"):
        made("[a, b, c,\nd]")


def test_many_keys_that_are_said_twice_are_not_all_told() -> None:
    with pytest.raises(FileInvalid) as caught:
        made("a: 1\n" * 1000)
    lines = caught.value.message.split("\n")
    assert len(lines) == MAX_TOLD + 1
    assert lines[0] == "acme.yaml:2: 'a' is said twice; first on line 1"
    assert lines[-1] == "acme.yaml: there may be more; these come first"


@pytest.mark.parametrize("loader", LOADERS)
def test_an_escape_of_no_character_is_no_yaml(loader: object) -> None:
    with pytest.raises(FileInvalid, match="this is no YAML"):
        made('a: "\\U7fffffff"', loader)
