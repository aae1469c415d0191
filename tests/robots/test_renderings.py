"""Credentials in the form of each client, parsed by what parses them there."""

import base64
import gzip
import io
import json
import shlex
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from robots.credentials import TOKEN_LENGTH, Secret
from robots.names import RobotName
from robots.renderings import (
    FILES,
    MASK,
    File,
    Login,
    Scope,
    docker_config,
    docker_line,
    kubectl_line,
    kubernetes_secret,
    mesos_file,
    pod,
    podman_line,
    pull_secret,
    stem,
)

TOKEN = "T0KEN" + "A" * (TOKEN_LENGTH - 5)
HOST = "registry.example.com:5000"

ROBOTS = {
    RobotName("myorg", "ci"): "myorg-ci",
    RobotName("my_org", "ci.bot"): "my-org-ci-bot",
    RobotName("a.b-c", "d_e"): "a-b-c-d-e",
    RobotName("0x", "1e5"): "0x-1e5",
    RobotName("a" * 127, "b" * 127): f"{'a' * 127}-{'b' * 127}",
}

any_robot = pytest.mark.parametrize("robot", ROBOTS, ids=lambda name: str(name)[:20])
any_scope = pytest.mark.parametrize("scope", Scope)


def login(robot: RobotName) -> Login:
    return Login(robot, HOST, Secret(TOKEN))


def key(robot: RobotName, scope: Scope) -> str:
    return HOST if scope is Scope.REGISTRY else f"{HOST}/{robot.namespace}"


def auths(robot: RobotName, scope: Scope) -> dict[str, dict[str, dict[str, str]]]:
    """What a client must read out of every file."""
    basic = base64.b64encode(f"{robot}:{TOKEN}".encode()).decode()
    return {"auths": {key(robot, scope): {"auth": basic, "email": ""}}}


def as_file(file: str, robot: RobotName, scope: Scope = Scope.REGISTRY) -> File:
    return FILES[file](login(robot), scope)


@any_robot
def test_names_have_nothing_but_letters_digits_and_dashes(robot: RobotName) -> None:
    assert stem(robot) == ROBOTS[robot]
    assert pull_secret(robot) == f"{ROBOTS[robot]}-pull-secret"


def test_one_leading_dash_goes_and_no_other() -> None:
    assert stem(RobotName("_x", "y-")) == "x-y-"
    assert stem(RobotName("__X", "y")) == "-X-y"


@any_scope
@any_robot
def test_the_docker_configuration(robot: RobotName, scope: Scope) -> None:
    file = as_file("docker", robot, scope)
    assert file.name == f"{ROBOTS[robot]}-auth.json"
    assert file.content_type == "application/json"
    assert json.loads(file.content) == auths(robot, scope)
    assert file.content.decode() == docker_config(login(robot), scope)


def test_the_docker_configuration_to_the_letter() -> None:
    assert docker_config(Login(RobotName("a1", "b2"), "h", Secret("T"))) == (
        '{\n  "auths": {\n    "h": {\n      "auth": "YTErYjI6VA==",\n'
        '      "email": ""\n    }\n  }\n}'
    )


@any_scope
@any_robot
def test_the_kubernetes_secret(robot: RobotName, scope: Scope) -> None:
    file = as_file("kubernetes", robot, scope)
    read = yaml.safe_load(file.content)
    config = base64.b64decode(read["data"].pop(".dockerconfigjson"), validate=True)
    assert json.loads(config) == auths(robot, scope)
    assert config.decode() == docker_config(login(robot), scope)
    assert read == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{ROBOTS[robot]}-pull-secret"},
        "data": {},
        "type": "kubernetes.io/dockerconfigjson",
    }
    assert list(read) == ["apiVersion", "kind", "metadata", "data", "type"]
    assert not file.content.endswith(b"\n")
    assert file.name == f"{ROBOTS[robot]}-secret.yml"


@any_robot
def test_kubectl_takes_the_file_that_is_downloaded(robot: RobotName) -> None:
    name = as_file("kubernetes", robot).name
    line = f"kubectl create -f {name} --namespace=NAMESPACEHERE"
    assert kubectl_line(robot) == line
    assert shlex.split(kubectl_line(robot, "shop"))[-1] == "--namespace=shop"


@any_robot
def test_the_pod_refers_to_the_secret(robot: RobotName) -> None:
    read = yaml.safe_load(pod(login(robot)))
    assert read["kind"] == "Pod"
    assert read["metadata"] == {"name": "somepod", "namespace": "all"}
    (container,) = read["spec"]["containers"]
    image = f"{HOST}/{robot.namespace}/somerepo"
    assert container == {"name": "web", "image": image}
    assert read["spec"]["imagePullSecrets"] == [{"name": pull_secret(robot)}]
    assert TOKEN not in pod(login(robot))


@any_robot
def test_a_shell_reads_name_token_and_host_out_of_the_lines(robot: RobotName) -> None:
    for program, line in (
        ("podman", podman_line(login(robot))),
        ("docker", docker_line(login(robot))),
    ):
        assert line == f"{program} login -u='{robot}' -p='{TOKEN}' {HOST}"
        words = [program, "login", f"-u={robot}", f"-p={TOKEN}", HOST]
        assert shlex.split(line) == words


HOSTILE = {
    "breaks out": "x'$(touch broken)'; touch broken; '",
    "back quotes": "`touch broken`'`touch broken`'",
    "quotes alone": "''''\"''\"",
    "back slashes": "a\\'b\\\\'; touch broken #\\",
    "a line end": "first'\ntouch broken\n'last",
    "a variable": "$HOME'$HOME'!!",
    "begins with a dash": "-'-",
}
"""Tokens that another registry let somebody choose."""

any_hostile = pytest.mark.parametrize("token", HOSTILE.values(), ids=HOSTILE)


@pytest.mark.parametrize("program", ["podman", "docker"])
@any_hostile
def test_a_token_stays_one_word_in_a_shell(
    token: str, program: str, tmp_path: Path
) -> None:
    line = {"podman": podman_line, "docker": docker_line}[program]
    given = line(Login(RobotName("myorg", "ci"), HOST, Secret(token)))
    script = f"{program}() {{ printf '%s\\0' \"$@\"; }}\n{given}\n"

    ran = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True)

    words = ["login", "-u=myorg+ci", f"-p={token}", HOST]
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode().split("\0")[:-1] == words
    assert list(tmp_path.iterdir()) == []


@any_scope
@any_hostile
def test_a_token_stays_itself_in_every_file(token: str, scope: Scope) -> None:
    held = Login(RobotName("myorg", "ci"), HOST, Secret(token))
    read = yaml.safe_load(FILES["kubernetes"](held, scope).content)
    configs = [
        FILES["docker"](held, scope).content,
        base64.b64decode(read["data"][".dockerconfigjson"], validate=True),
    ]
    with tarfile.open(fileobj=io.BytesIO(mesos_file(held).content)) as archive:
        opened = archive.extractfile(".docker/config.json")
        assert opened is not None
        configs.append(opened.read())
    for config in configs:
        ((_, entry),) = json.loads(config)["auths"].items()
        assert base64.b64decode(entry["auth"]).decode() == f"myorg+ci:{token}"


@any_scope
@any_robot
def test_the_archive_for_mesos(robot: RobotName, scope: Scope) -> None:
    file = as_file("mesos", robot, scope)
    assert file.name == f"{ROBOTS[robot]}-auth.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(file.content), mode="r:gz") as archive:
        (entry,) = archive.getmembers()
        opened = archive.extractfile(entry)
        assert opened is not None
        assert json.loads(opened.read()) == auths(robot, Scope.REGISTRY)
    assert (entry.name, entry.mode, entry.isfile()) == (
        ".docker/config.json",
        0o600,
        True,
    )


def test_the_archive_is_the_same_every_time() -> None:
    robot = RobotName("myorg", "ci")
    assert mesos_file(login(robot)) == mesos_file(login(robot))


@any_scope
def test_without_a_secret_every_form_has_asterisks_and_parses(scope: Scope) -> None:
    masked = Login(RobotName("my_org", "ci.bot"), HOST)
    read = json.loads(docker_config(masked, scope))
    assert read["auths"][key(masked.robot, scope)]["auth"] == MASK
    assert f"  .dockerconfigjson: {MASK}\n" in kubernetes_secret(masked, scope)
    assert shlex.split(podman_line(masked))[3] == f"-p={MASK}"
    assert shlex.split(docker_line(masked))[3] == f"-p={MASK}"
    config = gzip.decompress(mesos_file(masked).content)
    assert base64.b64encode(b"my_org+ci.bot:")[:-4] not in config


def test_a_login_does_not_print_its_secret() -> None:
    assert TOKEN not in repr(login(RobotName("myorg", "ci")))
