"""How search results are shown, and in the OpenAPI document."""

from typing import Any

from rest_framework import serializers

from robots.api.formats import avatar_of
from robots.api.schema import Avatar
from robots.models import Namespace, Repository, Robot, Team
from robots.roles import Visibility

Hit = dict[str, Any]

_ENTITY, _TEAM, _REPOSITORY = 1, 2, 4
"""What a hit of each kind counts."""


def closeness(name: str, wanted: str) -> float:
    """How well a name fits, from 0.5 to 1: the whole, its beginning, a part."""
    if name == wanted:
        return 1.0
    if wanted not in name:
        return 0.5
    share = len(wanted) / len(name)
    return (0.8 if name.startswith(wanted) else 0.6) + 0.1 * share


def namespace(of: Namespace) -> Hit:
    """A person or an organization; reads `owner`."""
    if of.owner is None:
        title, kind, path, avatar = "org", "organization", "organization", avatar_of(of)
    else:
        title, kind, path, avatar = "user", "user", "user", avatar_of(of.owner)
    return {
        "title": title,
        "kind": kind,
        "avatar": avatar,
        "name": of.name,
        "score": _ENTITY,
        "href": f"/{path}/{of.name}",
    }


def robot(of: Robot) -> Hit:
    """A robot account; reads `namespace`."""
    path = "organization" if of.namespace.is_organization else "user"
    return {
        "title": "robot",
        "kind": "robot",
        "avatar": None,
        "name": of.full_name,
        "score": _ENTITY,
        "href": f"/{path}/{of.namespace.name}?tab=robots&showRobot={of.full_name}",
        "short_name": of.name,
    }


def team(of: Team) -> Hit:
    """A team; reads `namespace`."""
    return {
        "kind": "team",
        "name": of.name,
        "organization": namespace(of.namespace),
        "avatar": avatar_of(of),
        "score": _TEAM,
        "href": f"/organization/{of.namespace.name}/teams/{of.name}",
    }


def repository(of: Repository) -> Hit:
    """A repository; reads `namespace` and its `owner`."""
    return {
        "kind": "repository",
        "title": "repo",
        "namespace": namespace(of.namespace),
        "name": of.name,
        "description": of.description,
        "is_public": of.visibility == Visibility.PUBLIC,
        "score": _REPOSITORY,
        "href": f"/repository/{of.full_name}",
    }


def usage(stars: int) -> Hit:
    """What is known of a repository's use; images are the registry's business."""
    return {"last_modified": None, "stars": stars, "popularity": 0.0}


class FoundEntity(serializers.Serializer[Any]):
    """A person or an organization."""

    title = serializers.ChoiceField(["user", "org"])
    kind = serializers.ChoiceField(["user", "organization"])
    avatar = Avatar()
    name = serializers.CharField()
    score = serializers.FloatField()
    href = serializers.CharField(help_text="Of Quay's web interface.")


class FoundRepository(serializers.Serializer[Any]):
    """A repository. The last three with `includeUsage` only."""

    kind = serializers.ChoiceField(["repository"])
    title = serializers.ChoiceField(["repo"])
    namespace = FoundEntity()
    name = serializers.CharField()
    description = serializers.CharField()
    is_public = serializers.BooleanField()
    score = serializers.FloatField()
    href = serializers.CharField()
    last_modified = serializers.IntegerField(required=False, allow_null=True)
    stars = serializers.IntegerField(required=False)
    popularity = serializers.FloatField(required=False)


class FoundRepositories(serializers.Serializer[Any]):
    """One page of repositories."""

    results = FoundRepository(many=True)
    has_additional = serializers.BooleanField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    start_index = serializers.IntegerField()


class SearchResult(serializers.Serializer[Any]):
    """A hit of any kind: which keys there are depends on it."""

    kind = serializers.ChoiceField(
        ["repository", "user", "organization", "team", "robot"]
    )
    title = serializers.ChoiceField(["repo", "user", "org", "robot"], required=False)
    name = serializers.CharField()
    score = serializers.FloatField()
    href = serializers.CharField()
    avatar = Avatar(required=False, allow_null=True)
    short_name = serializers.CharField(required=False)
    namespace = FoundEntity(required=False)
    organization = FoundEntity(required=False)
    description = serializers.CharField(required=False)
    is_public = serializers.BooleanField(required=False)


class SearchResults(serializers.Serializer[Any]):
    """At most five hits of each kind, the best first."""

    results = SearchResult(many=True)
