"""Containers that GitHub runs a job in (`container:`) and beside it (`services:`)."""

from __future__ import annotations

import shlex

from guardrail.inputs.pipelines.github_file import GithubFile
from guardrail.inputs.pipelines.github_matrix import Matrix
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, image_dependency, text_of
from guardrail.model import Map, Noun, Seq, Span, Unknown, Value

_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_RUN_OPTIONS_WITH_VALUE = frozenset(
    ("--memory", "-m", "--cpus", "--user", "-u", "--cap-add", "--cap-drop", "--security-opt", "--volume", "-v",
     "--health-cmd", "--publish", "-p", "--env", "-e", "--network", "--name", "--entrypoint", "--mount", "--pid")
)  # fmt: skip


def job_containers(file: GithubFile, job: Map, matrix: Matrix) -> list[Noun]:
    """A container and a dependency noun for each image that the job names, once for each value that the
    matrix gives it."""
    found: list[Noun] = []
    keys = {"container": Keys(), "dependency": Keys()}
    if job.get("container") is not None:
        found += _container(file, "container", "job", job, "container", matrix, keys)
    services = job.get("services")
    if isinstance(services, Map):
        for name in services:
            if services[name] is not None:
                found += _container(file, name, "service", services, name, matrix, keys)
    elif services is not None and not (isinstance(services, str) and "${{" in services):
        file.problem("malformed", "`services` is not a mapping", job.place("services"))
    return found


def _container(
    file: GithubFile, name: str, kind: str, holder: Map, key: str, matrix: Matrix, keys: dict[str, Keys]
) -> list[Noun]:
    declared = holder[key]
    body: Map | None = None
    entry = holder.spans[key]
    if isinstance(declared, Map):
        body, image, entry = declared, declared.get("image"), declared.spans.get("image", declared.header)
        header = declared.header
    elif isinstance(declared, str):
        image, header = declared, entry
    else:
        file.problem("malformed", f"{name!r} is neither an image nor a mapping", holder.place(key))
        return []
    found: list[Noun] = []
    for filled in matrix.fill(image):
        value = filled.value
        if isinstance(value, Map):  # the matrix may give the whole mapping
            value = value.get("image")
        if value is None or value == "":  # no container for this instance
            continue
        if not isinstance(value, (str, Unknown)):
            file.problem("malformed", f"the image of {name!r} is not text", entry)
            continue
        draft = Draft("container", header)
        draft.put("name", name, header)
        draft.put("class", kind, header)
        draft.put("image", value, entry, filled.origin)
        draft.put("long_running", False)
        draft.put("serves", False)
        if body is not None:
            _settings(draft, body, matrix)
        else:
            draft.put("privileged", False)
        found.append(draft.noun(name, keys["container"].next(name)))
        template = value if isinstance(value, str) else filled.template or "\0"
        unknown = value if isinstance(value, Unknown) else None
        found.append(image_dependency(template, unknown, entry, keys["dependency"], filled.origin))
    return found


def _settings(draft: Draft, body: Map, matrix: Matrix) -> None:
    env = body.get("env")
    if isinstance(env, Map):
        draft.put("env", env_items(env), body.spans["env"])
    ports = body.get("ports")
    if isinstance(ports, Seq):
        draft.put("ports", _ports(ports), body.spans["ports"])
    mounts = Seq(body.spans.get("volumes", body.header))
    volumes = body.get("volumes")
    if isinstance(volumes, Seq):
        for volume, span in zip(volumes, volumes.spans, strict=False):
            text = text_of(volume)
            if text:
                mounts.add(_mount(text, span), span)
    options = body.get("options")
    span = body.spans.get("options", body.header)
    if isinstance(options, str) and options:
        filled = matrix.fill(options)
        if len(filled) == 1 and isinstance(filled[0].value, str):
            _options(draft, filled[0].value, span, mounts)
        else:
            draft.put("privileged", filled[0].unknown or Unknown("it differs between the matrix's instances"), span)
    else:
        draft.put("privileged", False, span)
    if mounts:
        draft.put("mounts", mounts, mounts.span)


def env_items(env: Map) -> Seq:
    """`name: value` entries as the items that the container concept has."""
    items = Seq(env.span, env.header)
    for key in env:
        item = Map(env.spans[key])
        item.put("name", key, env.spans[key])
        text = text_of(env[key])
        if text is not None and "${{" in text:
            if "secrets." in text.lower():
                item.put("from", "secret", env.spans[key])
            item.put("value", Unknown("it is known only when the pipeline runs"), env.spans[key])
        elif text is not None:
            item.put("value", text, env.spans[key])
        items.add(item, env.spans[key])
    return items


def _ports(ports: Seq) -> Seq:
    items = Seq(ports.span, ports.header)
    for port, span in zip(ports, ports.spans, strict=False):
        text = text_of(port)
        if text is None:
            continue
        where, _, protocol = text.partition("/")
        host, separator, inner = where.rpartition(":")
        item = Map(span)
        if inner.isascii() and inner.isdigit() and len(inner) < 6:
            item.put("port", int(inner), span)
        else:
            item.put("port", Unknown("it is known only when the pipeline runs") if "${{" in text else inner, span)
        host = host.rpartition(":")[2]
        if separator and host.isascii() and host.isdigit() and len(host) < 6:
            item.put("host_port", int(host), span)
        item.put("protocol", (protocol or "tcp").upper(), span)
        items.add(item, span)
    return items


def _mount(text: str, span: Span) -> Map:
    """`source:path[:ro]`."""
    parts = text.split(":")
    item = Map(span)
    item.put("path", parts[1] if len(parts) > 1 else parts[0], span)
    item.put("read_only", len(parts) > 2 and "ro" in parts[2].split(","), span)
    if len(parts) > 1 and parts[0].startswith(("/", ".", "~")):
        item.put("host_path", parts[0], span)
    return item


def _options(draft: Draft, text: str, span: Span, mounts: Seq) -> None:
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
                    draft.put(field, int(who) if who.isascii() and who.isdigit() and len(who) < 12 else who, span)
        elif option in ("--cap-add", "--cap-drop"):
            field = "capabilities.add" if option == "--cap-add" else "capabilities.drop"
            lists.setdefault(field, Seq(span)).add(value.upper().removeprefix("CAP_"), span)
        elif option == "--security-opt":
            name, _, profile = value.replace(":", "=").partition("=")
            if name == "no-new-privileges":
                draft.put("allow_privilege_escalation", profile == "false", span)
            elif name == "seccomp":
                draft.put("seccomp_profile", "Unconfined" if profile == "unconfined" else profile, span)
        elif option in ("--volume", "-v"):
            mounts.add(_mount(value, span), span)
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
