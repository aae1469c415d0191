"""Teams of a file and their members: created, changed, and removed."""

from collections import defaultdict

from django.contrib.auth import get_user_model

from robots.accessfile.documents import TEAM_FIELDS, TeamDocument
from robots.accessfile.reconciling.differences import difference, differing
from robots.accessfile.reconciling.grantees import account_named
from robots.accessfile.reconciling.site import Site
from robots.lifecycle.teams import (
    add_member,
    change_team,
    create_team,
    delete_team,
    remove_member,
)
from robots.models import Team, TeamMember
from robots.roles import TeamRole

TEAM, MEMBER = "team", "member"


def settle(site: Site) -> None:
    """Create teams that are new, change those that are there, and let members in."""
    for team in Team.objects.filter(namespace=site.namespace).order_by("name"):
        team.namespace = site.namespace
        site.teams[team.name] = team
    for name, said in sorted((site.said.teams or {}).items()):
        with site.at(said.line):
            team = site.teams.get(name) or _created(site, name, said)
            site.teams[name] = _changed(site, team, said)
    _add_members(site)


def remove_others(site: Site) -> None:
    """Remove members and teams that the file does not list, or count them."""
    if site.said.teams is None:
        return
    _remove_members(site)
    others = [name for name in sorted(site.teams) if name not in site.said.teams]
    if not site.prunes:
        site.leave(len(others))
        return
    for name in others:
        with site.at(site.said.line):
            delete_team(site.teams[name], site.by)
        site.ledger.remove(TEAM, _path(site, name))


def warn(site: Site) -> None:
    """Tell of an organization that nobody administers, where the file lists teams."""
    if site.said.teams is None:
        return
    admins = Team.objects.filter(namespace=site.namespace, role=TeamRole.ADMIN)
    if not admins.exists():
        site.ledger.warnings.append(
            f"This leaves {site.name} without administrators:"
            f" no team of it has the role {TeamRole.ADMIN.label}."
        )


def _created(site: Site, name: str, said: TeamDocument) -> Team:
    role = TeamRole(said.fields.get("role", TeamRole.MEMBER))
    description = said.fields.get("description", "")
    team = create_team(site.namespace, name, role, site.by, description)
    # Only a member's place gives a team's role to somebody.
    site.ledger.add(TEAM, _path(site, name), role.label)
    return team


def _changed(site: Site, team: Team, said: TeamDocument) -> Team:
    """The team with the fields that are said; each of them is an event."""
    for name in differing(said.fields, team, TEAM_FIELDS):
        before, after = getattr(team, name), said.fields[name]
        if name == "role":
            before = TeamRole(before)
        team = change_team(team, site.by, **{name: after})
        site.ledger.change(
            TEAM,
            _path(site, team.name),
            [difference(name, before, after)],
            widens=name == "role" and after > before,
        )
    return team


def _add_members(site: Site) -> None:
    held = _members(site)
    for name, said in sorted((site.said.teams or {}).items()):
        team = site.teams[name]
        for member, line in sorted((said.members or {}).items()):
            if member in held[team.pk]:
                continue
            with site.at(line):
                add_member(team, account_named(site, member, line), site.by)
            role = TeamRole(team.role).label
            site.ledger.add(MEMBER, f"{_path(site, name)} {member}", role, widens=True)


def _remove_members(site: Site) -> None:
    held = _members(site)
    for name, said in sorted((site.said.teams or {}).items()):
        if said.members is None:
            continue
        team = site.teams[name]
        others = [who for who in sorted(held[team.pk]) if who not in said.members]
        if not site.prunes:
            site.leave(len(others))
            continue
        for member in others:
            with site.at(said.line):
                row = held[team.pk][member]
                account = row.robot or row.user
                if row.robot is not None:
                    row.robot.namespace = site.namespace
                if account is not None:
                    remove_member(team, account, site.by)
            site.ledger.remove(MEMBER, f"{_path(site, name)} {member}")


def _members(site: Site) -> dict[int, dict[str, TeamMember]]:
    """Who is in each team, by the team's key and the member's name."""
    held: dict[int, dict[str, TeamMember]] = defaultdict(dict)
    rows = TeamMember.objects.filter(namespace=site.namespace)
    for row in rows.select_related("robot", "user"):
        held[row.team_id][_name(site, row)] = row
    return held


def _name(site: Site, row: TeamMember) -> str:
    if row.robot is not None:
        return f"{site.name}+{row.robot.name}"
    return str(getattr(row.user, get_user_model().USERNAME_FIELD))


def _path(site: Site, name: str) -> str:
    return f"{site.name}/{name}"
