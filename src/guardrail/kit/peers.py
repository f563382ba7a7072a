"""Ids of other scanners' checks: facts, to say what a rule stands in for and what is left."""

from __future__ import annotations

import json
import os
from functools import cache

from guardrail import policy


@cache
def peer_ids() -> dict[str, frozenset[str]]:
    """Peer -> the ids of its checks, of those peers whose ids are known."""
    path = os.path.join(os.path.dirname(policy.__file__ or ""), "peers.json")
    with open(path, encoding="utf-8") as stream:
        return {peer: frozenset(ids) for peer, ids in json.load(stream)["ids"].items()}
