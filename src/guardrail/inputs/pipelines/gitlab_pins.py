"""What GitLab's includes name, and how firmly."""

from __future__ import annotations

from guardrail.inputs.pipelines.vocabulary import git_pin, text_of
from guardrail.model import Map, Unknown, Value
from guardrail.model.patterns import lazy_regex

_COMMIT_IN_URL = lazy_regex(r"/([0-9a-f]{40})(?:/|\Z)")
_REF_IN_URL = lazy_regex(r"/-/raw/([^/]+)/|/raw\.githubusercontent\.com/[^/]+/[^/]+/([^/]+)/")
_VERSION_IN_URL = lazy_regex(r"[/@-](v?\d+\.\d+\.\d+[\w.-]*)/")
_RANGE = lazy_regex(r"\d+(?:\.\d+)?\Z")  # `1` and `1.2` are the newest release of that line


def include_parts(kind: str, what: str, body: Map | None) -> dict[str, Value] | None:
    """The dependency's name, owner, version and pin, None for what is no dependency (an artifact of a job)."""
    if kind == "local":
        return {"name": what}
    if kind == "project":
        owner = what.strip("/").partition("/")[0]
        parts: dict[str, Value] = {"name": what, "owner": owner}
        ref = text_of(body.get("ref")) if body is not None else None
        return parts | _versioned(ref or "")
    if kind == "remote":
        host = what.partition("://")[2].partition("/")[0]
        parts = {"name": what.partition("?")[0], "owner": host}
        integrity = body.get("integrity") if body is not None else None
        if isinstance(integrity, str) and integrity:
            return parts | {"version": integrity, "pin": "digest"}
        commit = _COMMIT_IN_URL.search(what)
        if commit:
            return parts | {"version": commit.group(1), "pin": "digest"}
        ref = next((a or b for a, b in _REF_IN_URL.findall(what)), "")
        named = _VERSION_IN_URL.search(what)
        if not ref and named:
            return parts | {"version": named.group(1), "pin": "tag"}
        return parts | _versioned(ref)
    if kind == "template":  # comes with the release of GitLab that runs the pipeline
        return {"name": what, "owner": "gitlab", "pin": "version"}
    if kind == "component":
        name, _, version = what.partition("@")
        segments = name.split("/")
        parts = {"name": name, "owner": segments[1] if len(segments) > 2 else segments[0]}
        if version.startswith("~") or _RANGE.match(version):
            return parts | {"version": version, "pin": "range"}
        return parts | _versioned(version)
    return None


def _versioned(ref: str) -> dict[str, Value]:
    if "$" in ref:
        unknown = Unknown(f"{ref} is known only when the pipeline runs", (ref,))
        return {"version": unknown, "pin": unknown}
    return {"version": ref, "pin": git_pin(ref)} if ref else {"pin": "none"}
