"""CircleCI: the jobs of one project.

The claims are those of "Using OpenID Connect tokens in jobs" (circleci.com). Each
organization has an issuer of its own, and UUIDs stand where others have names. Two
trusts come of it: CIRCLE_OIDC_TOKEN_V2 says in its subject what was built as well.
"""

from federation.conditions import Condition
from federation.entries import Entry
from federation.presets import refs, shapes
from federation.presets.claims import is_, like, match_of
from federation.presets.fields import NAME, Answers, Field, Kind, audience
from federation.presets.preset import Preset
from federation.presets.refs import Ref

_ISSUER = "https://oidc.circleci.com/org/{organization_id}"
_PROJECT = "org/{organization_id}/project/{project_id}/user/*"

# What was built is pinned by conditions: the repository's address has no case.
_SUBJECTS = {"v1": _PROJECT, "v2": f"{_PROJECT}/vcs-origin/**"}

_CLAIM = "oidc.circleci.com"

FIELDS = (
    Field(
        "organization_id",
        "UUID of the organization, in its settings.",
        required=True,
        shape=shapes.UUID,
    ),
    Field(
        "project_id",
        "UUID of the project, in its settings.",
        required=True,
        shape=shapes.UUID,
    ),
    Field(
        "vcs_origin",
        "The repository, as in github.com/acme/app: jobs of a fork say another one.",
        required=True,
        shape=shapes.PATH,
    ),
    *refs.FIELDS,
    Field(
        "ssh_rerun",
        "Take jobs that were started again with SSH, so that a person is inside.",
        kind=Kind.FLAG,
        default=False,
    ),
    Field(
        "version",
        "v1 for CIRCLE_OIDC_TOKEN, v2 for CIRCLE_OIDC_TOKEN_V2.",
        kind=Kind.CHOICE,
        default="both",
        choices=("both", "v1", "v2"),
    ),
    audience(
        "What the token's audience is; the organization's UUID if left out, as the"
        " tokens of the environment have it.",
        required=False,
        site=False,
    ),
    NAME,
)


def build(answers: Answers) -> list[Entry]:
    ref = refs.needed(answers)
    version = answers.texts["version"]
    versions = _SUBJECTS if version == "both" else (version,)
    return [_entry(answers, ref, version) for version in versions]


def _entry(answers: Answers, ref: Ref, version: str) -> Entry:
    texts = answers.texts
    subject = _SUBJECTS[version].format_map(texts)
    return Entry(
        issuer=_ISSUER.format_map(texts),
        subject=subject,
        subject_match=match_of(subject),
        audiences=answers.lists["audience"] or (texts["organization_id"],),
        conditions=tuple(_conditions(answers, ref)),
        single_use=True,
        name=answers.name(f"CircleCI {texts['vcs_origin']} ({version})"),
    )


def _conditions(answers: Answers, ref: Ref) -> list[Condition]:
    origin = answers.texts["vcs_origin"]
    conditions = [
        is_(f"{_CLAIM}/project-id", answers.texts["project_id"]),
        is_(f"{_CLAIM}/vcs-origin", origin, ignore_case=True),
    ]
    if ref is not refs.ANY:
        conditions.append(like(f"{_CLAIM}/vcs-ref", ref.path))
    if not answers.flags["ssh_rerun"]:
        conditions.append(is_(f"{_CLAIM}/ssh-rerun", False))
    return conditions


CIRCLECI = Preset(
    "circleci",
    "CircleCI",
    "Jobs of one project, on one branch or tag of one repository.",
    FIELDS,
    build,
)
