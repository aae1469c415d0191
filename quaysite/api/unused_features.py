"""What Quaysite does not have answers as Quay does where it is not used."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.base import ApiViewSet
from robots.api.rules import ANYBODY, SITE_AUDIT, USER_ADMIN, Rule


class MessageList(serializers.Serializer[Any]):
    """Messages of the site's operators: none."""

    messages = serializers.ListField(child=serializers.DictField(), max_length=0)


class NotificationList(serializers.Serializer[Any]):
    """Notifications of a person: none."""

    notifications = serializers.ListField(child=serializers.DictField(), max_length=0)
    additional = serializers.BooleanField()


class SparseManifests(serializers.Serializer[Any]):
    """Whether an index may lack some of its images: no."""

    supported = serializers.BooleanField()
    required_architectures = serializers.ListField(child=serializers.CharField())
    optional_architectures_allowed = serializers.BooleanField()


class Capabilities(serializers.Serializer[Any]):
    """What the registry can do beyond the specification."""

    sparse_manifests = SparseManifests()
    mirror_architectures = serializers.ListField(child=serializers.CharField())


class RegistrySize(serializers.Serializer[Any]):
    """Never measured: images are the registry's business."""

    size_bytes = serializers.IntegerField()
    last_ran = serializers.IntegerField(allow_null=True)
    running = serializers.BooleanField()
    queued = serializers.BooleanField()


class ChangeLog(serializers.Serializer[Any]):
    """A text: empty."""

    log = serializers.CharField(allow_blank=True)


class UnusedViewSet(ApiViewSet):
    """Messages, notifications, quotas and the like: nothing to see."""

    access: ClassVar[dict[str, Rule]] = {
        "messages": ANYBODY,
        "capabilities": ANYBODY,
        "notifications": USER_ADMIN,
        "quota": USER_ADMIN,
        "registry_size": SITE_AUDIT,
        "changelog": SITE_AUDIT,
    }

    @extend_schema(operation_id="getGlobalMessages", responses=MessageList)
    def messages(self, request: Request, **kwargs: Any) -> Response:
        """List the messages of the site's operators: there are none."""
        return Response({"messages": []})

    @extend_schema(operation_id="getRegistryCapabilities", responses=Capabilities)
    def capabilities(self, request: Request, **kwargs: Any) -> Response:
        """Show what the registry can do beyond the specification."""
        sparse = {
            "supported": False,
            "required_architectures": [],
            "optional_architectures_allowed": False,
        }
        return Response({"sparse_manifests": sparse, "mirror_architectures": []})

    @extend_schema(operation_id="listUserNotifications", responses=NotificationList)
    def notifications(self, request: Request, **kwargs: Any) -> Response:
        """List the caller's notifications: there are none."""
        return Response({"notifications": [], "additional": False})

    @extend_schema(
        operation_id="listUserQuota",
        responses=serializers.ListSerializer(child=serializers.DictField()),
    )
    def quota(self, request: Request, **kwargs: Any) -> Response:
        """List the caller's quotas: there are none."""
        return Response([])

    @extend_schema(operation_id="getRegistrySize", responses=RegistrySize)
    def registry_size(self, request: Request, **kwargs: Any) -> Response:
        """Show the size of the registry, which is never measured."""
        unmeasured = {
            "size_bytes": 0,
            "last_ran": None,
            "running": False,
            "queued": False,
        }
        return Response(unmeasured)

    @extend_schema(operation_id="getChangeLog", responses=ChangeLog)
    def changelog(self, request: Request, **kwargs: Any) -> Response:
        """Show the change log, which the site does not carry."""
        return Response({"log": ""})
