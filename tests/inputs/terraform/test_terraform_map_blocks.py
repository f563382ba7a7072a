"""Maps written as blocks."""

from __future__ import annotations

import pytest

from guardrail.formats.hcl_values import PartialMap
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform import read
from guardrail.inputs.terraform.map_blocks import MAPS, is_map
from guardrail.model import Map, Resource, Seq, Unknown
from guardrail.tree import Tree


def resources(text: str, broken: bool = False) -> dict[str, Resource]:
    files = {"main.tf": text.encode()}
    found = read(["main.tf"], Tree("/nowhere", files), ReadOptions())
    assert bool(found.problems) is broken
    return {resource.address: resource for resource in found.resources}


def test_a_block_that_stands_for_a_map_is_that_map() -> None:
    found = resources("""
resource "aws_instance" "web" {
  tags {
    Name  = "web"
    Owner = "${null_resource.n.triggers.team}"
  }
  tags {
    Stage = "prod"
  }
}
resource "null_resource" "n" {
  triggers { team = "shop" }
}
resource "aws_lambda_function" "f" {
  environment {
    variables { LEVEL = "debug" }
  }
}
data "template_file" "t" {
  template = "hello $${name}"
  vars { name = "you" }
}
output "o" {
  value = "${data.template_file.t.rendered}, ${aws_instance.web.tags.Name}"
}
""")
    web = found["aws_instance.web"]
    tags = web.attributes["tags"]
    assert web.tags == tags == {"Name": "web", "Owner": "shop", "Stage": "prod"}
    assert [tags.place(name).line for name in ("Name", "Owner", "Stage")] == [4, 5, 8]
    assert next(edge for edge in web.edges if edge.target == "null_resource.n").path == "tags.Owner"
    (environment,) = found["aws_lambda_function.f"].attributes["environment"]
    assert environment["variables"] == {"LEVEL": "debug"}
    assert found["output.o"].attributes["value"] == "hello you, web"


def test_what_is_a_block_of_its_kind_stays_one() -> None:
    found = resources("""
resource "kubernetes_deployment" "d" {
  metadata {
    labels { app = "web" }
  }
}
resource "aws_autoscaling_group" "g" {
  tags {
    key   = "Name"
    value = "web"
  }
}
resource "aws_devopsguru_resource_collection" "c" {
  tags { app_boundary_key = "DevOps-Guru-x" }
}
resource "acme_thing" "t" {
  labels { app = "web" }
}
""")
    (metadata,) = found["kubernetes_deployment.d"].attributes["metadata"]
    assert type(metadata["labels"]) is Map
    assert found["aws_autoscaling_group.g"].tags == {"Name": "web"}
    assert isinstance(found["aws_devopsguru_resource_collection.c"].attributes["tags"], Seq)
    assert isinstance(found["acme_thing.t"].attributes["labels"], Seq)


def test_of_a_map_that_can_not_be_read_nothing_is_absent() -> None:
    found = resources('resource "aws_instance" "web" {\n  tags {\n    "cost center" = "a"\n  }\n}\n', broken=True)
    assert isinstance(found["aws_instance.web"].tags, Unknown)
    part = resources('resource "aws_instance" "web" {\n  tags {\n    a = 1\n    "b c" = "a"\n  }\n}\n', broken=True)
    assert isinstance(part["aws_instance.web"].attributes["tags"], PartialMap)


@pytest.mark.parametrize(
    ("mode", "kind", "path"),
    [
        ("resource", "google_compute_instance", "metadata"), ("resource", "random_id", "keepers"),
        ("data", "external", "query"), ("data", "aws_vpc", "tags"),
        ("resource", "kubernetes_deployment", "spec.selector.match_labels"),
    ],
)  # fmt: skip
def test_maps(mode: str, kind: str, path: str) -> None:
    assert path.rpartition(".")[2] in MAPS
    assert is_map(mode, kind, path)


@pytest.mark.parametrize(
    ("mode", "kind", "path"),
    [
        ("resource", "google_cloud_run_service", "metadata"), ("resource", "aws_instance", "nowhere.tags"),
        ("data", "null_resource", "triggers"), ("", "", "tags"), ("ephemeral", "aws_instance", "tags"),
    ],
)  # fmt: skip
def test_no_maps(mode: str, kind: str, path: str) -> None:
    assert not is_map(mode, kind, path)
