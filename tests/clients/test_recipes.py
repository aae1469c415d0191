"""The recipes in docs/federation: what can be checked of them without their platforms.

Every block parses; what they call exists here and takes the options and fields they
give; nothing refers to a page or a heading that is not there.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from federation.linter import Level, grade
from federation.presets import PRESETS, fill
from tests.clients.program import LOGIN, SCRIPT, Program

FOLDER = SCRIPT.parents[1] / "docs" / "federation"
PAGES = sorted(FOLDER.glob("*.md"))
RECIPES = {
    "github-actions.md": "github",
    "gitlab-ci.md": "gitlab",
    "kubernetes.md": "kubernetes",
    "keycloak.md": "keycloak",
    "entra-id.md": "entra",
}
"""Each page, and the preset that it must show both ways."""

OWN_URL = "https://quay.example.com"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_OPTION = re.compile(r"(?<!\S)(--[a-z-]+)")
_ADDRESS = re.compile(r"https?://(?:quay|registry)\.example\.com(/[^\s\"'\\)`]*)")
_PRESET_CALL = re.compile(r"/trusts/presets/([a-z]+).*?--data '(.*?)'", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_REAL = re.compile(r"docker\.io|quay\.io|ghcr\.io|gcr\.io|azurecr\.io|localhost:5000")


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language, its text."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    text = page.read_text()
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(page.name, line, found[1], found[2])


BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def texts_in(data: Any) -> Iterator[str]:
    """Every text of a parsed document, however deep."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, list | dict):
        for item in data.values() if isinstance(data, dict) else data:
            yield from texts_in(item)


def scripts_of(block: Block) -> list[str]:
    """The shell scripts of a block; in YAML, the texts that are more than a word."""
    if block.language == "sh":
        return [block.text]
    if block.language != "yaml":
        return []
    documents = yaml.safe_load_all(block.text)
    return [text for text in texts_in(list(documents)) if " " in text]


SCRIPTS = [
    pytest.param(script, id=f"{block}-{number}")
    for block in BLOCKS
    for number, script in enumerate(scripts_of(block))
]


def commands(script: str, name: str) -> list[list[str]]:
    """The words of each command `name` in a script, up to the end of it."""
    joined = script.replace("\\\n", " ")
    found = re.findall(
        rf"(?:^|[|;/]|\bpython3 \S*/)\s*({name}\b[^\n|;]*)", joined, re.M
    )
    return [shlex.split(command, comments=True) for command in found]


def all_commands(name: str) -> list[list[str]]:
    return [
        words
        for block in BLOCKS
        for script in scripts_of(block)
        for words in commands(script, name)
    ]


@lru_cache
def help_of(command: str) -> str:
    """What `manage.py COMMAND --help` says."""
    loaded = load_command_class(get_commands()[command], command)
    return str(loaded.create_parser("manage.py", command).format_help())


def test_there_is_a_page_for_each_recipe() -> None:
    names = {page.name for page in PAGES}
    assert {*RECIPES, "README.md", "quaysite-login.md"} <= names


def test_blocks_say_what_they_are() -> None:
    known = {"sh", "yaml", "json", "python", "text"}
    assert [str(block) for block in BLOCKS if block.language not in known] == []


def of(language: str) -> list[Any]:
    return [pytest.param(b, id=str(b)) for b in BLOCKS if b.language == language]


@pytest.mark.parametrize("block", of("json"))
def test_json_parses(block: Block) -> None:
    assert json.loads(block.text)


@pytest.mark.parametrize("block", of("yaml"))
def test_yaml_parses_to_objects(block: Block) -> None:
    documents = list(yaml.safe_load_all(block.text))
    assert documents
    assert all(isinstance(document, dict) for document in documents)


@pytest.mark.parametrize("block", of("python"))
def test_python_compiles(block: Block) -> None:
    assert compile(block.text, str(block), "exec")


@pytest.mark.parametrize("script", SCRIPTS)
def test_shell_parses(script: str) -> None:
    # What GitHub fills in before a shell sees it.
    filled = re.sub(r"\$\{\{.*?\}\}", "x", script)
    done = subprocess.run(
        ["bash", "-n"], input=filled, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_quaysite_login_has_the_options_that_are_given_to_it(program: Program) -> None:
    used = {
        option
        for words in all_commands(LOGIN)
        for option in _OPTION.findall(" ".join(words))
    }
    assert {"--url", "--robot", "--registry"} <= used
    assert used <= set(_OPTION.findall(program.run("--help").out))


def test_the_kubelets_arguments_are_options_of_the_script(program: Program) -> None:
    (config,) = [
        document
        for block in BLOCKS
        if block.language == "yaml"
        for document in yaml.safe_load_all(block.text)
        if document.get("kind") == "CredentialProviderConfig"
    ]
    (provider,) = config["providers"]
    run = program.run(
        *provider["args"],
        called=provider["name"],
        stdin=json.dumps({"apiVersion": provider["apiVersion"], "image": "x"}),
    )
    assert (run.code, run.json()["auth"]) == (0, None)


def test_every_option_of_the_script_is_told(program: Program) -> None:
    page = (FOLDER / "quaysite-login.md").read_text()
    options = set(_OPTION.findall(program.run("--help").out)) - {"--help", "--version"}
    assert [option for option in sorted(options) if f"`{option}`" not in page] == []


def test_manage_py_has_the_commands_and_options_that_are_called() -> None:
    called = [words for words in all_commands("manage.py") if len(words) > 1]
    assert {words[1] for words in called} >= {"add_trust", "explain_trust", "grant"}
    unknown = [
        (words[1], option)
        for words in called
        for option in _OPTION.findall(" ".join(words))
        if option not in _OPTION.findall(help_of(words[1]).replace("[", " "))
    ]
    assert unknown == []


def presets_by_command() -> Iterator[tuple[str, dict[str, Any]]]:
    for words in all_commands("manage.py add_trust"):
        if "--preset" not in words:
            continue
        slug = words[words.index("--preset") + 1]
        pairs = [word.partition("=") for word in words if re.match(r"[a-z_]+=", word)]
        yield slug, {name: value for name, _, value in pairs}


def presets_by_api() -> Iterator[tuple[str, dict[str, Any]]]:
    for block in BLOCKS:
        for slug, body in _PRESET_CALL.findall(block.text):
            yield slug, json.loads(body)["values"]


@pytest.mark.parametrize(("slug", "values"), [*presets_by_command(), *presets_by_api()])
def test_presets_take_what_they_are_given_and_leave_nothing_open(
    slug: str, values: dict[str, Any]
) -> None:
    entries = fill(slug, values, default_audience=OWN_URL)
    refused = [entry for entry in entries if grade(entry).level is Level.REFUSED]
    assert entries
    assert refused == []


def test_each_recipe_makes_its_trust_in_both_ways() -> None:
    by_command = {slug for slug, _ in presets_by_command()}
    pages = {name: (FOLDER / name).read_text() for name in RECIPES}
    assert by_command == set(PRESETS) - {"google"}
    assert [
        name for name, slug in RECIPES.items()
        if f"/trusts/presets/{slug}" not in pages[name]
    ] == []  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_addresses_of_quaysite_exist(page: Path) -> None:
    unknown = []
    for path in _ADDRESS.findall(page.read_text()):
        try:
            found = resolve(path)
        except Resolver404:
            unknown.append(path)
        else:
            if found.url_name is None and "unknown" in repr(found.func):
                unknown.append(path)
    assert [path for path in unknown if not is_an_image(path)] == []


def is_an_image(path: str) -> bool:
    """`docker://registry.example.com/acme/web:1` is no address of ours."""
    return path.startswith("/acme/")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for name, heading in _LINK.findall(page.read_text()):
        target = FOLDER / name if name else page
        if not target.exists() or (heading and heading not in headings_of(target)):
            broken.append((name, heading))
    assert broken == []


def headings_of(page: Path) -> set[str]:
    """As the renderers of Markdown make anchors of them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    kept = [re.sub(r"[^a-z0-9 -]", "", title.lower()) for title in titles]
    return {title.replace(" ", "-") for title in kept}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_real_registry_is_named(page: Path) -> None:
    assert _REAL.findall(page.read_text()) == []
