"""How a repository is shown: alone, in a list, and in the OpenAPI document."""

from typing import Any

from rest_framework import serializers

from robots.models import Repository
from robots.roles import State, Visibility

KIND = "image"


def listed(repository: Repository) -> dict[str, Any]:
    """What a list says of each; the namespace has to be loaded."""
    return {
        "namespace": repository.namespace.name,
        "name": repository.name,
        "description": repository.description,
        "is_public": repository.visibility == Visibility.PUBLIC,
        "kind": KIND,
        "state": State(repository.state).label,
    }


def shown(repository: Repository, is_starred: bool) -> dict[str, Any]:
    """What is said of one. Nothing is built here, paid for, or signed with Notary."""
    namespace = repository.namespace
    return {
        **listed(repository),
        "is_organization": namespace.is_organization,
        "is_starred": is_starred,
        "status_token": "",
        "trust_enabled": False,
        "tag_expiration_s": namespace.tag_expiration_s,
        "is_free_account": False,
    }


def starred(repository: Repository) -> dict[str, Any]:
    """What the list of stars says of each; the namespace has to be loaded."""
    keys = ("namespace", "name", "description", "is_public")
    item = listed(repository)
    return {key: item[key] for key in keys}


class NewRepository(serializers.Serializer[Any]):
    """A repository just created."""

    namespace = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField([KIND])


class StarredRepository(serializers.Serializer[Any]):
    """A repository that the caller starred."""

    namespace = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    is_public = serializers.BooleanField()


class StarredList(serializers.Serializer[Any]):
    """Some starred repositories, and where the next ones are."""

    repositories = StarredRepository(many=True)
    next_page = serializers.CharField(required=False)


class RepositoryListItem(StarredRepository):
    """A repository in a list."""

    kind = serializers.ChoiceField([KIND])
    state = serializers.ChoiceField(State.labels)
    is_starred = serializers.BooleanField(
        required=False, help_text="Only for who is signed in."
    )
    last_modified = serializers.IntegerField(
        required=False, allow_null=True, help_text="Seconds since 1970."
    )
    popularity = serializers.FloatField(required=False)


class RepositoryList(serializers.Serializer[Any]):
    """Some repositories, and where the next ones are."""

    repositories = RepositoryListItem(many=True)
    next_page = serializers.CharField(required=False)


class Tag(serializers.Serializer[Any]):
    """A tag of a repository."""

    name = serializers.CharField()
    size = serializers.IntegerField(required=False, allow_null=True)
    last_modified = serializers.CharField(required=False, help_text="RFC 2822.")
    expiration = serializers.CharField(required=False, help_text="RFC 2822.")
    manifest_digest = serializers.CharField()


class Usage(serializers.Serializer[Any]):
    """How often a repository was used on one day."""

    date = serializers.CharField()
    count = serializers.IntegerField()


class RepositoryReply(StarredRepository):
    """One repository. Tags are for the registry to tell, so there are none."""

    kind = serializers.ChoiceField([KIND])
    state = serializers.ChoiceField(State.labels)
    is_organization = serializers.BooleanField()
    is_starred = serializers.BooleanField()
    status_token = serializers.CharField(allow_blank=True)
    trust_enabled = serializers.BooleanField()
    tag_expiration_s = serializers.IntegerField(help_text="Seconds.")
    is_free_account = serializers.BooleanField()
    can_write = serializers.BooleanField()
    can_admin = serializers.BooleanField()
    tags = serializers.DictField(child=Tag(), required=False)
    stats = Usage(many=True, required=False)


class Done(serializers.Serializer[Any]):
    """That it was done."""

    success = serializers.BooleanField()


class TagPage(serializers.Serializer[Any]):
    """Some tags."""

    tags = Tag(many=True)
    page = serializers.IntegerField()
    has_additional = serializers.BooleanField()


class PolicyList(serializers.Serializer[Any]):
    """Policies of a kind that this site does not have."""

    policies = serializers.ListField(child=serializers.DictField())
