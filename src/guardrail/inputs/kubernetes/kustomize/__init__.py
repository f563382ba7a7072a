"""Kustomizations -> what they would send to a cluster, with the place of each value.

Nothing is executed and nothing fetched: a remote base, a chart and a plugin are notes.
"""

from __future__ import annotations

from guardrail.inputs.kubernetes.kustomize.files import NAMES
from guardrail.inputs.kubernetes.kustomize.graph import linked
from guardrail.inputs.kubernetes.kustomize.kustomizations import Kustomizations

__all__ = ["NAMES", "Kustomizations", "linked"]
