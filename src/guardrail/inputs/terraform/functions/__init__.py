"""Terraform's functions, a module for each family and one table. Pure ones only: what depends on time or
chance is unknown."""

from __future__ import annotations

from importlib import import_module

from guardrail.inputs.terraform.functions.table import TABLE, Surroundings, apply

FAMILIES = ("collections", "encoding", "files", "network", "numeric", "patterns", "sequences", "strings", "times",
            "types")  # fmt: skip

for _family in FAMILIES:  # each fills the table
    import_module(f"{__name__}.{_family}")

__all__ = ["FAMILIES", "TABLE", "Surroundings", "apply"]
