from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.conditions.operators import of_part
from guardrail.model import HOLE, HostText, Unknown
from guardrail.model.image import image_facts, parse_image


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


@pytest.mark.parametrize(
    ("image", "text", "can_start"),
    [
        (f"{HOLE}.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1", "k8s.gcr.io", False),
        (f"{HOLE}.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1", "circleci/", False),
        (f"{HOLE}.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1", "1234.dkr.ecr.eu-west-1.amazonaws.com/shop/", True),
        (f"{HOLE}.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1", "1234.dkr.ecr.eu-west-2", False),
        (f"{HOLE}.dkr.ecr.{HOLE}.amazonaws.com/shop/api:1", "1234.dkr.ecr.eu-west-2", True),
        (f"{HOLE}.dkr.ecr.{HOLE}.amazonaws.com/shop/api:1", "1234.azurecr.io/", False),
        (f"{HOLE}.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1", "12", True),
        (f"{HOLE}.gcr.io/pause:1", "k8s.gcr.io/", True),
    ],
)
def test_how_a_host_of_which_the_first_label_is_unknown_can_start(image: str, text: str, can_start: bool) -> None:
    facts = image_facts(image, Unknown("var.account has no value", ("var.account",)))
    assert isinstance(facts.name, HostText)
    assert facts.name.can_start_with(text) is can_start
    assert of_part("starts_with", [text], facts.name) is (None if can_start else False)


@pytest.mark.parametrize("image", [f"{HOLE}/api:1", f"{HOLE}api.example.com/x:1", f"shop.example.com/{HOLE}.a.b/x"])
def test_what_is_no_such_host(image: str) -> None:
    assert not isinstance(image_facts(image, Unknown("?")).name, HostText)
