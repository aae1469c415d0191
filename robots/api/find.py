"""Search: repositories, and everything else that a caller may know of."""

from typing import ClassVar

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from robots.access import visible_repositories
from robots.api import find_views, queries
from robots.api.base import ApiViewSet
from robots.api.errors import FrameworkError
from robots.api.find_views import FoundRepositories, Hit, SearchResults, closeness
from robots.api.listing import MAX_TEXT, listed_namespaces
from robots.api.rules import ANYBODY, Rule
from robots.api.schema import query
from robots.identity import Identity
from robots.models import Namespace, Repository, Robot, Star, Team

PER_PAGE = 10
MAX_PAGE = 10
MAX_OF_A_KIND = 5

_QUERY = query("query", str, "A part of a name.")
_PAGE = "The page."


class FindViewSet(ApiViewSet):
    """Search by parts of names, among what the caller may see anyway."""

    access: ClassVar[dict[str, Rule]] = {"everything": ANYBODY, "repositories": ANYBODY}

    @extend_schema(
        operation_id="conductSearch",
        parameters=[_QUERY],
        responses=SearchResults,
    )
    def everything(self, request: Request) -> Response:
        """Search repositories, people, organizations, teams and robot accounts."""
        wanted = _wanted(request)
        if not wanted:
            return Response({"results": []})
        identity = self.caller.identity
        hits = [
            *_teams(identity, wanted),
            *_robots(identity, wanted),
            *map(
                find_views.repository,
                matching_repositories(identity, wanted)[:MAX_OF_A_KIND],
            ),
            *_namespaces(identity, wanted),
        ]
        for hit in hits:
            hit["score"] *= closeness(hit.get("short_name", hit["name"]), wanted)
        return Response({"results": sorted(hits, key=_score, reverse=True)})

    @extend_schema(
        operation_id="conductRepoSearch",
        parameters=[
            _QUERY,
            query("page", int, f"{_PAGE} At most {MAX_PAGE}."),
            query("includeUsage", bool, "Tell of stars, pulls and pushes too."),
        ],
        responses=FoundRepositories,
    )
    def repositories(self, request: Request) -> Response:
        """Search repositories by their names and descriptions."""
        page = min(queries.positive(request, "page", _PAGE) or 1, MAX_PAGE)
        start = (page - 1) * PER_PAGE
        found = matching_repositories(self.caller.identity, _wanted(request))
        rows = list(found[start : start + PER_PAGE + 1])
        results = [find_views.repository(row) for row in rows[:PER_PAGE]]
        if queries.flag(request, "includeUsage"):
            stars = _stars(rows[:PER_PAGE])
            for row, result in zip(rows, results, strict=False):
                result |= find_views.usage(stars.get(row.pk, 0))
        return Response(
            {
                "results": results,
                "has_additional": len(rows) > PER_PAGE,
                "page": page,
                "page_size": PER_PAGE,
                "start_index": start,
            }
        )


def matching_repositories(identity: Identity, wanted: str) -> QuerySet[Repository]:
    """What `identity` may pull and `wanted` is a part of, the best matches first.

    `namespace/part` looks in that namespace only.
    """
    seen = visible_repositories(identity, timezone.now()).select_related(
        "namespace__owner"
    )
    namespace, slash, part = wanted.partition("/")
    if slash:
        seen = seen.filter(namespace__name=namespace, name__icontains=part)
    elif wanted:
        seen = seen.filter(Q(name__icontains=wanted) | Q(description__icontains=wanted))
    rank = _rank(part if slash else wanted)
    return seen.annotate(rank=rank).order_by("rank", "name", "id")


def _teams(identity: Identity, wanted: str) -> list[Hit]:
    found = Team.objects.filter(
        namespace__in=listed_namespaces(identity), name__icontains=wanted
    )
    found = found.select_related("namespace").annotate(rank=_rank(wanted))
    best = found.order_by("rank", "name", "id")[:MAX_OF_A_KIND]
    return [find_views.team(row) for row in best]


def _robots(identity: Identity, wanted: str) -> list[Hit]:
    """By the short name; `namespace+part` looks in that namespace only."""
    namespace, plus, part = wanted.partition("+")
    found = Robot.objects.filter(namespace__in=listed_namespaces(identity))
    if plus:
        found = found.filter(namespace__name=namespace)
    short = part if plus else wanted
    found = found.filter(name__icontains=short)
    found = found.select_related("namespace").annotate(rank=_rank(short))
    best = found.order_by("rank", "name", "id")[:MAX_OF_A_KIND]
    return [find_views.robot(row) for row in best]


def _namespaces(identity: Identity, wanted: str) -> list[Hit]:
    """People and organizations; to nobody in particular, only those that show a
    repository anyway.
    """
    found = Namespace.objects.filter(name__icontains=wanted)
    if identity.is_anonymous:
        shown = visible_repositories(identity, timezone.now())
        found = found.filter(pk__in=shown.values("namespace"))
    found = found.exclude(owner__is_active=False).select_related("owner")
    best = found.annotate(rank=_rank(wanted)).order_by("rank", "name")
    return [find_views.namespace(row) for row in best[:MAX_OF_A_KIND]]


def _rank(wanted: str) -> Case:
    """0 for the name itself, 1 where it begins so, 2 for a part, 3 for none."""
    return Case(
        When(name=wanted, then=Value(0)),
        When(name__startswith=wanted, then=Value(1)),
        When(name__icontains=wanted, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )


def _stars(repositories: list[Repository]) -> dict[int, int]:
    """How many people starred each. One query."""
    stars = Star.objects.filter(repository__in=repositories)
    counts = stars.order_by().values("repository").annotate(number=Count("id"))
    return dict(counts.values_list("repository", "number"))


def _wanted(request: Request) -> str:
    wanted = queries.text(request, "query").strip()
    if len(wanted) > MAX_TEXT:
        raise FrameworkError({"query": f"At most {MAX_TEXT} characters"})
    return wanted.lower()


def _score(hit: Hit) -> float:
    return float(hit["score"])
