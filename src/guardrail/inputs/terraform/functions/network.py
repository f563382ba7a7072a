"""Address arithmetic: cidrsubnet and its kin."""

from __future__ import annotations

import re
from typing import Any

from guardrail.formats.hcl_types import listed
from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.functions.table import function, text, whole
from guardrail.model import Value
from guardrail.model.patterns import lazy_regex

MAX_NEW_BITS = 32  # by which cidrsubnets() extends a prefix


_OCTETS = lazy_regex(r"0*(\d+)\.0*(\d+)\.0*(\d+)\.0*(\d+)/0*(\d+)", re.A)  # which Terraform reads as decimal


def _network(value: Value) -> Any:
    import ipaddress

    written = text(value)
    found = _OCTETS.fullmatch(written)
    if found is not None:
        written = f"{found[1]}.{found[2]}.{found[3]}.{found[4]}/{found[5]}"
    address, slash, length = written.partition("/")
    if not slash:
        raise EvalError("the address block has no prefix length")
    try:
        if "%" in address or not length.isdecimal() or not length.isascii():
            raise ValueError(written)
        return ipaddress.ip_network(written, strict=False)
    except ValueError:
        raise EvalError(f'"{written[:60]}" is no address block') from None


@function()
def cidrhost(prefix: Value, host: Value) -> Value:
    network, number = _network(prefix), whole(host)
    at = number if number >= 0 else network.num_addresses + number
    if not 0 <= at < network.num_addresses:
        raise EvalError(f"the address block has no host {number}")
    return str(network.network_address + at)


@function()
def cidrnetmask(prefix: Value) -> Value:
    network = _network(prefix)
    if network.version != 4:
        raise EvalError("cidrnetmask() is for IPv4")
    return str(network.netmask)


@function()
def cidrsubnet(prefix: Value, newbits: Value, netnum: Value) -> Value:
    network, bits, number = _network(prefix), whole(newbits), whole(netnum)
    length = network.prefixlen + bits
    if bits < 0 or length > network.max_prefixlen:
        raise EvalError(f"the address block has not {bits} bits to spare")
    if not 0 <= number < 1 << bits:
        raise EvalError(f"{bits} bits cannot hold subnet number {number}")
    first = int(network.network_address) + (number << (network.max_prefixlen - length))
    return f"{type(network.network_address)(first)}/{length}"


@function()
def cidrsubnets(prefix: Value, *newbits: Value) -> Value:
    network = _network(prefix)
    at = int(network.network_address)
    end = at + network.num_addresses
    blocks: list[Value] = []
    for value in newbits:
        bits = whole(value)
        length = network.prefixlen + bits
        if not 1 <= bits <= MAX_NEW_BITS or length > network.max_prefixlen:
            raise EvalError(f"the address block has not {bits} bits to spare")
        size = 1 << (network.max_prefixlen - length)
        at = -(-at // size) * size
        if at + size > end:
            raise EvalError("the address block is too small for these subnets")
        blocks.append(f"{type(network.network_address)(at)}/{length}")
        at += size
    return listed(blocks, "string")


@function()
def cidrcontains(prefix: Value, other: Value) -> Value:
    import ipaddress

    network, inner = _network(prefix), text(other)
    try:
        block = ipaddress.ip_network(inner, strict=False)
    except ValueError:
        raise EvalError(f'"{inner[:60]}" is no address or block') from None
    if block.version != network.version:
        return False
    return block.subnet_of(network)
