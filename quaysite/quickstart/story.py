"""The demo's story: each step does something with a real client, and checks it."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO

from django.core.management import call_command

from quaysite.quickstart.cast import Cast
from quaysite.quickstart.clients import Client, Result, configuration_digest
from quaysite.quickstart.oci_image import write_image
from robots.credentials import Secret
from robots.errors import RobotsDisallowed

IMAGE = "image"

WELCOME = "Login Succeeded!"
WRONG = "invalid username/password"
DENIED = "denied: requested access to the resource is denied"
DISALLOWED = f"unauthorized: {RobotsDisallowed.MESSAGE}"


@dataclass(frozen=True, slots=True)
class Step:
    """One deed, whether it is to succeed, and the text its output is to hold.

    `also` is a further condition, with the words for what it proves.
    """

    title: str
    act: Callable[[], Result]
    succeeds: bool
    says: str = ""
    also: tuple[str, Callable[[], bool]] | None = None


@dataclass(slots=True)
class Story:
    """The steps, in order. `disallowed` is a client of a site with ROBOTS_DISALLOW."""

    cast: Cast
    client: Client
    disallowed: Client
    _new_secret: Secret | None = field(default=None, init=False)

    def steps(self) -> Iterator[Step]:
        """Yield each step once the one before has been done."""
        yield from self._logging_in()
        yield from self._pushing_and_pulling()
        yield from self._being_denied()
        yield from self._regenerating()
        yield from self._disallowing()

    def _logging_in(self) -> Iterator[Step]:
        cast, client = self.cast, self.client
        yield Step(
            f"{cast.writer} logs in with its token",
            lambda: client.login(cast.writer, cast.writer_secret),
            succeeds=True,
            says=WELCOME,
        )
        yield Step(
            f"{cast.writer} does not get in with a wrong password",
            lambda: client.login(cast.writer, Secret("WRONG")),
            succeeds=False,
            says=WRONG,
        )
        yield Step(
            f"{cast.reader} logs in with its token",
            lambda: client.login(cast.reader, cast.reader_secret),
            succeeds=True,
            says=WELCOME,
        )

    def _pushing_and_pulling(self) -> Iterator[Step]:
        cast, client = self.cast, self.client
        image = client.folder / IMAGE
        # Never the layer of an earlier run: clients skip what a registry has.
        write_image(image, os.urandom(16).hex().encode())
        yield Step(
            f"{cast.writer}, with role write, pushes to {cast.shared}",
            lambda: client.push(cast.writer, IMAGE, cast.shared),
            succeeds=True,
        )
        yield Step(
            f"{cast.reader}, with role read, pulls {cast.shared}",
            lambda: client.pull(cast.reader, cast.shared),
            succeeds=True,
            also=(
                "the image that came back is the one that was pushed",
                lambda: client.pulled() == configuration_digest(image),
            ),
        )

    def _being_denied(self) -> Iterator[Step]:
        cast, client = self.cast, self.client
        yield Step(
            f"{cast.reader} may not push to {cast.shared}",
            lambda: client.push(cast.reader, IMAGE, cast.shared),
            succeeds=False,
            says=DENIED,
        )
        yield Step(
            f"{cast.reader} may not pull {cast.private}, where it has no role",
            lambda: client.pull(cast.reader, cast.private),
            succeeds=False,
            says=DENIED,
        )
        yield Step(
            f"{cast.writer} may not push outside its own namespace",
            lambda: client.push(cast.writer, IMAGE, "elsewhere/web"),
            succeeds=False,
            says=DENIED,
        )

    def _regenerating(self) -> Iterator[Step]:
        cast, client = self.cast, self.client
        yield Step(
            f"The token of {cast.writer} is replaced",
            self._regenerate,
            succeeds=True,
        )
        yield Step(
            "The old token is dead",
            lambda: client.login(cast.writer, cast.writer_secret),
            succeeds=False,
            says=WRONG,
        )
        yield Step(
            "The new token works",
            lambda: client.login(cast.writer, self._new_secret or Secret("none")),
            succeeds=True,
            says=WELCOME,
        )

    def _disallowing(self) -> Iterator[Step]:
        cast, client = self.cast, self.disallowed
        yield Step(
            f"With ROBOTS_DISALLOW=true, {cast.writer} is told so",
            lambda: client.login(
                cast.writer, self._new_secret or Secret("none"), debug=True
            ),
            succeeds=False,
            says=DISALLOWED,
        )
        yield Step(
            f"{cast.reader}, which is in ROBOTS_WHITELIST, goes on working",
            lambda: client.login(cast.reader, cast.reader_secret),
            succeeds=True,
            says=WELCOME,
        )

    def _regenerate(self) -> Result:
        output = StringIO()
        call_command(
            "regenerate_robot_token", self.cast.writer, json=True, stdout=output
        )
        answer = json.loads(output.getvalue())
        self._new_secret = Secret(answer["token"])
        return Result(
            f"manage.py regenerate_robot_token {self.cast.writer} --json",
            0,
            json.dumps({**answer, "token": "***"}),
        )
