"""GitHub Actions: GitHub's own service, or an Enterprise Server.

The claims are those of "OpenID Connect reference" (docs.github.com). Two trusts come
of it, one for each form of `sub`: repositories made or renamed since 15 July 2026, and
those that opted in, have the ids in theirs. The ids decide in both (S-17, S-18).
"""

import re

from federation import triggers
from federation.conditions import Condition
from federation.entries import Entry
from federation.errors import TrustInvalid
from federation.presets import refs, shapes
from federation.presets.claims import is_, like, match_of, one_of
from federation.presets.fields import NAME, Answers, Field, Kind, audience, issuer
from federation.presets.preset import Preset
from federation.presets.refs import Ref
from federation.presets.shapes import Shape

ISSUER = "https://token.actions.githubusercontent.com"

EVENTS = triggers.GITHUB.trusted
"""Events that only somebody who may write to the repository can cause. Not among them:
those of pull requests, issues and comments, and `workflow_run`, which follows them."""

USUAL_EVENTS = EVENTS[:4]

_FORMS = {
    "old": "repo:{owner}/{repository}:",
    "new": "repo:{owner}@{owner_id}/{repository}@{repository_id}:",
}

_FILE = r"[A-Za-z0-9_.-]+\.ya?ml"
_NAME = r"[A-Za-z0-9_.-]+"
_WORKFLOW = Shape(
    re.compile(
        rf"{_FILE}|{_NAME}/{_NAME}/\.github/workflows/{_FILE}"
        rf"(?:@refs/(?:heads|tags)/{shapes.REF.pattern.pattern})?"
    ),
    "a file such as release.yml, or that of another repository, such as"
    " acme/ci/.github/workflows/release.yml@refs/heads/main",
)

FIELDS = (
    Field(
        "owner",
        "The organization or person that the repository belongs to.",
        required=True,
        shape=shapes.SLUG,
    ),
    Field(
        "owner_id",
        "Its number, which a new owner of the name does not have: `id` of"
        " api.github.com/users/OWNER.",
        required=True,
        shape=shapes.DIGITS,
    ),
    Field(
        "repository",
        "The repository, without its owner.",
        required=True,
        shape=Shape(re.compile(_NAME), "letters, digits, `-`, `_` and `.`"),
    ),
    Field(
        "repository_id",
        "Its number: `id` of api.github.com/repos/OWNER/REPOSITORY.",
        required=True,
        shape=shapes.DIGITS,
    ),
    *refs.FIELDS,
    Field(
        "environment",
        "The environment that jobs name; one that has, has no ref in its subject.",
        wild=True,
    ),
    Field(
        "events",
        "What may have started the job. Events that strangers can cause, such as pull"
        " requests, are not to be had.",
        kind=Kind.CHOICE,
        many=True,
        default=USUAL_EVENTS,
        choices=EVENTS,
    ),
    Field(
        "workflow",
        "The file that says what the job does: one of the repository's own, or a"
        " reusable one of another.",
        shape=_WORKFLOW,
    ),
    Field(
        "sub_form",
        "Form of the subject: old has names only, new has the ids as well.",
        kind=Kind.CHOICE,
        default="both",
        choices=("both", "old", "new"),
    ),
    issuer(
        "Of an Enterprise Server: https://HOST/_services/token.",
        default=ISSUER,
    ),
    audience("What the job asks for as the token's audience."),
    NAME,
)


def build(answers: Answers) -> list[Entry]:
    ref = _ref(answers)
    form = answers.texts["sub_form"]
    forms = _FORMS if form == "both" else (form,)
    return [_entry(answers, ref, _FORMS[form]) for form in forms]


def _ref(answers: Answers) -> Ref:
    """An environment may be all that is asked for; with a ref, both must be right."""
    ref = refs.chosen(answers)
    if not answers.texts["environment"]:
        return ref or refs.needed(answers)
    if ref is refs.ANY:
        raise TrustInvalid("any_ref: not beside environment, which is for any ref")
    return ref or refs.ANY


def _entry(answers: Answers, ref: Ref, form: str) -> Entry:
    subject = form.format_map(answers.texts) + _context(answers, ref)
    texts = answers.texts
    return Entry(
        issuer=texts["issuer"],
        subject=subject,
        subject_match=match_of(subject),
        # Names of owners, repositories and environments have no case at GitHub.
        ignore_case=True,
        audiences=answers.lists["audience"],
        conditions=_conditions(answers, ref),
        single_use=True,
        name=answers.name(f"GitHub {texts['owner']}/{texts['repository']}"),
    )


def _context(answers: Answers, ref: Ref) -> str:
    environment = answers.texts["environment"]
    if environment:
        return "environment:" + environment.replace(":", "%3A")
    return f"ref:{ref.path}"


def _conditions(answers: Answers, ref: Ref) -> tuple[Condition, ...]:
    environment = answers.texts["environment"]
    conditions = [
        is_("repository_owner_id", answers.texts["owner_id"]),
        is_("repository_id", answers.texts["repository_id"]),
        one_of("event_name", answers.lists["events"]),
    ]
    if environment:
        # `a:b` and `a%3Ab` are the same in a subject.
        conditions.append(like("environment", environment, ignore_case=True))
    if ref is not refs.ANY or not environment:
        conditions.append(like("ref", ref.path))
    return (*conditions, *_workflow(answers))


def _workflow(answers: Answers) -> list[Condition]:
    """Owner and repository have no case; the file and its ref have."""
    workflow = answers.texts["workflow"]
    if not workflow:
        return []
    if "/" not in workflow:
        own = "{owner}/{repository}".format_map(answers.texts)
        workflow = f"{own}/.github/workflows/{workflow}"
    owner, repository, rest = workflow.split("/", 2)
    rest = rest if "@" in rest else f"{rest}@**"
    claim = "job_workflow_ref"
    return [
        like(claim, f"{owner}/{repository}/**", ignore_case=True),
        like(claim, f"*/*/{rest}"),
    ]


GITHUB = Preset(
    "github",
    "GitHub Actions",
    "Jobs of one repository, on one branch or tag or in one environment.",
    FIELDS,
    build,
)
