from __future__ import annotations

import json
from typing import Any

import pytest

from guardrail.concepts import batch
from guardrail.concepts.table import BATCH, CODE
from guardrail.formats import yaml
from guardrail.model import Inventory, Noun, Resource, Unknown, plain

PROPERTIES = {
    "image": "registry.example.com/train:1",
    "command": ["train"],
    "privileged": True,
    "resourceRequirements": [{"type": "VCPU", "value": "0.5"}, {"type": "MEMORY", "value": "2048"}],
    "volumes": [{"name": "data", "host": {"sourcePath": "/data"}}],
    "mountPoints": [{"sourceVolume": "data", "containerPath": "/in", "readOnly": True}],
    "environment": [{"name": "LEVEL", "value": "info"}],
}


def made(properties: Any, more: str = "") -> dict[str, Noun]:
    text = f"name: train\n{more}"
    attributes = yaml.load(text.encode(), "main.tf").documents[0].value
    if properties is not None:
        attributes["container_properties"] = properties
    resource = Resource("terraform", "aws", "aws_batch_job_definition", "aws_batch_job_definition.x", attributes)
    return {noun.concept: noun for noun in batch.nouns(resource, Inventory([resource]))}


def test_a_job_definition() -> None:
    found = made(json.dumps(PROPERTIES), "timeout: [{attempt_duration_seconds: 600}]")
    fields = plain(found["container"].fields)
    assert fields["orchestrator"] == "batch"
    assert fields["privileged"] is True
    assert fields["requests"] == fields["limits"] == {"cpu": 0.5, "memory": 2 * 2**30}
    assert fields["mounts"] == [{"path": "/in", "read_only": True, "host_path": "/data"}]
    assert fields["long_running"] is False
    workload = plain(found["workload"].fields)
    assert (workload["class"], workload["deadline"], workload["host_paths"]) == ("job", 600, ["/data"])


def test_older_sizes() -> None:
    fields = made('{"vcpus": 2, "memory": 512}')["container"].fields
    assert fields["limits"] == {"cpu": 2, "memory": 512 * 2**20}


@pytest.mark.parametrize("properties", ["no json", "[1]", Unknown("var.x has no value")])
def test_what_cannot_be_read_is_an_unknown_container(properties: Any) -> None:
    assert isinstance(made(properties)["container"].fields["privileged"], Unknown)


def test_definitions_without_a_container() -> None:
    assert set(made(None)) == {"workload"}


def test_the_table_of_modules_knows_the_kind() -> None:
    assert BATCH in CODE["aws_batch_job_definition"]
