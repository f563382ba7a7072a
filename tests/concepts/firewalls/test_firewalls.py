"""Firewalls of clouds beside the three largest, in the words of all of them."""

from __future__ import annotations

import pytest

from guardrail.concepts.build import build
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.terraform.reader import read
from guardrail.model import Inventory, Noun, Unknown
from guardrail.tree import Tree


def rules(text: str) -> list[Noun]:
    found = read(["main.tf"], Tree("/nowhere", {"main.tf": text.encode()}), ReadOptions())
    assert not found.problems
    inventory = Inventory(found.resources)
    assert not build(inventory, {})
    return inventory.by_concept.get("network_rule", [])


def told(noun: Noun) -> tuple[object, ...]:
    fields = noun.fields
    return tuple(fields.get(key) for key in ("direction", "action", "protocol", "ports", "anywhere"))


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (
            "oci_core_security_list",
            """
            ingress_security_rules {
              protocol = "6"
              source   = "0.0.0.0/0"
              tcp_options {
                min = 20
                max = 25
              }
            }
            ingress_security_rules {
              protocol    = "all"
              source      = "ocid1.service"
              source_type = "SERVICE_CIDR_BLOCK"
            }
            egress_security_rules {
              protocol    = "17"
              destination = "::/0"
            }""",
            [
                ("ingress", "allow", "tcp", "20-25", True),
                ("ingress", "allow", "all", "0-65535", False),
                ("egress", "allow", "udp", "0-65535", True),
            ],
        ),
        (
            "oci_core_default_security_list",
            """
            manage_default_resource_id = "ocid1.securitylist"
            ingress_security_rules {
              protocol = "6"
              source   = "0.0.0.0/0"
              tcp_options {
                min = 22
                max = 22
              }
            }""",
            [("ingress", "allow", "tcp", "22", True)],
        ),
        (
            "oci_core_network_security_group_security_rule",
            """
            direction = "INGRESS"
            protocol  = "6"
            source    = "0.0.0.0/0"
            tcp_options {
              destination_port_range {
                min = 22
                max = 22
              }
            }""",
            [("ingress", "allow", "tcp", "22", True)],
        ),
        (
            "openstack_networking_secgroup_rule_v2",
            """
            direction      = "ingress"
            protocol       = "tcp"
            port_range_min = 22
            port_range_max = 22""",
            [("ingress", "allow", "tcp", "22", True)],
        ),
        (
            "openstack_networking_secgroup_rule_v2",
            """
            direction      = "ingress"
            protocol       = "tcp"
            port_range_min = 0
            port_range_max = 0""",
            [("ingress", "allow", "tcp", "0-65535", True)],
        ),
        (
            "openstack_networking_secgroup_rule_v2",
            """
            direction      = "ingress"
            protocol       = "icmp"
            port_range_min = 8
            port_range_max = 0""",
            [("ingress", "allow", "icmp", None, True)],
        ),
        (
            "openstack_networking_secgroup_rule_v2",
            """
            direction       = "egress"
            remote_group_id = "g\"""",
            [("egress", "allow", "all", "0-65535", False)],
        ),
        (
            "openstack_fw_rule_v2",
            """
            action           = "allow"
            protocol         = "tcp"
            destination_port = "20:25\"""",
            [("ingress", "allow", "tcp", "20-25", True)],
        ),
        (
            "openstack_fw_rule_v2",
            """
            action            = "allow"
            source_ip_address = "10.0.0.0/8\"""",
            [("ingress", "allow", "all", "0-65535", False)],
        ),
        (
            "openstack_fw_rule_v2",
            """
            destination_port = "22\"""",
            [("ingress", "deny", "all", "0-65535", True)],
        ),
        (
            "openstack_fw_rule_v2",
            """
            action  = "allow"
            enabled = false""",
            [],
        ),
        (
            "openstack_fw_rule_v1",
            """
            action                 = "reject"
            protocol               = "udp"
            destination_port       = "53"
            destination_ip_address = "10.0.0.7"
            source_ip_address      = "0.0.0.0/0\"""",
            [("ingress", "deny", "udp", "53", True)],
        ),
        (
            "openstack_compute_secgroup_v2",
            """
            rule {
              from_port   = -1
              to_port     = -1
              ip_protocol = "icmp"
              cidr        = "0.0.0.0/0"
            }
            rule {
              from_port   = 5432
              to_port     = 5432
              ip_protocol = "tcp"
              self        = true
            }""",
            [("ingress", "allow", "icmp", None, True), ("ingress", "allow", "tcp", "5432", False)],
        ),
        (
            "digitalocean_firewall",
            """
            inbound_rule {
              protocol         = "tcp"
              port_range       = "22"
              source_addresses = ["192.0.2.0/24", "::/0"]
            }
            inbound_rule {
              protocol    = "tcp"
              port_range  = "all"
              source_tags = ["web"]
            }
            outbound_rule {
              protocol              = "udp"
              port_range            = "1-65535"
              destination_addresses = ["0.0.0.0/0"]
            }""",
            [
                ("ingress", "allow", "tcp", "22", True),
                ("ingress", "allow", "tcp", "0-65535", False),
                ("egress", "allow", "udp", "1-65535", True),
            ],
        ),
        (
            "linode_firewall",
            """
            inbound {
              label    = "web"
              action   = "ACCEPT"
              protocol = "TCP"
              ports    = "22,8000-8080"
              ipv4     = ["0.0.0.0/0"]
            }
            inbound {
              label    = "no"
              action   = "DROP"
              protocol = "ICMP"
              ipv6     = ["2001:db8::/32"]
            }""",
            [
                ("ingress", "allow", "tcp", "22", True),
                ("ingress", "allow", "tcp", "8000-8080", True),
                ("ingress", "deny", "icmp", None, False),
            ],
        ),
        (
            "hcloud_firewall",
            """
            rule {
              direction  = "in"
              protocol   = "tcp"
              port       = "any"
              source_ips = ["0.0.0.0/0", "::/0"]
            }
            rule {
              direction       = "out"
              protocol        = "udp"
              port            = "53"
              destination_ips = ["192.0.2.53/32"]
            }""",
            [("ingress", "allow", "tcp", "0-65535", True), ("egress", "allow", "udp", "53", False)],
        ),
        (
            "scaleway_instance_security_group",
            """
            inbound_rule {
              action = "accept"
              port   = 22
            }
            outbound_rule {
              action     = "drop"
              port_range = "1-1024"
              ip_range   = "192.0.2.0/24"
            }""",
            [("ingress", "allow", "tcp", "22", True), ("egress", "deny", "tcp", "1-1024", False)],
        ),
        (
            "alicloud_network_acl",
            """
            ingress_acl_entries {
              policy         = "drop"
              protocol       = "tcp"
              port           = "22/22"
              source_cidr_ip = "0.0.0.0/0"
            }
            ingress_acl_entries {
              policy         = "accept"
              protocol       = "tcp"
              port           = "20/80"
              source_cidr_ip = "0.0.0.0/0"
            }
            egress_acl_entries {
              policy              = "accept"
              protocol            = "all"
              port                = "-1/-1"
              destination_cidr_ip = "10.0.0.0/8"
            }""",
            [
                ("ingress", "deny", "tcp", "22", True),
                ("ingress", "allow", "tcp", "20-21,23-80", True),
                ("egress", "allow", "all", "0-65535", False),
            ],
        ),
        (
            "alicloud_network_acl_entries",
            """
            ingress {
              policy         = "accept"
              protocol       = "all"
              port           = "-1/-1"
              source_cidr_ip = "0.0.0.0/0"
            }""",
            [("ingress", "allow", "all", "0-65535", True)],
        ),
        (
            "alicloud_simple_application_server_firewall_rule",
            """
            rule_protocol = "TcpAndUdp"
            port          = "20/25"
            """,
            [("ingress", "allow", "tcp", "20-25", True), ("ingress", "allow", "udp", "20-25", True)],
        ),
        (
            "alicloud_simple_application_server_firewall_rule",
            """
            rule_protocol = "Tcp"
            port          = "443"
            """,
            [("ingress", "allow", "tcp", "443", True)],
        ),
        (
            "alicloud_security_group_rule",
            """
            type        = "ingress"
            ip_protocol = "tcp"
            port_range  = "22/22"
            cidr_ip     = "0.0.0.0/0\"""",
            [("ingress", "allow", "tcp", "22", True)],
        ),
        (
            "alicloud_security_group_rule",
            """
            type        = "ingress"
            ip_protocol = "all"
            policy      = "drop"
            port_range  = "-1/-1"
            cidr_ip     = "0.0.0.0/0\"""",
            [("ingress", "deny", "all", "0-65535", True)],
        ),
        (
            "yandex_vpc_security_group",
            """
            ingress {
              protocol       = "TCP"
              port           = 22
              v4_cidr_blocks = ["0.0.0.0/0"]
            }
            egress {
              protocol          = "ANY"
              from_port         = 0
              to_port           = 65535
              security_group_id = "g"
            }""",
            [("ingress", "allow", "tcp", "22", True), ("egress", "allow", "all", "0-65535", False)],
        ),
        (
            "yandex_vpc_security_group_rule",
            """
            direction      = "ingress"
            protocol       = "TCP"
            from_port      = -1
            v4_cidr_blocks = ["10.0.0.0/8"]""",
            [("ingress", "allow", "tcp", "0-65535", False)],
        ),
        (
            "ncloud_network_acl_rule",
            """
            inbound {
              protocol    = "TCP"
              rule_action = "ALLOW"
              ip_block    = "0.0.0.0/0"
              port_range  = "1-65535"
            }
            outbound {
              protocol    = "TCP"
              rule_action = "DROP"
              ip_block    = "10.0.0.0/8"
              port_range  = "80"
            }""",
            [("ingress", "allow", "tcp", "1-65535", True), ("egress", "deny", "tcp", "80", False)],
        ),
        (
            "nifcloud_security_group_rule",
            """
            security_group_names = ["web"]
            type                 = "IN"
            protocol             = "TCP"
            from_port            = 20
            to_port              = 25
            cidr_ip              = "0.0.0.0/0"
            """,
            [("ingress", "allow", "tcp", "20-25", True)],
        ),
        (
            "nifcloud_security_group_rule",
            """
            security_group_names = ["web"]
            from_port            = 22
            cidr_ip              = "203.0.113.7"
            """,
            [("ingress", "allow", "tcp", "22", False)],
        ),
        (
            "nifcloud_security_group_rule",
            """
            security_group_names       = ["web"]
            type                       = "OUT"
            protocol                   = "ANY"
            source_security_group_name = "db"
            """,
            [("egress", "allow", "all", "0-65535", False)],
        ),
        (
            "nifcloud_db_security_group",
            """
            group_name  = "shop"
            description = "The shop's database"
            rule {
              cidr_ip = "0.0.0.0/0"
            }
            rule {
              security_group_name = "web"
            }""",
            [("ingress", "allow", "all", "0-65535", True), ("ingress", "allow", "all", "0-65535", False)],
        ),
        (
            "nifcloud_devops_firewall_group",
            """
            name = "git"
            rule {
              protocol = "TCP"
              port     = 22
              cidr_ip  = "0.0.0.0/0"
            }
            rule {
              protocol = "ICMP"
              cidr_ip  = "10.0.0.0/8"
            }""",
            [("ingress", "allow", "tcp", "22", True), ("ingress", "allow", "icmp", None, False)],
        ),
        (
            "nifcloud_nas_security_group",
            """
            group_name = "shop"
            rule {
              cidr_ip = "10.0.0.0/8"
            }""",
            [("ingress", "allow", "all", "0-65535", False)],
        ),
        (
            "yandex_vpc_default_security_group",
            """
            network_id = "n"
            ingress {
              protocol       = "ANY"
              v4_cidr_blocks = ["0.0.0.0/0"]
            }""",
            [("ingress", "allow", "all", "0-65535", True)],
        ),
        (
            "ibm_is_security_group_rule",
            """
            direction = "inbound"
            remote    = "0.0.0.0/0"
            tcp {
              port_min = 22
              port_max = 22
            }""",
            [("ingress", "allow", "tcp", "22", True)],
        ),
        (
            "ibm_is_security_group_rule",
            """
            direction = "outbound\"""",
            [("egress", "allow", "all", "0-65535", True)],
        ),
        (
            "ibm_is_security_group_rule",
            """
            direction = "inbound"
            remote    = "0.0.0.0/0"
            protocol  = "tcp"
            port_min  = 22
            port_max  = 25""",
            [("ingress", "allow", "tcp", "22-25", True)],
        ),
        (
            "ibm_is_security_group_rule",
            """
            direction = "inbound"
            remote    = "192.0.2.0/24"
            protocol  = "icmp_tcp_udp\"""",
            [("ingress", "allow", "all", "0-65535", False)],
        ),
        (
            "ibm_is_network_acl",
            """
            rules {
              name        = "no-ssh"
              action      = "deny"
              direction   = "inbound"
              source      = "0.0.0.0/0"
              destination = "0.0.0.0/0"
              protocol    = "tcp"
              port_min    = 22
              port_max    = 22
            }
            rules {
              name        = "low"
              action      = "allow"
              direction   = "inbound"
              source      = "0.0.0.0/0"
              destination = "10.0.0.0/8"
              tcp {
                port_max = 1024
              }
            }
            rules {
              name        = "out"
              action      = "allow"
              direction   = "outbound"
              source      = "0.0.0.0/0"
              destination = "10.0.0.0/8"
              icmp {
                type = 8
              }
            }""",
            [
                ("ingress", "deny", "tcp", "22", True),
                ("ingress", "allow", "tcp", "1-21,23-1024", True),
                ("egress", "allow", "icmp", None, False),
            ],
        ),
        (
            "ibm_is_network_acl_rule",
            """
            action      = "allow"
            direction   = "inbound"
            source      = "0.0.0.0/0"
            destination = "10.0.0.0/8"
            protocol    = "udp"
            port_min    = 53""",
            [("ingress", "allow", "udp", "53-65535", True)],
        ),
        (
            "tencentcloud_security_group_rule",
            """
            type        = "ingress"
            policy      = "ACCEPT"
            cidr_ip     = "0.0.0.0/0"
            ip_protocol = "TCP"
            port_range  = "22,3389\"""",
            [("ingress", "allow", "tcp", "22", True), ("ingress", "allow", "tcp", "3389", True)],
        ),
        (
            "tencentcloud_security_group_rule",
            """
            type        = "egress"
            policy      = "accept"
            source_sgid = "sg-1\"""",
            [("egress", "allow", "all", "0-65535", False)],
        ),
        (
            "tencentcloud_security_group_rule_set",
            """
            ingress {
              action     = "DROP"
              cidr_block = "0.0.0.0/0"
              protocol   = "TCP"
              port       = "22"
            }
            ingress {
              action      = "ACCEPT"
              cidr_block  = "0.0.0.0/0"
              protocol    = "TCP"
              port        = "20-25"
              description = "mail and files"
            }
            ingress {
              action             = "ACCEPT"
              source_security_id = "sg-1"
            }
            egress {
              action          = "ACCEPT"
              ipv6_cidr_block = "::/0"
              protocol        = "ALL"
              port            = "all"
            }""",
            [
                ("ingress", "deny", "tcp", "22", True),
                ("ingress", "allow", "tcp", "20-21,23-25", True),
                ("ingress", "allow", "all", "0-65535", False),
                ("egress", "allow", "all", "0-65535", True),
            ],
        ),
        (
            "tencentcloud_security_group_lite_rule",
            """
            ingress = [
              "ACCEPT#0.0.0.0/0#80,443#TCP",
              "ACCEPT#sg-7ixn3foj#22#TCP",
              "DROP#::/0#ALL#ALL",
            ]
            egress = ["ACCEPT#0.0.0.0/0#ALL#ICMP"]""",
            [
                ("ingress", "allow", "tcp", "80", True),
                ("ingress", "allow", "tcp", "443", True),
                ("ingress", "allow", "tcp", "22", False),
                ("ingress", "deny", "all", "0-65535", True),
                ("egress", "allow", "icmp", None, True),
            ],
        ),
        (
            "tencentcloud_vpc_acl",
            """
            ingress = ["ACCEPT#192.168.1.0/24#800-900#TCP#OFFICE", "ACCEPT#0.0.0.0/0#ALL#ALL"]""",
            [("ingress", "allow", "tcp", "800-900", False), ("ingress", "allow", "all", "0-65535", True)],
        ),
        (
            "tencentcloud_lighthouse_firewall_rule",
            """
            firewall_rules {
              protocol                  = "TCP"
              port                      = "22"
              firewall_rule_description = "administrators"
            }
            firewall_rules {
              protocol   = "UDP"
              port       = "ALL"
              cidr_block = "10.0.0.0/8"
              action     = "DROP"
            }""",
            [("ingress", "allow", "tcp", "22", True), ("ingress", "deny", "udp", "0-65535", False)],
        ),
    ],
)
def test_a_rule_however_its_cloud_writes_it(kind: str, body: str, expected: list[tuple[object, ...]]) -> None:
    assert [told(noun) for noun in rules(f'resource "{kind}" "a" {{{body}\n}}\n')] == expected


def test_a_finding_stands_at_the_address_that_is_too_wide() -> None:
    (noun,) = rules(
        'resource "digitalocean_firewall" "a" {\n  inbound_rule {\n    protocol = "tcp"\n    port_range = "22"\n'
        '    source_addresses = [\n      "10.0.0.0/8",\n      "0.0.0.0/0",\n    ]\n  }\n}\n'
    )
    assert noun.fields.place("anywhere").line == 7
    assert noun.fields.place("ports").line == 4


def test_what_is_not_known_stays_so() -> None:
    unknown = 'variable "from" {}\nresource "hcloud_firewall" "a" {\n  rule {\n    direction = "in"\n' \
              '    protocol = "tcp"\n    port = "22"\n    source_ips = var.from\n  }\n}\n'  # fmt: skip
    (noun,) = rules(unknown)
    assert isinstance(noun.fields["anywhere"], Unknown)
    (several,) = rules(
        'variable "rules" {}\nresource "hcloud_firewall" "a" {\n  dynamic "rule" {\n    for_each = var.rules\n'
        "    content {\n      direction = rule.value\n    }\n  }\n}\n"
    )
    assert several.fields.get("action") is not None


def test_what_a_template_says_is_not_known() -> None:
    for kind, body in (
        ("tencentcloud_security_group_lite_rule", 'ingress = ["ACCEPT#0.0.0.0/0##ppm-epjq5kn0"]'),
        (
            "tencentcloud_security_group_rule_set",
            'ingress {\n  action = "ACCEPT"\n  cidr_block = "0.0.0.0/0"\n  service_template_id = "ppm-epjq5kn0"\n}',
        ),
    ):
        (noun,) = rules(f'resource "{kind}" "a" {{\n{body}\n}}\n')
        assert noun.fields["anywhere"] is True
        assert isinstance(noun.fields["ports"], Unknown)
        assert isinstance(noun.fields["protocol"], Unknown)


def test_a_text_with_an_unknown_part() -> None:
    (port,) = rules(
        'variable "port" {}\nresource "tencentcloud_security_group_lite_rule" "a" {\n'
        '  ingress = ["ACCEPT#0.0.0.0/0#${var.port}#TCP"]\n}\n'
    )
    assert (port.fields["anywhere"], port.fields["protocol"]) == (True, "tcp")
    assert isinstance(port.fields["ports"], Unknown)
    (odd,) = rules('resource "tencentcloud_security_group_lite_rule" "a" {\n  ingress = ["ACCEPT"]\n}\n')
    assert isinstance(odd.fields["action"], Unknown)
    (unknown,) = rules('variable "rules" {}\nresource "tencentcloud_vpc_acl" "a" {\n  ingress = var.rules\n}\n')
    assert unknown.fields["class"] == "acl"
    assert isinstance(unknown.fields["ports"], Unknown)


def test_another_group_is_never_the_internet() -> None:
    (ibm,) = rules(
        'resource "ibm_is_security_group" "web" {}\nresource "ibm_is_security_group_rule" "a" {\n'
        '  direction = "inbound"\n  remote = ibm_is_security_group.web.id\n}\n'
    )
    assert ibm.fields["anywhere"] is False
    group, host, unknown = rules(
        'variable "from" {}\nresource "tencentcloud_security_group" "web" {}\n'
        'resource "tencentcloud_security_group_lite_rule" "a" {\n  ingress = [\n'
        '    "ACCEPT#${tencentcloud_security_group.web.id}#22#TCP",\n'
        '    "ACCEPT#${var.from}/32#22#TCP",\n    "ACCEPT#${var.from}#22#TCP",\n  ]\n}\n'
    )
    assert (group.fields["anywhere"], host.fields["anywhere"]) == (False, False)
    assert isinstance(unknown.fields["anywhere"], Unknown)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ibm_is_security_group_rule", 'direction = "inbound"\n  remote = ibm_is_subnet.web.ipv4_cidr_block'),
        (
            "yandex_vpc_security_group_rule",
            'direction = "ingress"\n  v4_cidr_blocks = yandex_vpc_subnet.web.v4_cidr_blocks',
        ),
        (
            "hcloud_firewall",
            'rule {\n direction = "in"\n protocol = "tcp"\n port = "any"\n'
            " source_ips = [hcloud_server.a.ipv4_address]\n}",
        ),
    ],
)  # fmt: skip
def test_the_range_of_a_network_or_machine_is_not_the_internet(kind: str, body: str) -> None:
    text = f'''
resource "ibm_is_subnet" "web" {{
  total_ipv4_address_count = 256
}}
resource "yandex_vpc_subnet" "web" {{
  zone = "a"
}}
resource "hcloud_server" "a" {{
  name = "a"
}}
resource "{kind}" "r" {{
  {body}
}}
'''
    (found,) = rules(text)
    assert found.fields["anywhere"] is False
