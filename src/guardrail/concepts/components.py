"""Containers that run a part of Kubernetes -> `component` nouns."""

from __future__ import annotations

from collections.abc import Iterator

from guardrail.model import Inventory, Noun, PartText, Resource, Seq, Value

NAMES = frozenset(("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubelet"))
_SHORT = {"apiserver": "kube-apiserver", "controller-manager": "kube-controller-manager", "scheduler": "kube-scheduler"}
_LAUNCHERS = ("hyperkube", "go-runner", "kube-log-runner", "tini", "dumb-init", "--")


def nouns(resource: Resource, inventory: Inventory) -> Iterator[Noun]:
    for container in resource.nouns.get("container", ()):
        words = container.fields.get("command")
        if not isinstance(words, Seq) or not words or container.fields.get("class") != "app":
            continue
        found = _component(words)
        if found is None:
            continue
        from guardrail.concepts.component_flags import component_noun, environment_of

        name, start = found
        if any(isinstance(word, str) and word.startswith("--openshift-config=") for word in words):
            continue  # whose operators write that file, with all there is to say
        yield component_noun(name, words, start, environment_of(container), container)


def _component(words: Seq) -> tuple[str, int] | None:
    """Which one a command line runs, and where its flags begin. In a shell's code, that is the code's index."""
    for index, word in enumerate(words[:6]):
        text = word.template if isinstance(word, PartText) else word
        if not isinstance(text, str):
            return None
        name = "" if text.startswith("-") else text.rpartition("/")[2]
        if name in NAMES or (index and name in _SHORT and _last(words[index - 1]) == "hyperkube"):
            following = words[index + 1] if index + 1 < len(words) else "-"
            if name == "etcd" and isinstance(following, str) and not following.startswith("-"):
                return None  # a proxy: `etcd grpc-proxy start`
            return _SHORT.get(name, name), index + 1
        if any(part in text for part in NAMES) and index:
            from guardrail.concepts.component_flags import run_by

            run = run_by(text)
            return (run, index) if run and str(words[index - 1]).startswith("-") else None
        if index and not text.startswith("-") and name not in _LAUNCHERS and not _is_shell(name):
            return None
        if not index and name not in _LAUNCHERS and not _is_shell(name):
            return None
    return None


def _last(word: Value) -> str:
    return word.rpartition("/")[2] if isinstance(word, str) else ""


def _is_shell(name: str) -> bool:
    return name in ("sh", "bash", "ash", "dash")
