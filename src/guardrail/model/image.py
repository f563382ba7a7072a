"""Container image references, as the OCI distribution specification and Docker's reference grammar have them."""

from __future__ import annotations

from typing import NamedTuple

from guardrail.model.values import HOLE, HostText, PartText, Unknown, Value

DEFAULT_REGISTRY = "docker.io"
_KO = "ko://"  # then a Go package, which ko builds and puts in by the image's digest


class ImageReference(NamedTuple):
    """`name` is without the registry and without Docker Hub's implied `library/`; `tag` and `digest` (with its
    algorithm: `sha256:...`) are empty where none is written."""

    registry: str
    name: str
    tag: str
    digest: str

    @property
    def repository(self) -> str:
        """The name with its registry, unless that is Docker Hub."""
        return self.name if self.registry == DEFAULT_REGISTRY else f"{self.registry}/{self.name}"

    @property
    def pin(self) -> str:
        """digest, tag, or none; the tag `latest` pins nothing."""
        if self.digest:
            return "digest"
        return "tag" if self.tag and self.tag != "latest" else "none"


def parse_image(ref: str) -> ImageReference:
    """The parts of a reference such as `ghcr.io/owner/app:1.2@sha256:...`. Takes any string: what is malformed
    ends up in `name`."""
    rest = ref.strip()
    if rest.startswith("docker://"):
        rest = rest[len("docker://") :]
    rest, _, digest = rest.partition("@")
    slash = rest.rfind("/")
    colon = rest.rfind(":")
    tag = ""
    if colon > slash:
        rest, tag = rest[:colon], rest[colon + 1 :]
    registry, separator, name = rest.partition("/")
    # The first part is a host only if it looks like one: `library/nginx` has none.
    if not separator or not ("." in registry or ":" in registry or registry == "localhost"):
        registry, name = DEFAULT_REGISTRY, rest
    if registry == "index.docker.io":
        registry = DEFAULT_REGISTRY
    if registry == DEFAULT_REGISTRY and name.startswith("library/"):
        name = name[len("library/") :]
    return ImageReference(registry, name, tag, digest)


class ImageFacts(NamedTuple):
    """What can be said of a reference of which parts may be unknown. `version` is the digest, or else the tag; it and
    `tag` are None where none is written. `shown` has `*` for what is unknown."""

    name: Value
    owner: Value
    version: Value
    pin: Value
    shown: str
    tag: Value


def image_facts(template: str, unknown: Unknown | None = None) -> ImageFacts:
    """`template` is a reference with a HOLE for each part that can't be known; `unknown` says why."""
    if template.startswith(_KO):
        package = template[len(_KO) :].replace(HOLE, "*")
        registry = Unknown("ko is told where to push what it builds")
        return ImageFacts(package, registry, None, "digest", template.replace(HOLE, "*"), None)
    parts = parse_image(template)

    def known(text: str) -> Value:
        if unknown is None or HOLE not in text:
            return text
        if text == HOLE:
            return Unknown(unknown.reason, unknown.refs)
        is_host = text.startswith(f"{HOLE}.") and text.partition("/")[0].count(".") > 1
        return (HostText if is_host else PartText)(unknown.reason, unknown.refs, text)

    name, owner = known(parts.repository), known(parts.registry)
    # A first part that can't be known may be the registry.
    if unknown is not None and parts.registry == DEFAULT_REGISTRY and HOLE in parts.name.partition("/")[0]:
        name = owner = Unknown(unknown.reason, unknown.refs)
    # An unknown part that ends the reference may bring its own tag or digest.
    open_end = unknown is not None and template.endswith(HOLE)
    version = parts.digest or parts.tag or (HOLE if open_end else "")
    pin: Value = parts.pin
    if unknown is not None and not parts.digest and HOLE in version:
        other = PartText(unknown.reason, unknown.refs, version)
        pin = other.whole() if open_end or other.can_be("latest") else "tag"
    tag = parts.tag or (version if HOLE in version and not parts.digest else "")
    shown = parts.repository.replace(HOLE, "*")
    return ImageFacts(name, owner, known(version) if version else None, pin, shown, known(tag) if tag else None)
