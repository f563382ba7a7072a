"""Settings of containers as Docker spells them: ports, volumes, and the options of `docker create`."""

from __future__ import annotations

import shlex

from guardrail.inputs.pipelines.vocabulary import Draft, text_of
from guardrail.model import Map, Seq, Span, Unknown, Value

_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_RUN_OPTIONS_WITH_VALUE = frozenset(
    ("--memory", "-m", "--cpus", "--user", "-u", "--cap-add", "--cap-drop", "--security-opt", "--volume", "-v",
     "--health-cmd", "--publish", "-p", "--env", "-e", "--network", "--name", "--entrypoint", "--mount", "--pid")
)  # fmt: skip


def port_items(ports: Seq) -> Seq:
    items = Seq(ports.span, ports.header)
    for port, span in zip(ports, ports.spans, strict=False):
        text = text_of(port)
        if text is None:
            continue
        where, _, protocol = text.partition("/")
        host, separator, inner = where.rpartition(":")
        item = Map(span)
        if inner.isascii() and inner.isdecimal() and len(inner) < 6:
            item.put("port", int(inner), span)
        else:
            item.put("port", Unknown("it is known only when the pipeline runs") if "$" in inner else inner, span)
        host = host.rpartition(":")[2]
        if separator and host.isascii() and host.isdecimal() and len(host) < 6:
            item.put("host_port", int(host), span)
        item.put("protocol", (protocol or "tcp").upper(), span)
        items.add(item, span)
    return items


def mount_item(text: str, span: Span) -> Map:
    """`source:path[:ro]`."""
    parts = text.split(":")
    item = Map(span)
    item.put("path", parts[1] if len(parts) > 1 else parts[0], span)
    item.put("read_only", len(parts) > 2 and "ro" in parts[2].split(","), span)
    if len(parts) > 1 and parts[0].startswith(("/", ".", "~")):
        item.put("host_path", parts[0], span)
    return item


def _bind(text: str, span: Span) -> Map:
    """`type=bind,source=/a,target=/b,readonly`."""
    told = {key: value for key, _, value in (part.partition("=") for part in text.split(","))}
    item = Map(span)
    item.put("path", told.get("target") or told.get("destination") or told.get("dst"), span)
    item.put("read_only", told.get("readonly", told.get("ro", "false")) != "false", span)
    source = told.get("source") or told.get("src")
    if source and told.get("type") == "bind":
        item.put("host_path", source, span)
    return item


def create_options(draft: Draft, text: str, span: Span, mounts: Seq) -> None:
    """What `docker create` is told: the options that the container concept has a field for."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    lists: dict[str, Seq] = {}
    draft.put("privileged", False, span)
    at = 0
    while at < len(words):
        option, equals, value = words[at].partition("=")
        at += 1
        if option in _RUN_OPTIONS_WITH_VALUE and not equals:
            value = words[at] if at < len(words) else ""
            at += 1
        if option == "--privileged":
            draft.put("privileged", value.lower() != "false", span)
        elif option == "--read-only":
            draft.put("read_only_root_filesystem", value.lower() != "false", span)
        elif option in ("--memory", "-m"):
            draft.put("limits.memory", _bytes(value), span)
        elif option == "--cpus":
            draft.put("limits.cpu", _number(value), span)
        elif option in ("--user", "-u"):
            user, _, group = value.partition(":")
            for field, who in (("run_as_user", user), ("run_as_group", group)):
                if who:
                    draft.put(field, int(who) if who.isascii() and who.isdecimal() and len(who) < 12 else who, span)
        elif option in ("--cap-add", "--cap-drop"):
            field = "capabilities.add" if option == "--cap-add" else "capabilities.drop"
            lists.setdefault(field, Seq(span)).add(value.upper().removeprefix("CAP_"), span)
        elif option == "--security-opt":
            name, _, profile = value.replace(":", "=").partition("=")
            if name == "no-new-privileges":
                draft.put("allow_privilege_escalation", profile == "false", span)
            elif name in ("seccomp", "apparmor"):
                draft.put(f"{name}_profile", "Unconfined" if profile == "unconfined" else profile, span)
        elif option in ("--volume", "-v"):
            mounts.add(mount_item(value, span), span)
        elif option == "--mount":
            mounts.add(_bind(value, span), span)
        elif option == "--pid":
            draft.put("host_pid", value == "host", span)
        elif option == "--health-cmd":
            probe = Map(span)
            probe.put("command", value, span)
            draft.put("probes.liveness", probe, span)
    for field, items in lists.items():
        draft.put(field, items, span)


def _bytes(text: str) -> Value:
    lowered = text.lower().removesuffix("ib")
    unit = lowered[-1:] if lowered[-1:] in ("b", "k", "m", "g") else ""
    number = _number(lowered.removesuffix(unit))
    return number if isinstance(number, str) else int(number * _UNITS[unit])


def _number(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if abs(number) < 1e15 else text
