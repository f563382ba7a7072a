"""Pod specs made of what stands in other words elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from guardrail.concepts.pod_kinds import Bearer
from guardrail.model import HOLE, Map, Origin, PartText, Seq, Span, Unknown, Unsaid, Value

POD_KEYS = (
    "affinity", "automountServiceAccountToken", "hostIPC", "hostNetwork", "hostPID", "overhead", "resources",
    "restartPolicy", "securityContext", "serviceAccount", "serviceAccountName", "topologySpreadConstraints", "volumes",
)  # fmt: skip
CONTAINER_KEYS = (
    "args", "command", "env", "envFrom", "image", "imagePullPolicy", "lifecycle", "livenessProbe", "name", "ports",
    "readinessProbe", "resources", "securityContext", "startupProbe", "volumeMounts", "workingDir",
)  # fmt: skip

MAX_SHOWN = 80  # of an expression, in a reason
BY_RUN = "the run that starts it may set it"
_OF_RUN = ("serviceAccountName", "automountServiceAccountToken")
# Of a pod's security context: what it is a fault to leave out. Whether a run asks for more than a task can (its node's
# network or processes, kernel parameters, other types of SELinux) is asked of the run.
_OF_ITS_CONTEXT = ("runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile")


def mapping(holder: Value, *path: str) -> Map | None:
    """The mapping at a path, None where there is none."""
    for step in path:
        holder = holder.get(step) if isinstance(holder, Map) else None
    return holder if isinstance(holder, Map) else None


def items(holder: Value, key: str) -> Iterator[Map]:
    """The mappings in a list."""
    listed = holder.get(key) if isinstance(holder, Map) else None
    for item in listed if isinstance(listed, Seq) else ():
        if isinstance(item, Map):
            yield item


def taken(source: Map, keys: tuple[str, ...] | Mapping[str, str], into: Map | None = None) -> Map:
    """A mapping with some of another's entries, renamed where `keys` says so (here -> there). What is there stays."""
    made = into if into is not None else Map(source.span, source.header)
    for key in keys:
        name = keys[key] if isinstance(keys, Mapping) else key
        if source.get(key) is not None and name not in made:
            made.copy_entry(source, key, name)
    return made


def listed(entries: list[Map], place: Map) -> Seq:
    made = Seq(place.span, place.header)
    for entry in entries:
        made.add(entry, entry.header)
    return made


class Standing(NamedTuple):
    """What an expression stands for unless somebody says otherwise, and where that is written."""

    value: Value
    note: str
    span: Span


def fill_in(target: Map, key: str, expression: re.Pattern[str], values: Mapping[str, Standing]) -> None:
    """Puts what expressions stand for into a text; of those for which nothing is written, it stays unknown. The groups
    of `expression` make a name, with dots between them."""
    text = target.get(key)
    if not isinstance(text, str):
        return
    origins: list[Origin] = []
    unknown: list[str] = []

    def stands_for(match: re.Match[str]) -> str:
        name = ".".join(group for group in match.groups() if group)
        found = values.get(name)
        if found is None or not isinstance(found.value, str) or expression.search(found.value):
            unknown.append(match.group())
            return HOLE
        origins.append(Origin(found.note, found.span, found.value))
        return found.value

    template = expression.sub(stands_for, text)
    if unknown:
        why = f"{unknown[0][:MAX_SHOWN]} is filled in later"
        value: Value = Unknown(why)
        if template.strip(HOLE):
            value = PartText(why, (), template)
    elif origins:
        value = template
    else:
        return
    target.put(key, value, target.place(key), (lambda: tuple(origins)) if origins else None)


def put(target: Map, key: str, value: Value) -> None:
    """An entry that nobody wrote: it stands where the mapping does."""
    target.put(key, value, target.header)


def filled_in(target: Map, why: str, *keys: str) -> None:
    """What others may say of a pod, and this object doesn't."""
    for key in keys:
        if target.get(key) is None:
            put(target, key, Unsaid(why))


def left_to_runs(pod: Map, context: bool = True) -> None:
    """What the run that starts a task may say of its pod; of its security context, where that is not the task's own."""
    filled_in(pod, BY_RUN, *_OF_RUN)
    written = pod.get("securityContext")
    if context and (written is None or isinstance(written, Map)):
        made = taken(written, tuple(written)) if written is not None else Map(pod.span, pod.header)
        filled_in(made, BY_RUN, *_OF_ITS_CONTEXT)
        pod.put("securityContext", made, made.header)


def bearer(spec: Map, klass: str, metadata: Map | None = None, label: str = "", doubt: str = "",
           counts: tuple[tuple[Map | None, str], ...] = (), replicated: bool = False) -> Bearer:  # fmt: skip
    template = Map(spec.span, spec.header)
    if metadata is not None:
        template.put("metadata", metadata, metadata.header)
    template.put("spec", spec, spec.header)
    return Bearer(label, klass, template, spec, counts, replicated, None, doubt)


def with_code(container: Map, command: Value, key: str) -> None:
    """Gives a container the text at `key` to run by the interpreter that `command` names, as `sh -c TEXT`."""
    code = container.get(key)
    if not isinstance(code, str):
        return
    first = code.split("\n", 1)[0]
    words = [word for word in command if isinstance(word, str)] if isinstance(command, Seq) else []
    if not words:
        words = first[2:].split() if first.startswith("#!") else ["sh"]
    joined = Seq(container.span, container.header)
    for word in (*words, "-c"):
        joined.add(word, container.place(key))
    joined.add(code, container.place(key))
    container.put("command", joined, container.place(key))
    container.pop("args", None)
