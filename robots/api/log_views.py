"""How audit events are shown: in logs, in counts, and in the OpenAPI document."""

from datetime import UTC, datetime, time
from typing import Any

from rest_framework import serializers

from robots.api.formats import avatar, avatar_of, date
from robots.api.schema import Avatar
from robots.identity import Kind
from robots.models import AuditEvent, Namespace, Repository
from robots.models.permission_changes import Change

_NAMES_NAMESPACE = {"org_create", "org_delete"}
"""Kinds that tell the namespace's name though they concern no repository."""


_OF_OTHERS = {"counts", *Change.labels}
"""Facts of a change of many permissions that tell of all repositories."""


def entry(event: AuditEvent) -> dict[str, Any]:
    """One line of a log; reads `performer_user`, so select it with the event."""
    return {
        "kind": event.kind,
        "metadata": metadata(event),
        "ip": event.address,
        "datetime": date(event.created_at),
        "performer": performer(event),
    }


def site_entry(event: AuditEvent) -> dict[str, Any]:
    """The same with its namespace, for logs of more than one; reads `namespace`."""
    return {**entry(event), "namespace": _namespace(event)}


def repository_entry(event: AuditEvent, repository: Repository) -> dict[str, Any]:
    """The same for the log of one repository, whose readers may know no other."""
    return {**entry(event), "metadata": _metadata_of(event, repository)}


def repository_site_entry(event: AuditEvent, repository: Repository) -> dict[str, Any]:
    return {**site_entry(event), "metadata": _metadata_of(event, repository)}


def metadata(event: AuditEvent) -> dict[str, Any]:
    """The facts, and what the event itself knows of them (contract section 8)."""
    own = {}
    if event.repository_name:
        own["repo"] = event.repository_name
    if event.repository_name or event.kind in _NAMES_NAMESPACE:
        own["namespace"] = event.namespace_name
    return {**own, **event.facts}


def _metadata_of(event: AuditEvent, repository: Repository) -> dict[str, Any]:
    if event.repository_name:
        return metadata(event)
    facts = {key: fact for key, fact in event.facts.items() if key not in _OF_OTHERS}
    names = {"repo": repository.name, "namespace": event.namespace_name}
    return {**names, **facts}


def performer(event: AuditEvent) -> dict[str, Any] | None:
    """The person or robot who did it; None for commands and for nobody."""
    if event.performer_kind not in (Kind.USER, Kind.ROBOT):
        return None
    is_robot = event.performer_kind == Kind.ROBOT
    person = event.performer_user
    return {
        "kind": "user",
        "name": event.performer_name,
        "is_robot": is_robot,
        "avatar": {**avatar_of(person), "name": event.performer_name}
        if person is not None
        else avatar(event.performer_name, "robot" if is_robot else "user"),
    }


def count(kind: str, day: Any, number: int) -> dict[str, Any]:
    """How often something happened on one day, in UTC."""
    midnight = datetime.combine(day, time.min, UTC)
    return {"kind": kind, "count": number, "datetime": date(midnight)}


def _namespace(event: AuditEvent) -> dict[str, Any] | None:
    """The namespace, by its old name and as an organization if it is gone."""
    if not event.namespace_name:
        return None
    name = event.namespace_name
    kept: Namespace | None = event.namespace
    kind = "org" if kept is None or kept.is_organization else "user"
    email = kept.email if kept is not None else ""
    return {"kind": kind, "name": name, "avatar": avatar(name, kind, email)}


class LogPerformer(serializers.Serializer[Any]):
    """Who did it."""

    kind = serializers.ChoiceField(["user"])
    name = serializers.CharField()
    is_robot = serializers.BooleanField()
    avatar = Avatar()


class LogNamespace(serializers.Serializer[Any]):
    """Where it happened."""

    kind = serializers.ChoiceField(["org", "user"])
    name = serializers.CharField()
    avatar = Avatar()


class LogEntry(serializers.Serializer[Any]):
    """One thing that happened. `metadata` has its own keys for each kind."""

    kind = serializers.CharField()
    metadata = serializers.DictField()
    ip = serializers.CharField(allow_null=True)
    datetime = serializers.CharField(help_text="RFC 2822.")
    performer = LogPerformer(allow_null=True)


class SiteLogEntry(LogEntry):
    """One thing that happened anywhere; `namespace` is null for what has none."""

    namespace = LogNamespace(allow_null=True)


class LogPage(serializers.Serializer[Any]):
    """Twenty entries at most, the newest first."""

    start_time = serializers.CharField(help_text="RFC 2822.")
    end_time = serializers.CharField(help_text="RFC 2822.")
    logs = LogEntry(many=True)
    next_page = serializers.CharField(required=False)


class SiteLogPage(LogPage):
    """Twenty entries of the whole site at most, the newest first."""

    logs = SiteLogEntry(many=True)


class LogCount(serializers.Serializer[Any]):
    """How often something happened on one day."""

    kind = serializers.CharField()
    count = serializers.IntegerField()
    datetime = serializers.CharField(help_text="Midnight of the day; RFC 2822.")


class LogCounts(serializers.Serializer[Any]):
    """One count for each kind and day."""

    aggregated = LogCount(many=True)


class LogExportReply(serializers.Serializer[Any]):
    """The export that was written."""

    export_id = serializers.UUIDField()
