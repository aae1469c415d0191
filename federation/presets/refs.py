"""Branch, tag or any ref: the one choice that every preset for CI has. Pure.

A ref is pinned twice, in the subject and by a condition. GitHub and GitLab ignore the
case of names, so their subjects are compared without it; git does not, and whoever
may push a branch `Main` must not pass for the protected branch `main`.
"""

from dataclasses import dataclass

from federation.errors import TrustInvalid
from federation.presets import shapes
from federation.presets.fields import WILDCARDS, Answers, Field, Kind

FIELDS = (
    Field("branch", "The branch that jobs run on.", wild=True, shape=shapes.REF),
    Field("tag", "The tag that jobs run on.", wild=True, shape=shapes.REF),
    Field(
        "any_ref",
        "Take jobs of every branch and tag: whoever may push a branch is let in.",
        kind=Kind.FLAG,
        default=False,
    ),
    Field(
        WILDCARDS,
        "Let `*` stand for any characters but `/`, `:` and `@`, and `**` for those"
        " too, where a name of yours may vary.",
        kind=Kind.FLAG,
        default=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Ref:
    """A branch, a tag, or, without a kind, any of them."""

    kind: str
    name: str

    @property
    def path(self) -> str:
        """As git spells it; a glob for any."""
        folders = {"branch": "refs/heads/", "tag": "refs/tags/"}
        return folders.get(self.kind, "refs/") + self.name


ANY = Ref("", "**")


def chosen(answers: Answers) -> Ref | None:
    """What was chosen, if anything. Raises TrustInvalid for more than one."""
    found = [
        Ref(kind, answers.texts[kind])
        for kind in ("branch", "tag")
        if answers.texts[kind]
    ]
    if answers.flags["any_ref"]:
        found.append(ANY)
    if len(found) > 1:
        raise TrustInvalid("branch: give only one of branch, tag and any_ref")
    return found[0] if found else None


def needed(answers: Answers) -> Ref:
    """The same, where something must be chosen."""
    if (ref := chosen(answers)) is None:
        raise TrustInvalid("branch: needed, or else tag, or any_ref for every job")
    return ref
