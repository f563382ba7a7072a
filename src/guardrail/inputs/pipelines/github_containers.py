"""Containers that GitHub runs a job in (`container:`) and beside it (`services:`)."""

from __future__ import annotations

from guardrail.inputs.pipelines.container_options import create_options, mount_item, port_items
from guardrail.inputs.pipelines.github_file import GithubFile
from guardrail.inputs.pipelines.github_matrix import Matrix
from guardrail.inputs.pipelines.vocabulary import Draft, Keys, image_dependency, text_of
from guardrail.model import Map, Noun, Seq, Unknown


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
        draft.put("ports", port_items(ports), body.spans["ports"])
    mounts = Seq(body.spans.get("volumes", body.header))
    volumes = body.get("volumes")
    if isinstance(volumes, Seq):
        for volume, span in zip(volumes, volumes.spans, strict=False):
            text = text_of(volume)
            if text:
                mounts.add(mount_item(text, span), span)
    options = body.get("options")
    span = body.spans.get("options", body.header)
    if isinstance(options, str) and options:
        filled = matrix.fill(options)
        if len(filled) == 1 and isinstance(filled[0].value, str):
            create_options(draft, filled[0].value, span, mounts)
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


def registry_passwords(draft: Draft, job: Map) -> None:
    """Where `credentials:` of a container hold the password itself."""
    items = Seq(job.span, job.header)
    services = job.get("services")
    holders = [("container", job.get("container"))]
    holders += [(name, services[name]) for name in services] if isinstance(services, Map) else []
    for name, holder in holders:
        credentials = holder.get("credentials") if isinstance(holder, Map) else None
        password = credentials.get("password") if isinstance(credentials, Map) else None
        text = text_of(password)
        if text and "${{" not in text and isinstance(holder, Map):
            where = holder.place("credentials")
            item = Map(where)
            item.put("image_of", name, where)
            if not items:
                items.header = where
            items.add(item, where)
    if items:
        draft.put("registry_passwords", items, items.header)
