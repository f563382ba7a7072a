"""Cyclops' Modules: values for a template, which is a chart (https://cyclops-ui.com/docs/architecture/)."""

from __future__ import annotations

from guardrail.inputs.kubernetes.helm.profiles import Profile
from guardrail.inputs.kubernetes.platform.asked import Asked, mapping, name_of, text
from guardrail.model import Map


def module(value: Map, asked: Asked) -> None:
    spec = mapping(value, "spec")
    template = mapping(spec, "template") or mapping(spec, "templateRef")
    if spec is None or template is None:
        return
    name = name_of(value)
    label = f"Module {name}"
    folder = asked.folder(template.get("path")) if template.get("path") is not None else None
    if folder is None or not asked.is_chart(folder):
        where = text(template, "repo") or text(template, "URL") or "elsewhere"
        path = text(template, "path")
        what = f"the template of {label} is not in this repository ({where}{f', {path}' if path else ''})"
        asked.note(f"{what}; what it is rendered to is not judged", template.header)
        return
    asked.local.add(template.header)
    values = mapping(spec, "values")
    namespace = text(spec, "targetNamespace") or "default"
    origin = spec.place("values") if values is not None else template.header
    asked.render(folder, Profile(label, (), values or None, name, namespace, origin))
