"""What Quaysite does not have, answered as Quay does where it is not in use."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from robots.api.errors import Missing
from robots.api.organization_scope import OrganizationScope
from robots.api.rules import NAMESPACE_ADMIN, NAMESPACE_AUDIT, NAMESPACE_MEMBER, Rule

_ONLY_ERRORS: dict[int, Any] = {}


class ProxyCacheReply(serializers.Serializer[Any]):
    """The settings of a cache that is never set up."""

    upstream_registry = serializers.CharField(allow_blank=True)
    expiration_s = serializers.CharField(allow_blank=True)
    insecure = serializers.CharField(allow_blank=True)


class NoPolicies(serializers.Serializer[Any]):
    """An empty list."""

    policies = serializers.ListField(child=serializers.DictField())


class QuotaViewSet(OrganizationScope):
    """Quotas: there are none."""

    access: ClassVar[dict[str, Rule]] = {"list": NAMESPACE_MEMBER}

    @extend_schema(
        operation_id="listOrganizationQuota",
        responses={200: {"type": "array", "items": {"type": "object"}}},
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the organization's quotas, of which there are none."""
        return Response([])


class ProxyCacheViewSet(OrganizationScope):
    """The proxy cache: never set up."""

    access: ClassVar[dict[str, Rule]] = {"retrieve": NAMESPACE_AUDIT}

    @extend_schema(operation_id="getProxyCacheConfig", responses=ProxyCacheReply)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Show the settings of the proxy cache, all of them empty."""
        return Response({"upstream_registry": "", "expiration_s": "", "insecure": ""})


class MirrorViewSet(OrganizationScope):
    """The mirror of a whole organization: there is none."""

    access: ClassVar[dict[str, Rule]] = {"retrieve": NAMESPACE_AUDIT}

    @extend_schema(operation_id="getOrgMirrorConfig", responses=_ONLY_ERRORS)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Answer 404: organizations are not mirrored."""
        raise Missing


class PolicyViewSet(OrganizationScope):
    """Policies about tags: there are none, and none can be made."""

    access: ClassVar[dict[str, Rule]] = {
        "list": NAMESPACE_AUDIT,
        "create": NAMESPACE_ADMIN,
        "retrieve": NAMESPACE_AUDIT,
        "update": NAMESPACE_ADMIN,
        "destroy": NAMESPACE_ADMIN,
    }

    @extend_schema(responses=NoPolicies)
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the organization's policies, of which there are none."""
        return Response({"policies": []})

    @extend_schema(request=None, responses=_ONLY_ERRORS)
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Answer 404: no policy can be made."""
        raise Missing

    @extend_schema(responses=_ONLY_ERRORS)
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Answer 404: there is no such policy."""
        raise Missing

    @extend_schema(request=None, responses=_ONLY_ERRORS)
    def update(self, request: Request, **kwargs: Any) -> Response:
        """Answer 404: there is no such policy."""
        raise Missing

    @extend_schema(request=None, responses=_ONLY_ERRORS)
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Answer 404: there is no such policy."""
        raise Missing


def _named(noun: str, plural: str) -> dict[str, Any]:
    """Quay's names of the operations on one sort of policies."""
    return {
        "list": extend_schema(operation_id=f"listOrganization{plural}"),
        "create": extend_schema(operation_id=f"createOrganization{noun}"),
        "retrieve": extend_schema(operation_id=f"getOrganization{noun}"),
        "update": extend_schema(operation_id=f"updateOrganization{noun}"),
        "destroy": extend_schema(operation_id=f"deleteOrganization{noun}"),
    }


@extend_schema_view(**_named("AutoPrunePolicy", "AutoPrunePolicies"))
class AutoPrunePolicyViewSet(PolicyViewSet):
    """Policies that would delete tags."""


@extend_schema_view(**_named("ImmutabilityPolicy", "ImmutabilityPolicies"))
class ImmutabilityPolicyViewSet(PolicyViewSet):
    """Policies that would keep tags from changing."""
