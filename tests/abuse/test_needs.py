"""The file of needs, read strictly."""

from pathlib import Path

import pytest

from abuse.needs import Needs, NeedsInvalid, Robot, read, understood

TOML = """
service = "registry.example.com"

[robot]
name = "acme+ci"
secret = "env:ABUSE_SECRET"
repository = "acme/web"
may = ["pull", "push"]
"""


def test_a_secret_may_come_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ABUSE_SECRET", "from-outside")
    file = tmp_path / "needs.toml"
    file.write_text(TOML)
    robot = Robot("acme+ci", "from-outside", "acme/web", ("pull", "push"))
    assert read(file) == Needs(service="registry.example.com", robot=robot)
    assert "from-outside" not in repr(read(file))


def test_json_is_read_too_and_a_secret_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-file\n")
    file = tmp_path / "needs.json"
    file.write_text(f'{{"person": {{"name": "alice", "secret": "file:{secret}"}}}}')
    person = read(file).person
    assert person and person.secret == "from-file"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"robots": {}}, "robots is not known"),
        (
            {"robot": {"name": "a+b", "secret": "x", "may_pull": "a/b"}},
            "robot.may_pull",
        ),
        ({"robot": {"name": "a+b"}}, "robot.secret is missing"),
        ({"robot": "a+b"}, "robot is no table"),
        (
            {"robot": {"name": "a+b", "secret": "env:NOT_THERE_AT_ALL"}},
            "there is no env",
        ),
        ({"robot": {"name": "a+b", "secret": 7}}, "robot.secret is no str"),
        ({"max_lifetime": "long"}, "max_lifetime is no int"),
        ({"service": ["a"]}, "service is no str"),
        ({"exchange": {"style": "soap"}}, "exchange.style is one of"),
        ([], "no table of keys"),
    ],
)
def test_what_is_wrong_is_told(said: object, told: str) -> None:
    with pytest.raises(NeedsInvalid, match=told):
        understood(said)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "needs.toml"
    with pytest.raises(NeedsInvalid):
        read(file)
    file.write_text("= nothing")
    with pytest.raises(NeedsInvalid):
        read(file)
