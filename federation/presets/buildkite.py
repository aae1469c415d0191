"""Buildkite: the jobs of one pipeline.

The claims are those of "buildkite-agent oidc request-token" (buildkite.com). The ids
are in a token only if the job asks for them: `--claim organization_id,pipeline_id`.
All organizations share one issuer, so without the ids a name would be all there is.
"""

from federation.conditions import Condition
from federation.entries import Entry
from federation.presets import refs, shapes
from federation.presets.claims import is_, like, match_of
from federation.presets.fields import NAME, Answers, Field, audience
from federation.presets.preset import Preset
from federation.presets.refs import Ref

ISSUER = "https://agent.buildkite.com"

_REF_CLAIMS = {"branch": "build_branch", "tag": "build_tag"}

FIELDS = (
    Field(
        "organization", "Slug of the organization.", required=True, shape=shapes.SLUG
    ),
    Field(
        "organization_id",
        "Its UUID. The job must ask for the claim organization_id.",
        required=True,
        shape=shapes.UUID,
    ),
    Field("pipeline", "Slug of the pipeline.", required=True, shape=shapes.SLUG),
    Field(
        "pipeline_id",
        "Its UUID. The job must ask for the claim pipeline_id.",
        required=True,
        shape=shapes.UUID,
    ),
    *refs.FIELDS,
    audience("What the job asks for with --audience."),
    NAME,
)


def build(answers: Answers) -> list[Entry]:
    ref = refs.needed(answers)
    place = "organization:{organization}:pipeline:{pipeline}".format_map(answers.texts)
    subject = f"{place}:ref:{ref.path}:commit:*:step:*"
    entry = Entry(
        issuer=ISSUER,
        subject=subject,
        subject_match=match_of(subject),
        audiences=answers.lists["audience"],
        conditions=tuple(_conditions(answers, ref)),
        single_use=True,
        name=answers.name(
            "Buildkite {organization}/{pipeline}".format_map(answers.texts)
        ),
    )
    return [entry]


def _conditions(answers: Answers, ref: Ref) -> list[Condition]:
    """Buildkite takes any text for a branch, so the subject alone could be forged."""
    conditions = [
        is_("organization_id", answers.texts["organization_id"]),
        is_("pipeline_id", answers.texts["pipeline_id"]),
    ]
    if ref is not refs.ANY:
        conditions.append(like(_REF_CLAIMS[ref.kind], ref.name))
    return conditions


BUILDKITE = Preset(
    "buildkite",
    "Buildkite",
    "Jobs of one pipeline, on one branch or tag.",
    FIELDS,
    build,
)
