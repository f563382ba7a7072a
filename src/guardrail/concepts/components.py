"""Containers that run a part of Kubernetes -> `component` nouns."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.concepts.container_scripts import code_index
from guardrail.model import Inventory, Noun, PartText, Resource, Seq, Value

NAMES = frozenset(("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubelet"))
_OF_HYPERKUBE = {
    "apiserver": "kube-apiserver", "controller-manager": "kube-controller-manager", "scheduler": "kube-scheduler",
}  # fmt: skip
_LAUNCHERS = ("hyperkube", "go-runner", "kube-log-runner", "tini", "dumb-init")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    for container in resource.nouns.get("container", ()):
        words = container.fields.get("command")
        if not isinstance(words, Seq) or container.fields.get("class") != "app":
            continue
        if any(isinstance(word, str) and word.startswith("--openshift-config=") for word in words):
            continue  # whose operators write that file, with all there is to say
        at = code_index(words)
        if at is not None:
            code = _text(words[at])
            if any(name in code for name in NAMES):
                from guardrail.concepts.component_flags import noun_of_code

                yield from noun_of_code(code, words.place(at), container)
            continue
        found = _component(words)
        if found is not None:
            from guardrail.concepts.component_flags import noun_of_words

            yield noun_of_words(*found, words, container)


def _component(words: Seq) -> tuple[str, int] | None:
    """Which one a command line runs, and where its flags begin."""
    launcher = ""
    for index, word in enumerate(words[:6]):
        text = _text(word)
        if text.startswith("-") and launcher:  # the launcher's own
            continue
        name = text.rpartition("/")[2]
        if launcher == "hyperkube":
            name = _OF_HYPERKUBE.get(name, name)
        if name in NAMES and not text.startswith("-"):
            following = _text(words[index + 1]) if index + 1 < len(words) else ""
            if name == "etcd" and following and not following.startswith("-"):
                return None  # a proxy: `etcd grpc-proxy start`
            return name, index + 1
        if name not in _LAUNCHERS:
            return None
        launcher = name
    return None


def _text(word: Value) -> str:
    text = word.template if isinstance(word, PartText) else word
    return text if isinstance(text, str) else ""
