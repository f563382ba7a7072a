"""The concept files, as data, and those of the clouds, which bind kinds of theirs to concepts.

    cloud: oci
    about: Oracle Cloud, by ...            # what says what the kinds have
    kinds:                                  # that rules name themselves, with the attributes that they name
      oci_core_instance: [agent_config.is_monitoring_disabled]
    bindings:                               # concept -> as in a concept's own file
      store:
        - kinds: [oci_core_volume]
          fields: {...}
"""

from __future__ import annotations

import os
from typing import Any

from guardrail.errors import RuleError
from guardrail.formats.yaml import load
from guardrail.model import Map, Seq, plain

FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "concepts")
CLOUDS = os.path.join(FOLDER, "clouds")


def load_concepts() -> dict[str, Map]:
    """Concept -> its file's content, with places, and with what the clouds bind to it. Raises RuleError."""
    found: dict[str, Map] = {}
    for path in _files(FOLDER):
        content = _content(path)
        found[content["concept"]] = content
    for cloud in load_clouds():
        for concept, bindings in (cloud.get("bindings") or {}).items():
            if concept not in found:
                raise RuleError(f"the cloud {cloud['cloud']!r} binds to {concept!r}, which is no concept")
            known = found[concept]
            if "bindings" not in known:
                known.put("bindings", Seq(known.header), known.header)
            for index, binding in enumerate(bindings):
                known["bindings"].add(binding, bindings.spans[index])
    return found


def load_clouds() -> list[Map]:
    """The content of each cloud's file, with places. Raises RuleError."""
    return [_content(path) for path in _files(CLOUDS)]


def _files(folder: str) -> list[str]:
    return sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".yaml"))


def _content(path: str) -> Map:
    with open(path, "rb") as stream:
        data = stream.read()
    loaded = load(data, os.path.basename(path))
    if loaded.problems:
        problem = loaded.problems[0]
        raise RuleError(problem.message, path, problem.line)
    content: Map = loaded.documents[0].value
    return content


def bindings_of(concepts: dict[str, Map]) -> dict[str, list[tuple[str, Any]]]:
    """Kind -> (concept, binding as plain data)."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for name, concept in concepts.items():
        for binding in concept.get("bindings") or ():
            data = plain(binding)
            for kind in data.pop("kinds"):
                found.setdefault(kind, []).append((name, data))
    return found
