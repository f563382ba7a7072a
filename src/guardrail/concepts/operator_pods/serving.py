"""KServe's services and OpenFaaS' functions."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.operator_pods.building import (
    CONTAINER_KEYS,
    POD_KEYS,
    bearer,
    items,
    listed,
    mapping,
    put,
    taken,
)
from guardrail.concepts.pod_kinds import MERGED, Bearer
from guardrail.model import Inventory, Map, Seq

_COMPONENTS = ("predictor", "transformer", "explainer")
_MODELS = ("model", "huggingface", "lightgbm", "onnx", "paddle", "pmml", "pytorch", "sklearn", "tensorflow", "triton",
           "xgboost")  # fmt: skip


def bearers(kind: str, group: str, attributes: Map, inventory: Inventory) -> Iterator[Bearer]:
    spec = mapping(attributes, "spec")
    if spec is None:
        return
    if group == "serving.kserve.io":
        yield from _kserve(kind, spec)
    elif group == "openfaas.com" and kind == "Function":
        yield _function(spec)


def _kserve(kind: str, spec: Map) -> Iterator[Bearer]:
    if kind != "InferenceService":
        yield bearer(_pod(spec, list(items(spec, "containers"))), "deployment", doubt=MERGED)
        return
    for component in _COMPONENTS:
        part = mapping(spec, component)
        if part is None:
            continue
        containers = list(items(part, "containers"))
        model = next((found for key in _MODELS if (found := mapping(part, key)) is not None), None)
        if model is not None:
            main = taken(model, CONTAINER_KEYS)
            put(main, "name", "kserve-container")
            containers.append(main)
        if containers:
            yield bearer(_pod(part, containers), "deployment", label=component, doubt=MERGED if model else "")


def _pod(source: Map, containers: list[Map]) -> Map:
    pod = taken(source, POD_KEYS)
    pod.put("containers", listed(containers, source), source.header)
    before = list(items(source, "initContainers"))
    if before:
        pod.put("initContainers", listed(before, source), source.place("initContainers"))
    return pod


def _function(spec: Map) -> Bearer:
    main = taken(spec, ("name", "image"))
    resources = taken(spec, ("limits", "requests"))
    if resources:
        main.put("resources", resources, next(iter(resources.spans.values())))
    if spec.get("readOnlyRootFilesystem") is not None:
        security = taken(spec, ("readOnlyRootFilesystem",))
        main.put("securityContext", security, spec.place("readOnlyRootFilesystem"))
    environment = mapping(spec, "environment")
    if environment is not None:
        env = Seq(environment.span, environment.header)
        for key in environment:
            entry = Map(environment.place(key))
            put(entry, "name", key)
            entry.copy_entry(environment, key, "value")
            env.add(entry, environment.place(key))
        main.put("env", env, spec.place("environment"))
    pod = Map(spec.span, spec.header)
    pod.put("containers", listed([main], spec), spec.header)
    return bearer(pod, "deployment", doubt=MERGED)
