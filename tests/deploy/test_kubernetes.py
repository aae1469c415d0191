"""The manifests: by the API's own schemas, and by what one says of another."""

from typing import Any

import kubernetes_validate
import pytest
import yaml

from quaysite import mail_server
from tests.deploy.files import KUBERNETES, manifests, pods

OLDEST = "1.29"
"""The oldest Kubernetes that the manifests are for."""


def names(manifest: Any) -> str:
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
@pytest.mark.parametrize("manifest", list(manifests()), ids=names)
def test_a_manifest_has_what_the_schema_knows_and_no_more(
    manifest: Any, version: str
) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def test_an_unknown_field_is_noticed() -> None:
    (server,) = (one for one in manifests() if names(one) == "Deployment/quaysite")
    server["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readinesProbe"):
        kubernetes_validate.validate(server, OLDEST, strict=True)


def test_every_file_is_applied_but_the_example_of_a_secret() -> None:
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
    files = {path.name for path in KUBERNETES.glob("*.yaml")}
    files -= {"kustomization.yaml", "secret.example.yaml"}
    assert set(listed["resources"]) == files


@pytest.mark.parametrize("pod", list(pods()))
def test_pods_are_admitted_by_the_restricted_standard(pod: Any) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("pod", list(pods()))
def test_what_a_pod_mounts_and_reads_is_there(pod: Any) -> None:
    there = {names(manifest) for manifest in manifests()}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for volume in volumes.values():
        if claim := volume.get("persistentVolumeClaim"):
            assert f"PersistentVolumeClaim/{claim['claimName']}" in there
        if secret := volume.get("secret"):
            assert f"Secret/{secret['secretName']}" in there
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        assert {mount["name"] for mount in container["volumeMounts"]} <= set(volumes)
        for source in container.get("envFrom", []):
            assert f"ConfigMap/{source['configMapRef']['name']}" in there


def test_services_budgets_and_policies_choose_pods_that_exist() -> None:
    labels = []
    for manifest in manifests():
        spec = manifest.get("spec", {})
        if manifest["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec:
            labels.append(spec["template"]["metadata"]["labels"])
    chosen = []
    for manifest in manifests():
        if manifest["kind"] == "Service":
            chosen.append(manifest["spec"]["selector"])
        elif manifest["kind"] == "PodDisruptionBudget":
            chosen.append(manifest["spec"]["selector"]["matchLabels"])
        elif manifest["kind"] == "NetworkPolicy":
            chosen.append(manifest["spec"]["podSelector"].get("matchLabels", {}))
    assert len(chosen) > 5
    for selector in chosen:
        assert any(selector.items() <= pod.items() for pod in labels), selector


def test_upkeep_reaches_who_is_told_what_ends_soon() -> None:
    jobs = [one for one in manifests() if one["kind"] == "CronJob"]
    assert len(jobs) == 2
    for job in jobs:
        template = job["spec"]["jobTemplate"]["spec"]["template"]
        ports = egress(template["metadata"]["labels"])
        assert {443, *mail_server.PORTS.values()} < ports


def egress(labels: dict[str, str]) -> set[int]:
    """The ports that a pod with these labels reaches, wherever that is."""
    return {
        port["port"]
        for policy in manifests()
        if policy["kind"] == "NetworkPolicy"
        and policy["spec"]["podSelector"].get("matchLabels", {}).items()
        <= labels.items()
        for rule in policy["spec"].get("egress", [])
        for port in rule["ports"]
    }


def test_the_ingress_leads_to_ports_of_services() -> None:
    ports = {
        (manifest["metadata"]["name"], port["name"])
        for manifest in manifests()
        if manifest["kind"] == "Service"
        for port in manifest["spec"]["ports"]
    }
    leads = {}
    for ingress in (one for one in manifests() if one["kind"] == "Ingress"):
        (rule,) = ingress["spec"]["rules"]
        for path in rule["http"]["paths"]:
            service = path["backend"]["service"]
            # What is allowed for layers is for the registry alone.
            assert service["name"] == ingress["metadata"]["name"]
            leads[path["path"]] = (service["name"], service["port"]["name"])
    assert leads.keys() == {"/v2/auth", "/v2", "/metrics", "/readyz", "/"}
    assert leads["/v2/auth"] == leads["/"] == ("quaysite", "http")
    assert leads["/v2"] == ("registry", "http")
    # Which answers 404: they are nobody's business outside.
    assert leads["/metrics"] == leads["/readyz"] == ("registry", "http")
    assert set(leads.values()) <= ports


def test_a_database_that_hangs_for_some_minutes_restarts_no_server() -> None:
    """`/healthz` waits then, since no thread is free (docs/monitoring.md)."""
    (server,) = (one for one in manifests() if names(one) == "Deployment/quaysite")
    (container,) = server["spec"]["template"]["spec"]["containers"]
    alive, ready = container["livenessProbe"], container["readinessProbe"]
    assert alive["httpGet"]["path"] == "/healthz"
    assert alive["periodSeconds"] * (alive["failureThreshold"] - 1) >= 270
    assert ready["httpGet"]["path"] == "/readyz"
    assert ready["periodSeconds"] * ready["failureThreshold"] <= 15
