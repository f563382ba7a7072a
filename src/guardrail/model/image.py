"""Container image references, as the OCI distribution specification and Docker's reference grammar have them."""

from __future__ import annotations

from typing import NamedTuple

DEFAULT_REGISTRY = "docker.io"


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
