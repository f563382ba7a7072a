"""What providers take where nothing is written: well-known facts, and where conditions use them."""

from __future__ import annotations

from typing import Any

import pytest

from guardrail.conditions import Scope, compile_condition, compile_truth
from guardrail.conditions.defaults import defaults_of
from guardrail.model import Inventory, Map, Resource, Seq, Span, Unknown, Value

SPAN = Span("main.tf", 1, 1, 1, 2)


def value(data: Any) -> Value:
    if isinstance(data, dict):
        made = Map(SPAN)
        for key, item in data.items():
            made.put(key, value(item), SPAN)
        return made
    if isinstance(data, list):
        sequence = Seq(SPAN)
        for item in data:
            sequence.add(value(item), SPAN)
        return sequence
    return data


@pytest.mark.parametrize(
    ("kind", "path", "default"),
    [
        ("aws_db_instance", "storage_encrypted", False),
        ("aws_db_instance", "auto_minor_version_upgrade", True),
        ("aws_db_instance", "deletion_protection", False),
        ("aws_db_instance", "performance_insights_enabled", False),
        ("aws_eks_cluster", "vpc_config.endpoint_public_access", True),
        ("aws_eks_cluster", "access_config.bootstrap_cluster_creator_admin_permissions", True),
        ("aws_lb", "enable_deletion_protection", False),
        ("aws_lb", "idle_timeout", 60),
        ("aws_cloudwatch_log_group", "skip_destroy", False),
        ("aws_alb", "enable_http2", True),
        ("aws_s3_bucket_public_access_block", "block_public_acls", False),
        ("aws_instance", "source_dest_check", True),
        ("aws_vpc", "enable_dns_support", True),
        ("aws_default_subnet", "map_public_ip_on_launch", True),
        ("aws_subnet", "map_public_ip_on_launch", False),
        ("aws_sqs_queue", "message_retention_seconds", 345600),
        ("azurerm_storage_account", "shared_access_key_enabled", True),
        ("azurerm_storage_account", "public_network_access_enabled", True),
        ("azurerm_key_vault", "soft_delete_retention_days", 90),
        ("azurerm_key_vault", "purge_protection_enabled", False),
        ("azurerm_kubernetes_cluster", "role_based_access_control_enabled", True),
        ("azurerm_linux_web_app", "https_only", False),
        ("azurerm_container_registry", "admin_enabled", False),
        ("google_sql_database_instance", "settings.ip_configuration.ipv4_enabled", True),
        ("google_storage_bucket", "storage_class", "STANDARD"),
        ("google_compute_instance", "shielded_instance_config.enable_vtpm", True),
        ("kubernetes_deployment", "spec.strategy.type", "RollingUpdate"),
    ],
)
def test_facts(kind: str, path: str, default: Any) -> None:
    found = defaults_of(kind)[path]
    assert (found, type(found)) == (default, type(default))


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("aws_redshift_cluster", "publicly_accessible"),  # true before version 6, false since
        ("azurerm_storage_account", "allow_nested_items_to_be_public"),  # versions 2 to 4 differ from 5
        ("aws_s3_bucket", "bucket"),  # none at all
        ("aws_instance", "monitoring"),  # the platform decides
        ("aws_ebs_volume", "encrypted"),  # the account's settings decide
        ("google_compute_subnetwork", "private_ip_google_access"),
    ],
)
def test_what_nobody_can_tell(kind: str, path: str) -> None:
    assert path not in defaults_of(kind)


def test_kinds_without_data() -> None:
    assert defaults_of("aws_nothing") == {}
    assert defaults_of("unheard_of") == {}
    assert defaults_of("../x_y") == {}
    assert defaults_of("#") == {}


def judged(condition: Any, attributes: Any, kind: str = "aws_db_instance", **more: Any) -> bool | None:
    """The long way and the short way, which must agree."""
    root = value(attributes)
    assert isinstance(root, Map)
    resource = Resource("terraform", "aws", kind, f"{kind}.x", root, **more)
    scope = Scope(root, resource, Inventory([resource]))
    truth = compile_condition(condition)(scope).truth
    assert compile_truth(condition)(scope) is truth
    return truth


@pytest.mark.parametrize(
    ("condition", "attributes", "truth"),
    [
        ({"auto_minor_version_upgrade": True}, {}, True),
        ({"auto_minor_version_upgrade": True}, {"auto_minor_version_upgrade": None}, True),
        ({"auto_minor_version_upgrade": True}, {"auto_minor_version_upgrade": False}, False),
        ({"auto_minor_version_upgrade": {"not": True}}, {}, False),
        ({"^.auto_minor_version_upgrade": True}, {}, True),
        ({"publicly_accessible": False}, {}, True),
        ({"publicly_accessible": {"in": [False]}}, {}, True),
        ({"monitoring_interval": {"max": 0}}, {}, True),
        ({"monitoring_interval": {"min": 1}}, {}, False),
        # Nothing is written all the same, and what a rule says of the platform counts first.
        ({"publicly_accessible": {"set": False}}, {}, True),
        ({"publicly_accessible": {"set": True, "equals": False}}, {}, False),
        ({"auto_minor_version_upgrade": {"default": False, "equals": True}}, {}, False),
        # What nobody knows.
        ({"identifier": "x"}, {}, False),
        ({"publicly_accessible": False}, {"publicly_accessible": Unknown("var.x has no value")}, None),
        # A block that isn't there has no attributes.
        ({"blue_green_update.enabled": False}, {}, False),
        ({"blue_green_update.enabled": False}, {"blue_green_update": [{}]}, True),
        ({"blue_green_update": {"each": {"enabled": False}}}, {"blue_green_update": [{}]}, True),
        ({"blue_green_update": {"some": {"enabled": True}}}, {"blue_green_update": [{}]}, False),
        ({"blue_green_update[*].enabled": False}, {"blue_green_update": [{}, {}]}, True),
        ({"any": [{"identifier": "x"}, {"not": {"publicly_accessible": True}}]}, {}, True),
    ],
)
def test_conditions(condition: Any, attributes: Any, truth: bool | None) -> None:
    assert judged(condition, attributes) is truth


def test_nested_items() -> None:
    condition = {"settings": {"each": {"ip_configuration": {"each": {"ipv4_enabled": True}}}}}
    attributes = {"settings": [{"ip_configuration": [{"require_ssl": True}]}]}
    assert judged(condition, attributes, "google_sql_database_instance") is True
    assert judged(condition, attributes, "google_sql_something_else") is False


def test_a_data_source_reads_what_is() -> None:
    assert judged({"publicly_accessible": False}, {}, mode="data") is False


def test_a_nouns_fields_are_no_attributes() -> None:
    fields = value({"name": "x"})
    assert isinstance(fields, Map)
    resource = Resource("terraform", "aws", "aws_db_instance", "aws_db_instance.x", Map(SPAN))
    scope = Scope(fields, resource, Inventory([resource]))
    for condition, truth in (({"publicly_accessible": False}, False), ({"^.publicly_accessible": False}, True)):
        assert compile_condition(condition)(scope).truth is truth
        assert compile_truth(condition)(scope) is truth
