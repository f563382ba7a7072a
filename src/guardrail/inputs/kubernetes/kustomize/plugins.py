"""kustomize's built-in generators and transformers, where a file configures them (`apiVersion: builtin`). All others
are programs, and none is ever run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guardrail.inputs.kubernetes.kustomize import transform as steps
from guardrail.inputs.kubernetes.kustomize.field_specs import Specs, listed_specs
from guardrail.inputs.kubernetes.kustomize.objects import Built, strings, word
from guardrail.model import Map, Seq

if TYPE_CHECKING:
    from guardrail.inputs.kubernetes.kustomize.build import Build
    from guardrail.inputs.kubernetes.kustomize.files import Kustomization
    from guardrail.inputs.kubernetes.kustomize.patches import Patching

_GENERATORS = {"ConfigMapGenerator": "ConfigMap", "SecretGenerator": "Secret"}


def generates(config: Map) -> str:
    """ConfigMap or Secret; "" for what is no such generator."""
    return _GENERATORS.get(word(config.get("kind")), "") if config.get("apiVersion") == "builtin" else ""


def generator(config: Map) -> Map:
    """The configuration as an item of configMapGenerator has it."""
    made = Map(config.span, config.header)
    for key in config:
        if key not in ("apiVersion", "kind", "metadata"):
            made.copy_entry(config, key)
    metadata = config.get("metadata")
    for key in ("name", "namespace"):
        if key not in made and isinstance(metadata, Map) and metadata.get(key):
            made.copy_entry(metadata, key)
    return made


def transform(config: Map, made: Kustomization, objects: list[Built], patching: Patching, build: Build) -> bool:
    """Does what a configuration says; False for a plugin."""
    if config.get("apiVersion") != "builtin":
        return False
    kind = word(config.get("kind"))
    specs = tuple(listed_specs(config.get("fieldSpecs"), lambda message, value: None))
    if kind == "NamespaceTransformer":
        metadata = config.get("metadata")
        namespace = word(metadata.get("namespace")) if isinstance(metadata, Map) else ""
        if namespace and isinstance(metadata, Map):
            subjects = word(config.get("setRoleBindingSubjects"))
            build.set_namespace(objects, namespace, metadata.place("namespace"), Specs({"namespace": specs}, {}),
                                subjects, config.get("unsetOnly") is True)  # fmt: skip
    elif kind in ("PrefixTransformer", "SuffixTransformer", "PrefixSuffixTransformer"):
        for key in ("prefix", "suffix"):
            affix = word(config.get(key))
            if affix and (key in kind.lower()):
                steps.rename(objects, affix, config.place(key), specs, prefix=key == "prefix")
    elif kind in ("LabelTransformer", "AnnotationsTransformer"):
        key = "labels" if kind == "LabelTransformer" else "annotations"
        steps.set_entries(objects, strings(config.get(key)), specs, kind, build.budget)
    elif kind == "ReplicaCountTransformer":
        item = config.get("replica")
        if isinstance(item, Map):
            build.set_replicas(objects, item, specs)
    elif kind == "ImageTagTransformer":
        item = config.get("imageTag")
        if isinstance(item, Map):
            steps.set_images(objects, [steps.Image(item)], specs, build.budget)
    elif kind == "ReplacementTransformer":
        listed = config.get("replacements")
        for item in listed if isinstance(listed, Seq) else ():
            if isinstance(item, Map):
                build.replacement(objects, item, made)
    elif kind == "PatchTransformer":
        build.patch(patching, config, made)
    elif kind == "PatchJson6902Transformer":
        build.patch(patching, config, made, "jsonOp")
    elif kind == "PatchStrategicMergeTransformer":
        build.strategic(patching, config.get("paths"), made)
    else:
        return False
    return True
