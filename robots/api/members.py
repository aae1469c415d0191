"""Who belongs to an organization, for the answers that say so."""

from robots.models import Namespace, TeamMember


def member_ids(namespace: Namespace) -> frozenset[int]:
    """The keys of the people in any team of `namespace`. One query."""
    members = TeamMember.objects.filter(namespace=namespace, user__isnull=False)
    return frozenset(pk for pk in members.values_list("user_id", flat=True) if pk)
