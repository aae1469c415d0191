"""The public halves of the keys that sign registry tokens, in Quay's form."""

from datetime import timedelta
from typing import Any, ClassVar

from cryptography import x509
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registryauth import signing
from registryauth.keys import KeyStoreError, SigningKey
from registryauth.signer import key_store
from robots.api.base import ApiViewSet
from robots.api.errors import FrameworkError
from robots.api.formats import date
from robots.api.rules import SITE_ADMIN, Rule

SERVICE = "quay"
"""What Quay calls the service whose keys these are."""

_BACKDATED = timedelta(hours=1)
"""How long before its making a key's certificate begins."""


class KeyApproval(serializers.Serializer[Any]):
    """Who approved of a key: nobody has to."""

    approver = serializers.CharField(allow_null=True)
    approval_type = serializers.CharField()
    approved_date = serializers.CharField(allow_null=True)
    notes = serializers.CharField(allow_blank=True)


class ServiceKey(serializers.Serializer[Any]):
    """One public key."""

    kid = serializers.CharField()
    name = serializers.CharField()
    service = serializers.CharField()
    created_date = serializers.CharField(allow_null=True, help_text="RFC 2822.")
    expiration_date = serializers.CharField(allow_null=True)
    rotation_duration = serializers.IntegerField(allow_null=True)
    jwk = serializers.DictField()
    metadata = serializers.DictField()
    approval = KeyApproval()


class ServiceKeyList(serializers.Serializer[Any]):
    """All public keys."""

    keys = ServiceKey(many=True)


class ServiceKeyViewSet(ApiViewSet):
    """Show the keys; `manage.py signing_keys` changes them."""

    access: ClassVar[dict[str, Rule]] = {"list": SITE_ADMIN}

    @extend_schema(operation_id="listServiceKeys", responses=ServiceKeyList)
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the public keys that verify registry tokens."""
        try:
            jwks = {jwk["kid"]: jwk for jwk in signing.jwks()["keys"]}
            stored = key_store().published()
        except KeyStoreError:
            raise FrameworkError("The signing keys cannot be read", 503) from None
        shown = [_shown(key, jwks[key.kid]) for key in stored if key.kid in jwks]
        return Response({"keys": shown})


def _shown(key: SigningKey, jwk: dict[str, Any]) -> dict[str, Any]:
    certificate = x509.load_pem_x509_certificate(key.certificate.encode())
    made = date(certificate.not_valid_before_utc + _BACKDATED)
    return {
        "kid": key.kid,
        "name": key.id,
        "service": SERVICE,
        "created_date": made,
        "expiration_date": None,
        "rotation_duration": None,
        "jwk": jwk,
        "metadata": {"alg": key.algorithm},
        "approval": {
            "approver": None,
            "approval_type": "ServiceKeyApprovalType.AUTOMATIC",
            "approved_date": made,
            "notes": "",
        },
    }
