"""The defaults that rules and bindings write down themselves are those of the providers."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from typing import Any

from guardrail.conditions.defaults import defaults_of
from guardrail.conditions.operators import same
from guardrail.policy.bundle import compile_bundle
from guardrail.policy.vocabulary import terraform_kinds
from guardrail.shipped import folder

# (kind, path): where what is written differs from the provider's default on purpose.
ON_PURPOSE = {
    # "true" is what the provider sends; it stands there as text.
    ("aws_redshift_cluster", "encrypted"),
    # Since version 5 only; store_defaults.py knows who has that.
    ("azurerm_redis_cache", "minimum_tls_version"),
}

Written = tuple[str, str, Any]  # kind, path, default


def bare(path: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", path).removeprefix("^.")


def in_condition(data: Any, kinds: list[str], prefix: str = "") -> Iterator[Written]:
    if isinstance(data, list):
        for item in data:
            yield from in_condition(item, kinds, prefix)
    for key, wanted in data.items() if isinstance(data, dict) else ():
        if key in ("all", "any", "not"):
            yield from in_condition(wanted, kinds, prefix)
        elif key == "related":
            to = wanted["to"] if isinstance(wanted["to"], list) else [wanted["to"]]
            for part in ("where", "require"):
                yield from in_condition(wanted.get(part), to)
        elif isinstance(wanted, dict):
            path = prefix + bare(key)
            for kind in kinds if "default" in wanted else ():
                yield kind, path, wanted["default"]
            for operator in ("each", "some", "none", "where"):
                yield from in_condition(wanted.get(operator), kinds, path + ".")


def in_field(spec: Any, kind: str, prefix: str) -> Iterator[Written]:
    if not isinstance(spec, dict):
        return
    if "test" in spec:
        yield from in_condition(spec["test"], [kind], prefix)
    elif "path" in spec and "default" in spec and not isinstance(spec["default"], dict):
        yield kind, prefix + bare(spec["path"]), _Made(spec)


class _Made:
    """What a field's default stands for is what becomes of the provider's by the way of a written value."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec

    def of(self, default: Any) -> Any:
        table = self.spec.get("map", {})
        made = next((value for key, value in table.items() if same(default, key)), table.get("*", default))
        if "times" in self.spec and isinstance(made, (int, float, str)):
            made = float(made) * self.spec["times"]
        return made


def written() -> Iterator[tuple[str, Written]]:
    bundle = compile_bundle(folder("rules"))
    kinds = terraform_kinds()["resources"]
    for rule in bundle["rules"]:
        for check in rule["checks"]:
            on = check["on"] if isinstance(check["on"], list) else [check["on"]]
            spoken = [kind for word in on for kind in (fnmatch.filter(kinds, word) if "*" in word else [word])]
            prefix = bare(check["each"]) + "." if "each" in check else ""
            for part in ("when", "require"):
                for found in in_condition(check.get(part), spoken, prefix):
                    yield f"rule {rule['id']}", found
    for kind, bindings in bundle["bindings"].items():
        for concept, binding in bindings:
            prefix = bare(binding["each"]) + "." if "each" in binding else ""
            for name, spec in binding["fields"].items():
                for found in in_field(spec, kind, prefix):
                    yield f"{concept}.{name}", found


def test_written_defaults_are_the_providers() -> None:
    held = 0
    wrong = []
    for where, (kind, path, default) in written():
        known = defaults_of(kind).get(path)
        if known is None or (kind, path) in ON_PURPOSE:
            continue
        held += 1
        said, taken = (default.spec["default"], default.of(known)) if isinstance(default, _Made) else (default, known)
        if not same(said, taken) and said != taken:
            wrong.append(f"{where}: {kind}.{path} is {taken!r} by default, not {said!r}")
    assert wrong == []
    assert held > 100
