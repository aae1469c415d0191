"""GitLab CI: GitLab's own service, or a self-managed one.

The claims are those of "OpenID Connect (OIDC) Authentication Using ID Tokens"
(docs.gitlab.com). Every id is a text there, and so is `ref_protected`.
"""

from federation import triggers
from federation.conditions import Condition
from federation.entries import Entry
from federation.presets import refs, shapes
from federation.presets.claims import is_, like, match_of, one_of
from federation.presets.fields import NAME, Answers, Field, Kind, audience, issuer
from federation.presets.preset import Preset
from federation.presets.refs import Ref

ISSUER = "https://gitlab.com"

SOURCES = triggers.GITLAB.trusted
"""Sources that take a right on the project. Not among them: those of merge requests,
and `parent_pipeline`, whose parent may be of one."""

USUAL_SOURCES = SOURCES[:3]

FIELDS = (
    Field(
        "project",
        "Path of the project, with its groups: group/project.",
        required=True,
        shape=shapes.PATH,
    ),
    Field(
        "project_id",
        "Its number, on the project's page: no other project ever has it.",
        required=True,
        shape=shapes.DIGITS,
    ),
    Field(
        "namespace_id",
        "The number of the group or person that the project belongs to.",
        required=True,
        shape=shapes.DIGITS,
    ),
    *refs.FIELDS,
    Field(
        "ref_protected",
        "Take jobs of protected branches and tags only.",
        kind=Kind.FLAG,
        default=True,
    ),
    Field("environment", "The environment that jobs deploy to.", wild=True),
    Field(
        "sources",
        "What may have started the pipeline. Merge requests are not to be had.",
        kind=Kind.CHOICE,
        many=True,
        default=USUAL_SOURCES,
        choices=SOURCES,
    ),
    issuer("The address of the GitLab, as `iss` says it.", default=ISSUER),
    audience("What the job says for `aud` in id_tokens."),
    NAME,
)


def build(answers: Answers) -> list[Entry]:
    ref = refs.needed(answers)
    project = answers.texts["project"]
    subject = f"project_path:{project}:ref_type:{ref.kind or '*'}:ref:{ref.name}"
    entry = Entry(
        issuer=answers.texts["issuer"],
        subject=subject,
        subject_match=match_of(subject),
        # Paths of groups and projects have no case at GitLab.
        ignore_case=True,
        audiences=answers.lists["audience"],
        conditions=tuple(_conditions(answers, ref)),
        single_use=True,
        name=answers.name(f"GitLab {project}"),
    )
    return [entry]


def _conditions(answers: Answers, ref: Ref) -> list[Condition]:
    conditions = [
        is_("namespace_id", answers.texts["namespace_id"]),
        is_("project_id", answers.texts["project_id"]),
        one_of("pipeline_source", answers.lists["sources"]),
    ]
    if ref is not refs.ANY:
        conditions.append(like("ref", ref.name))
    if answers.flags["ref_protected"]:
        conditions.append(is_("ref_protected", "true"))
    if answers.texts["environment"]:
        conditions.append(like("environment", answers.texts["environment"]))
    return conditions


GITLAB = Preset(
    "gitlab",
    "GitLab CI",
    "Jobs of one project, on one branch or tag.",
    FIELDS,
    build,
)
