from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.concepts import network_rules
from guardrail.concepts.network_ranges import other_side, port_range, protocol_of
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import BY_NAME, load
from guardrail.model import Inventory, Map, Noun, OneOf, Reference, Resource, Seq, Span, Unknown, plain
from guardrail.tree import Tree

HERE = Span("main.tf", 1, 1, 9, 2)
PORT = st.integers(0, 65535)


def nouns(text: str, reader: str = "terraform", file: str = "main.tf") -> list[Noun]:
    tree = Tree("/nowhere", {file: text.encode()})
    reading = load(BY_NAME[reader])([file], tree, ReadOptions())
    assert not reading.problems
    inventory = Inventory(reading.resources)
    return [noun for resource in reading.resources for noun in network_rules.nouns(resource, inventory)]


def fields(text: str, **how: Any) -> list[dict[str, Any]]:
    return [plain(noun.fields) for noun in nouns(text, **how)]


def manifest(text: str) -> list[Noun]:
    return nouns(text, reader="kubernetes", file="policy.yaml")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("22", (22, 22)), (22, (22, 22)), ("20-25", (20, 25)), (" 20 - 25 ", (20, 25)), ("*", (0, 65535)),
     ("ssh", None), ("", None), (True, None), ("20-", None), ("-1", None)],
)  # fmt: skip
def test_port_ranges(written: Any, meant: Any) -> None:
    assert port_range(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [("-1", "all"), (-1, "all"), ("*", "all"), ("Tcp", "tcp"), ("6", "tcp"), (17, "udp"), ("1", "icmp"), ("50", "50")],
)
def test_protocols(written: Any, meant: str) -> None:
    assert protocol_of(written) == meant


def side(*sources: Any) -> Any:
    block = Map(HERE)
    items = Seq(HERE)
    for line, source in enumerate(sources, 3):
        items.add(source, Span("main.tf", line, 5, line, 20))
    block.put("cidrs", items, Span("main.tf", 2, 3, 8, 4))
    return other_side(block, ("cidrs",), ("groups",))


@pytest.mark.parametrize("source", ["0.0.0.0/0", "::/0", "*", "Internet", "internet", "10.0.0.0/0", "2000::/3"])
def test_the_finding_stands_at_the_source_that_is_too_wide(source: str) -> None:
    found = side("10.0.0.0/8", source, "192.0.2.1/32")
    assert (found.anywhere, found.open_to, found.place.line) == (True, source, 4)


@pytest.mark.parametrize("source", ["10.0.0.0/8", "0.0.0.0/1", "::1/128", "VirtualNetwork", "sg-1", "0.0.0.0/8"])
def test_what_is_not_the_internet(source: str) -> None:
    assert side(source).anywhere is False


def either(*choices: Any) -> OneOf:
    return OneOf("var.env has no value", ("var.env",), choices)


@pytest.mark.parametrize(
    ("source", "anywhere"),
    [
        (either("10.0.0.0/8", "192.168.0.0/16"), False),
        (either(["10.0.0.0/8"], ["192.168.0.0/16", "10.1.0.0/16"]), False),
        (either("10.0.0.0/8", None), False),
        (either("0.0.0.0/0", "::/0"), True),
        (either(["10.0.0.0/8", "0.0.0.0/0"], ["::/0"]), True),
        (either("0.0.0.0/0", "10.0.0.0/8"), None),
        (either("0.0.0.0/1", "10.0.0.0/8"), None),
    ],
)
def test_a_source_that_is_one_of_a_few(source: OneOf, anywhere: bool | None) -> None:
    choices = tuple(Seq(HERE) if isinstance(choice, list) else choice for choice in source.choices)
    for made, choice in zip(choices, source.choices, strict=True):
        if isinstance(made, Seq):
            made.extend(choice)
    found = side("10.0.0.0/16", OneOf(source.reason, source.refs, choices))
    assert (None if isinstance(found.anywhere, Unknown) else found.anywhere) is anywhere
    assert (found.open_to in ("0.0.0.0/0", "::/0")) is (anywhere is True)


def test_halves_make_a_whole() -> None:
    assert side("0.0.0.0/1", "128.0.0.0/1").anywhere is True
    assert side("0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1").anywhere is True
    assert side("0.0.0.0/1", "128.0.0.0/2").anywhere is False


def test_what_is_known_to_be_open_is_open_whatever_else_there_is() -> None:
    unknown = Unknown("var.office has no value")
    assert side(unknown).anywhere is unknown
    assert side(unknown, "0.0.0.0/0").anywhere is True
    assert side(unknown, "10.0.0.0/8").anywhere is unknown


def test_a_network_is_not_the_internet_though_its_range_is_computed() -> None:
    assert side(Reference("module.net.aws_vpc.main[0]", "cidr_block")).anywhere is False
    assert side(Reference("data.aws_vpc.main", "cidr_block")).anywhere is False
    assert side(Reference("aws_eip.main", "public_ip")).anywhere == Reference("aws_eip.main", "public_ip")


def test_the_range_of_a_network_is_not_the_internet_though_nobody_knows_it() -> None:
    vpc = (
        'variable "range" {}\n'
        'resource "aws_vpc" "main" {\n  cidr_block = var.range\n  tags       = { Office = var.range }\n}\n'
    )
    for source, known in (
        ("aws_vpc.main.cidr_block", True),
        ("module.vpc.vpc_cidr_block", True),
        ("module.vpc.private_subnets_cidr_blocks[0]", True),
        ("var.range", False),
        ("aws_vpc.main.tags.Office", False),
        ("module.vpc.allowed_cidr_blocks[0]", False),
    ):
        module = 'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n'
        group = f'resource "aws_security_group" "a" {{\n  ingress {{\n    cidr_blocks = [{source}]\n  }}\n}}\n'
        (found,) = (noun for noun in nouns(vpc + module + group) if "anywhere" in noun.fields)
        assert (found.fields["anywhere"] is False) is known, source


def test_spellings_of_one_rule_come_to_the_same() -> None:
    found = fields(
        """
        resource "aws_security_group" "inline" {
          ingress {
            from_port   = 22
            to_port     = 22
            protocol    = "tcp"
            cidr_blocks = ["0.0.0.0/0"]
          }
        }
        resource "aws_security_group" "attribute" {
          ingress = [{
            from_port   = 22, to_port = 22, protocol = "6", cidr_blocks = ["0.0.0.0/0"], description = null,
            ipv6_cidr_blocks = null, prefix_list_ids = null, security_groups = null, self = null
          }]
        }
        resource "aws_security_group_rule" "rule" {
          type        = "ingress"
          from_port   = "22"
          to_port     = "22"
          protocol    = "TCP"
          cidr_blocks = ["0.0.0.0/0"]
        }
        resource "aws_vpc_security_group_ingress_rule" "rule" {
          from_port   = 22
          to_port     = 22
          ip_protocol = "tcp"
          cidr_ipv4   = "0.0.0.0/0"
        }
        """
    )
    assert len(found) == 4
    assert all(item == found[0] for item in found)
    assert found[0] == {
        "class": "firewall", "direction": "ingress", "action": "allow", "protocol": "tcp", "from_port": 22,
        "to_port": 22, "ports": "22", "sources": ["0.0.0.0/0"], "anywhere": True, "open_to": "0.0.0.0/0",
    }  # fmt: skip


def test_ports_do_not_matter_without_a_protocol_and_are_none_with_icmp() -> None:
    everything, ping = fields(
        """
        resource "aws_security_group" "x" {
          ingress {
            from_port   = 0
            to_port     = 0
            protocol    = "-1"
            cidr_blocks = ["10.0.0.0/8"]
          }
          ingress {
            from_port   = 8
            to_port     = 0
            protocol    = "icmp"
            cidr_blocks = ["10.0.0.0/8"]
          }
        }
        """
    )
    assert (everything["ports"], everything["from_port"], everything["to_port"]) == ("0-65535", 0, 65535)
    assert "ports" not in ping
    assert "from_port" not in ping


def test_a_key_says_what_is_permitted_so_that_order_does_not_matter() -> None:
    block = """
          ingress {{
            from_port = {0}
            to_port   = {0}
            protocol  = "tcp"
            self      = true
          }}
    """
    text = 'resource "aws_security_group" "x" {{ {} {} }}'
    one = nouns(text.format(block.format(22), block.format(80)))
    other = nouns(text.format(block.format(80), block.format(22)))
    expected = {"ingress allow tcp 22", "ingress allow tcp 80"}
    assert {noun.key for noun in one} == {noun.key for noun in other} == expected


def test_blocks_that_cannot_be_known_are_one_rule_of_which_nothing_is_known() -> None:
    (found,) = nouns(
        """
        variable "ports" {}
        resource "aws_security_group" "x" {
          ingress = var.ports
        }
        """
    )
    assert found.fields["direction"] == "ingress"
    assert isinstance(found.fields["anywhere"], Unknown)
    assert "var.ports" in found.fields["anywhere"].reason


def test_blocks_that_may_be_there_count() -> None:
    """Each, and what is not known of it only."""
    first, second, third = fields(
        """
        variable "ports" {}
        variable "ssh" {}
        resource "aws_security_group" "x" {
          dynamic "ingress" {
            for_each = var.ssh ? [1] : []
            content {
              from_port   = 22
              to_port     = 22
              protocol    = "tcp"
              cidr_blocks = ["0.0.0.0/0"]
            }
          }
          dynamic "ingress" {
            for_each = var.ports
            content {
              from_port   = ingress.value
              to_port     = ingress.value
              protocol    = "tcp"
              cidr_blocks = ["10.0.0.0/8"]
            }
          }
          ingress {
            from_port   = 443
            to_port     = 443
            protocol    = "tcp"
            cidr_blocks = ["0.0.0.0/0"]
          }
        }
        """
    )
    assert (first["from_port"], first["anywhere"]) == (22, True)
    assert "var.ports" in second["from_port"]["$unknown"]
    assert second["anywhere"] is False
    assert (third["from_port"], third["anywhere"]) == (443, True)


def test_a_denial_that_may_be_there_shuts_nobody_out() -> None:
    found = fields(
        """
        variable "shut" {}
        resource "azurerm_network_security_group" "x" {
          dynamic "security_rule" {
            for_each = var.shut ? [1] : []
            content {
              priority                   = 100
              direction                  = "Inbound"
              access                     = "Deny"
              protocol                   = "*"
              source_port_range          = "*"
              destination_port_range     = "*"
              source_address_prefix      = "*"
              destination_address_prefix = "*"
            }
          }
          security_rule {
            priority                   = 200
            direction                  = "Inbound"
            access                     = "Allow"
            protocol                   = "Tcp"
            source_port_range          = "*"
            destination_port_range     = "22"
            source_address_prefix      = "*"
            destination_address_prefix = "*"
          }
        }
        """
    )
    assert [rule.get("anywhere") for rule in found if rule.get("action") == "allow"] == [True]


def test_azure_makes_a_rule_of_each_range_and_knows_both_directions() -> None:
    found = fields(
        """
        resource "azurerm_network_security_group" "x" {
          security_rule {
            name                       = "in"
            priority                   = 100
            direction                  = "Inbound"
            access                     = "Allow"
            protocol                   = "*"
            destination_port_ranges    = ["80", "8000-8010"]
            source_address_prefixes    = ["10.0.0.0/8", "Internet"]
            destination_address_prefix = "*"
          }
          security_rule {
            name                       = "out"
            priority                   = 100
            direction                  = "Outbound"
            access                     = "Deny"
            protocol                   = "Tcp"
            destination_port_range     = "*"
            source_address_prefix      = "*"
            destination_address_prefix = "10.0.0.0/8"
          }
        }
        """
    )
    assert [(f["direction"], f["action"], f["ports"], f["anywhere"]) for f in found] == [
        ("ingress", "allow", "80", True),
        ("ingress", "allow", "8000-8010", True),
        ("egress", "deny", "0-65535", False),
    ]


def test_rules_of_one_group_in_resources_of_their_own_know_of_each_other() -> None:
    text = """
        resource "azurerm_network_security_group" "x" {{
          name = "x"
        }}
        resource "azurerm_network_security_rule" "{0}" {{
          network_security_group_name = azurerm_network_security_group.x.name
          priority                    = {1}
          direction                   = "Inbound"
          access                      = "{2}"
          protocol                    = "*"
          destination_port_range      = "*"
          source_address_prefix       = "*"
        }}
    """
    first = text.format("deny", 100, "Deny")
    second = text.format("allow", 200, "Allow").split("}", 1)[1]
    deny, allow = fields(first + second)
    assert deny["anywhere"] is True
    assert allow["anywhere"] is False


@pytest.mark.parametrize(
    ("narrowed", "anywhere"),
    [("", False), ('destination_address_prefix = "*"', False), ('destination_address_prefix = "10.0.0.4"', True),
     ('source_port_range = "1024-2048"', True), ('source_address_prefix = "10.0.0.0/8"', True)],
)  # fmt: skip
def test_only_what_is_denied_altogether_is_denied(narrowed: str, anywhere: bool) -> None:
    everybody = "" if "source_address" in narrowed else 'source_address_prefix = "*"'
    _, allow = fields(
        f"""
        resource "azurerm_network_security_group" "x" {{
          security_rule {{
            priority               = 100
            direction              = "Inbound"
            access                 = "Deny"
            protocol               = "*"
            destination_port_range = "22"
            {everybody}
            {narrowed}
          }}
          security_rule {{
            priority               = 200
            direction              = "Inbound"
            access                 = "Allow"
            protocol               = "Tcp"
            destination_port_range = "22"
            source_address_prefix  = "Internet"
          }}
        }}
        """
    )
    assert allow["anywhere"] is anywhere


def test_lightsail_takes_everyone_where_no_address_is_named() -> None:
    made = fields(
        """
        resource "aws_lightsail_instance_public_ports" "web" {
          instance_name = "web"
          port_info {
            protocol  = "tcp"
            from_port = 22
            to_port   = 22
          }
          port_info {
            protocol  = "tcp"
            from_port = 22
            to_port   = 22
            cidrs     = ["198.51.100.0/24"]
          }
          port_info {
            protocol          = "tcp"
            from_port         = 22
            to_port           = 22
            cidr_list_aliases = ["lightsail-connect"]
          }
          port_info {
            protocol   = "all"
            from_port  = 0
            to_port    = 65535
            ipv6_cidrs = ["::/0"]
          }
        }
        """
    )
    assert [one["anywhere"] for one in made] == [True, False, False, True]
    assert [one["ports"] for one in made] == ["22", "22", "22", "0-65535"]


def test_google_takes_everyone_where_no_source_is_named() -> None:
    found = fields(
        """
        resource "google_compute_firewall" "open" {
          allow {
            protocol = "tcp"
            ports    = [22, "80-90"]
          }
          allow {
            protocol = "icmp"
          }
        }
        resource "google_compute_firewall" "tagged" {
          source_tags = ["web"]
          deny {
            protocol = "all"
          }
        }
        resource "google_compute_firewall" "out" {
          direction = "EGRESS"
          allow {
            protocol = "all"
          }
        }
        """
    )
    assert [(f["direction"], f["action"], f.get("ports"), f["anywhere"]) for f in found] == [
        ("ingress", "allow", "22", True),
        ("ingress", "allow", "80-90", True),
        ("ingress", "allow", None, True),
        ("ingress", "deny", "0-65535", False),
        ("egress", "allow", "0-65535", True),
    ]


def test_network_policies_in_both_notations() -> None:
    (first, second, third) = manifest(
        """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api}
spec:
  podSelector: {}
  ingress:
    - from: [{ipBlock: {cidr: 10.0.0.0/8}}, {podSelector: {}}]
      ports: [{port: 8000, endPort: 8010}, {port: http, protocol: UDP}]
  egress:
    - to: []
"""
    )
    assert (first.fields["ports"], first.fields["anywhere"], first.fields["protocol"]) == ("8000-8010", False, "tcp")
    assert isinstance(second.fields["ports"], Unknown)
    assert second.fields["protocol"] == "udp"
    assert [rule.fields["port_name"] for rule in (first, second, third)] == ["8000-8010", "http", "0-65535"]
    assert [rule.fields["rule_ports"] for rule in (first, second)] == ["ports 8000-8010, http"] * 2
    assert third.fields["rule_ports"] == "all ports"
    assert plain(first.fields["sources"]) == ["10.0.0.0/8", "pods"]
    assert (third.fields["direction"], third.fields["anywhere"], third.fields["ports"]) == ("egress", True, "0-65535")
    (block,) = fields(
        """
        resource "kubernetes_network_policy_v1" "api" {
          spec {
            ingress {
              from {
                ip_block {
                  cidr = "::/0"
                }
              }
              ports {
                port     = "8000"
                protocol = "TCP"
              }
            }
          }
        }
        """
    )
    assert (block["ports"], block["anywhere"], block["class"]) == ("8000", True, "policy")


@pytest.mark.parametrize(
    ("groups", "anywhere"), [("", True), ('source_security_group_ids = ["sg-1"]', False)]
)  # fmt: skip
def test_ssh_of_managed_nodes(groups: str, anywhere: bool) -> None:
    (found,) = fields(
        f"""
        resource "aws_eks_node_group" "x" {{
          remote_access {{
            ec2_ssh_key = "ops"
            {groups}
          }}
        }}
        """
    )
    assert (found["ports"], found["anywhere"]) == ("22", anywhere)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8),
                    lambda inner: st.lists(inner, max_size=3), max_leaves=6))  # fmt: skip
def test_nonsense_makes_no_crash(value: Any) -> None:
    def located(item: Any) -> Any:
        if not isinstance(item, list):
            return item
        made = Seq(HERE)
        for part in item:
            made.add(located(part), HERE)
        return made

    for kind in network_rules._MAKERS:
        block = Map(HERE)
        for key in ("from_port", "to_port", "protocol", "cidr_blocks", "destination_port_ranges",
                    "source_address_prefix", "ports", "ingress", "security_rule", "allow", "spec",
                    "remote_access", "priority", "direction",
                    "from", "start_ip_address"):  # fmt: skip
            block.put(key, located(value), HERE)
        outer = Map(HERE)
        for key in ("ingress", "egress", "security_rule", "allow", "spec", "remote_access"):
            outer.put(key, block, HERE)
        for attributes in (block, outer):
            made = Resource("terraform", "x", kind, f"{kind}.x", attributes)
            for noun in network_rules.nouns(made, Inventory([made])):
                assert noun.fields.header.line


@pytest.mark.parametrize(
    ("ports", "told"),
    [
        ("[{port: 22}, {port: 3306}, {port: 22, protocol: UDP}]", "ports 22, 3306"),
        ("[{port: http-alt}]", "port http-alt"),
        ("[{port: 8000, endPort: 9000}]", "ports 8000-9000"),
        ("[{port: 22}, {protocol: UDP}]", "all ports"),
        ("[]", "all ports"),
        (str([{"port": number} for number in range(1, 20)]), "ports 1, 2, 3, 4, 5, 6, 7, ..."),
    ],
)
def test_a_finding_about_a_policys_rule_names_all_of_its_ports(ports: str, told: str) -> None:
    text = f"""
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: api}}
spec:
  podSelector: {{}}
  ingress:
    - ports: {ports}
"""
    assert {noun.fields["rule_ports"] for noun in manifest(text)} == {told}


# Prefix lists ---------------------------------------------------------------------------------------------------

GROUP = """
resource "aws_security_group" "g" {
  ingress {
    from_port       = 22
    to_port         = 22
    protocol        = "tcp"
    prefix_list_ids = %s
    cidr_blocks     = %s
  }
}
resource "aws_vpc_security_group_ingress_rule" "r" {
  ip_protocol    = "tcp"
  from_port      = 22
  to_port        = 22
  prefix_list_id = aws_ec2_managed_prefix_list.l.id
}
"""
LIST = """
variable "networks" {}
resource "aws_ec2_managed_prefix_list" "l" {
  address_family = "IPv4"
  max_entries    = 5
  %s
}
"""
IN_LIST = GROUP % ("[aws_ec2_managed_prefix_list.l.id]", "[]")


@pytest.mark.parametrize(
    ("entries", "anywhere"),
    [
        ('entry { cidr = "10.0.0.0/8" }', False),
        ('entry { cidr = "10.0.0.0/8" }\n  entry { cidr = "0.0.0.0/0" }', True),
        ('entry { cidr = "0.0.0.0/1" }\n  entry { cidr = "128.0.0.0/1" }', True),
        ("", False),
    ],
)
def test_who_is_in_a_prefix_list_may_come_in(entries: str, anywhere: bool) -> None:
    assert [noun["anywhere"] for noun in fields(LIST % entries + IN_LIST)] == [anywhere, anywhere]


def test_entries_of_a_prefix_list_may_be_resources_of_their_own() -> None:
    entry = 'resource "aws_ec2_managed_prefix_list_entry" "e" {\n  cidr = "::/0"\n  prefix_list_id = %s\n}\n'
    tree = LIST % 'entry { cidr = "10.0.0.0/8" }' + IN_LIST
    assert [noun["anywhere"] for noun in fields(tree + entry % "aws_ec2_managed_prefix_list.l.id")] == [True, True]
    assert [noun["anywhere"] for noun in fields(tree + entry % '"pl-1"')] == [False, False]


def test_an_entry_that_is_not_known_leaves_it_open_who_may_come_in() -> None:
    unknown = LIST % 'dynamic "entry" {\n    for_each = var.networks\n    content { cidr = entry.value }\n  }'
    for noun in fields(unknown + IN_LIST):
        assert "$unknown" in noun["anywhere"]
    world = GROUP % ("[aws_ec2_managed_prefix_list.l.id]", '["0.0.0.0/0"]')
    assert fields(unknown + world)[0]["anywhere"] is True


def test_lists_that_are_not_declared_hold_services() -> None:
    named = GROUP % ("[data.aws_prefix_list.s3.id]", "[]")
    assert fields('data "aws_prefix_list" "s3" {}\n' + LIST % "" + named)[0]["anywhere"] is False


def test_a_finding_points_from_the_rule_to_the_entry() -> None:
    [group, _] = nouns(LIST % 'entry { cidr = "0.0.0.0/0" }' + IN_LIST)
    place = group.fields.place("anywhere")
    assert place.line == 14
    origins = group.fields.origins
    assert origins is not None
    [entry] = origins["anywhere"]()
    assert (entry.note, entry.value, entry.span.line) == ("an entry of aws_ec2_managed_prefix_list.l", "0.0.0.0/0", 6)
