"""Manifests that Terraform hands to a cluster as text: `kubectl_manifest` (gavinbunney/kubectl, alekc/kubectl).

They hold what a `kubernetes_manifest` holds, and are read as one, so that all that is known of Kubernetes' objects is
known of these.
"""

from __future__ import annotations

from guardrail.formats.hcl_values import EvalError, copy_map, relocated
from guardrail.model import Map, Resource

_READ_ALONE = (".yaml", ".yml", ".json")


def opened(resource: Resource) -> Resource:
    """The resource, with its object where it has one. A text that is no manifest stays what it is, for the provider to
    refuse. So does one in a file of its own, which is read as a manifest anyway."""
    if resource.mode != "managed" or resource.kind != "kubectl_manifest":
        return resource
    attributes = resource.attributes
    body = attributes.get("yaml_body")
    if body is None or "manifest" in attributes:
        return resource
    from guardrail.inputs.terraform.functions.decoding import decode

    try:
        manifest = decode(body, yaml=True)
    except EvalError:
        return resource
    if not isinstance(manifest, Map) or manifest.header.file.endswith(_READ_ALONE):
        return resource
    place = attributes.place("yaml_body")
    origin = attributes.origins.get("yaml_body") if attributes.origins else None
    attributes.put("manifest", relocated(_elsewhere(manifest, attributes), place), place, origin)
    del attributes["yaml_body"]  # what stands in it is told of once
    resource.kind, resource.provider = "kubernetes_manifest", "kubernetes"
    return resource


def _elsewhere(manifest: Map, attributes: Map) -> Map:
    """In the namespace that the resource puts it into, whatever the manifest says."""
    namespace = attributes.get("override_namespace")
    metadata = manifest.get("metadata")
    if not namespace or not isinstance(metadata, Map):
        return manifest
    made, inner = copy_map(manifest), copy_map(metadata)
    inner.put("namespace", namespace, attributes.place("override_namespace"))
    made["metadata"] = inner
    return made
