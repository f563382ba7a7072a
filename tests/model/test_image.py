from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.model.image import image_facts, parse_image
from guardrail.model.values import HOLE, Unknown


@pytest.mark.parametrize(
    ("ref", "parts", "pin", "repository"),
    [
        ("nginx", ("docker.io", "nginx", "", ""), "none", "nginx"),
        ("nginx:latest", ("docker.io", "nginx", "latest", ""), "none", "nginx"),
        ("nginx:1.27", ("docker.io", "nginx", "1.27", ""), "tag", "nginx"),
        ("library/nginx", ("docker.io", "nginx", "", ""), "none", "nginx"),
        ("docker.io/library/nginx:1", ("docker.io", "nginx", "1", ""), "tag", "nginx"),
        ("org/app:1", ("docker.io", "org/app", "1", ""), "tag", "org/app"),
        ("ghcr.io/org/app:1@sha256:ab", ("ghcr.io", "org/app", "1", "sha256:ab"), "digest", "ghcr.io/org/app"),
        ("localhost/app", ("localhost", "app", "", ""), "none", "localhost/app"),
        ("host:5000/app", ("host:5000", "app", "", ""), "none", "host:5000/app"),
        ("host:5000/a/b:2", ("host:5000", "a/b", "2", ""), "tag", "host:5000/a/b"),
        ("docker://alpine:3", ("docker.io", "alpine", "3", ""), "tag", "alpine"),
        ("", ("docker.io", "", "", ""), "none", ""),
    ],
)
def test_parts(ref: str, parts: tuple[str, ...], pin: str, repository: str) -> None:
    image = parse_image(ref)
    assert tuple(image) == parts
    assert (image.pin, image.repository) == (pin, repository)


@given(st.text(max_size=40))
def test_any_text_has_parts(ref: str) -> None:
    parse_image(ref)


def test_what_ko_builds_is_put_in_by_its_digest() -> None:
    facts = image_facts("ko://github.com/acme/app/cmd/web")
    assert (facts.name, facts.version, facts.pin) == ("github.com/acme/app/cmd/web", None, "digest")
    assert isinstance(facts.owner, Unknown)
    part = Unknown("var.x has no value")
    assert image_facts(f"ko://github.com/{HOLE}/web", part).shown == "ko://github.com/*/web"
