"""Where a role comes from, in the words of people who look at it."""

from robots.explain import Source, SourceKind

_WORDS = {
    SourceKind.DIRECT: "Direct permission",
    SourceKind.TEAM: "Team {team}",
    SourceKind.OWNER: "Owner of the namespace",
    SourceKind.ADMIN_TEAM: "Organization administrators (team {team})",
    SourceKind.CREATOR_TEAM: "Creates repositories (team {team})",
    SourceKind.PUBLIC: "The repository is public",
    SourceKind.SITE: "Site administration",
}


def in_words(source: Source) -> str:
    """What gives it, without the role and without its end."""
    return _WORDS[source.kind].format(team=source.team)
