"""Kubernetes: the tokens of a service account, projected into a pod or asked for.

The claims are those of "Managing Service Accounts" (kubernetes.io). A cluster that
cannot be reached gives its keys as a file. So does one whose issuer is a name inside
it: every cluster has that name, and only the keys tell which one is meant.
"""

from federation.entries import Entry
from federation.errors import TrustInvalid
from federation.hosts import is_inside
from federation.presets import shapes
from federation.presets.claims import is_
from federation.presets.fields import NAME, Answers, Field, Kind, audience, issuer
from federation.presets.preset import Preset

ISSUER = "https://kubernetes.default.svc.cluster.local"

_KEYS = "what `kubectl get --raw /openid/v1/jwks` prints"

FIELDS = (
    Field(
        "namespace",
        "The cluster's namespace that the service account is in.",
        required=True,
        shape=shapes.DNS_LABEL,
    ),
    Field(
        "service_account",
        "Name of the service account.",
        required=True,
        shape=shapes.DNS_NAME,
        longest=253,
    ),
    Field(
        "service_account_uid",
        "Its `metadata.uid`, which another one of the same name does not have:"
        " `kubectl get serviceaccount NAME -o jsonpath={.metadata.uid}`.",
        shape=shapes.UUID,
    ),
    Field(
        "keys",
        "The cluster's keys, where it cannot be asked for them, or its issuer is a"
        f" name inside it: {_KEYS}.",
        kind=Kind.KEYS,
    ),
    issuer(
        "The cluster's issuer: `issuer` of what"
        " `kubectl get --raw /.well-known/openid-configuration` prints.",
        default=ISSUER,
        shape=shapes.ANY_ISSUER,
    ),
    audience("What the pod asks for as the projected token's audience."),
    NAME,
)


def build(answers: Answers) -> list[Entry]:
    texts = answers.texts
    account = f"{texts['namespace']}:{texts['service_account']}"
    uid = texts["service_account_uid"]
    if is_inside(texts["issuer"]) and not texts["keys"]:
        raise TrustInvalid(
            "keys: needed, as every cluster may have an issuer of this name;"
            f" must be {_KEYS}. Or give the issuer's public address as issuer"
        )
    entry = Entry(
        issuer=texts["issuer"],
        subject=f"system:serviceaccount:{account}",
        audiences=answers.lists["audience"],
        conditions=(is_("/kubernetes.io/serviceaccount/uid", uid),) if uid else (),
        keys=texts["keys"],
        name=answers.name(f"Kubernetes {account}"),
    )
    return [entry]


KUBERNETES = Preset(
    "kubernetes",
    "Kubernetes",
    "Pods of one service account of a cluster.",
    FIELDS,
    build,
)
