#!/usr/bin/env python3
"""Write guardrail's data about the objects that Kubernetes' API takes, from a release's own specification.

    python3 tools/kubernetes_schema.py VERSION [--check]

VERSION is a release (1.37.0). Its specification is api/openapi-spec/swagger.json of k8s.io/kubernetes; which values a
field takes is not in there, but in the Go types of k8s.io/api (`// +enum`). Both are Go modules under the Apache
Licence 2.0; `go mod download` gets them, checks them against Go's checksum database, and keeps them in its cache.

Written is src/guardrail/concepts/kubernetes_schema.gz: after the version, a line for each kind (`=apps/v1/Deployment`,
and its type) and for each type that kinds are made of: its name and, behind tabs, its fields. A field is NAME:TYPE,
with `!` before the type where objects without it are refused. Types are

    s string   i integer   b boolean   n number   q quantity   x integer or string   * anything
    e(A|B)     one of these texts        @name     another type      [T  list of T      {T  mapping to T

Left out are kinds of alpha versions, whose fields come and go, lists of objects, and what nobody writes but the cluster
(`status`). --check writes nothing and fails where the file would change.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import re
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "src" / "guardrail" / "concepts" / "kubernetes_schema.gz"

_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_SCALARS = {"string": "s", "integer": "i", "boolean": "b", "number": "n"}
_PREFIXES = ("io.k8s.api.", "io.k8s.apimachinery.pkg.apis.", "io.k8s.")
_OF_API = re.compile(r"io\.k8s\.api\.([a-z0-9]+\.[a-z0-9]+)\.(\w+)\Z")

# Called required, but the API server takes objects without: the zero value is as good as any (an empty header, LUN 0,
# false), or nothing looks.
NOT_REFUSED = {
    "core.v1.HTTPHeader": ("value",),
    "core.v1.Sysctl": ("value",),
    "core.v1.SleepAction": ("seconds",),
    "core.v1.LimitRangeSpec": ("limits",),
    "core.v1.PreferredSchedulingTerm": ("preference",),
    "core.v1.ISCSIPersistentVolumeSource": ("lun",),
    "core.v1.ISCSIVolumeSource": ("lun",),
    "core.v1.ScaleIOPersistentVolumeSource": ("secretRef",),
    "core.v1.ScaleIOVolumeSource": ("secretRef",),
    "core.v1.Event": ("metadata", "involvedObject"),
    "events.v1.Event": ("eventTime",),
    "apps.v1.ControllerRevision": ("data",),
    "batch.v1.PodFailurePolicy": ("rules",),
    "flowcontrol.v1.LimitedPriorityLevelConfiguration": ("limitResponse",),
    "storage.v1.CSIDriver": ("spec",),
    "storage.v1.CSINode": ("spec",),
    "storage.v1.CSINodeSpec": ("drivers",),
    "storage.v1.TokenRequest": ("audience",),
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion": ("served", "storage"),
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceConversion": ("strategy",),
}
# Closed sets of values that the sources don't mark as such.
MORE_ENUMS = {
    "autoscaling.v2": ("MetricSourceType", "MetricTargetType", "ScalingPolicySelect", "HPAScalingPolicyType"),
}
ELSEWHERE = {
    ("meta.v1.LabelSelectorRequirement", "operator"): ("In", "NotIn", "Exists", "DoesNotExist"),
    ("apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec", "scope"):
        ("Cluster", "Namespaced"),
}  # fmt: skip


def module(path: str, version: str) -> Path:
    """Where Go keeps the module, which it gets if it hasn't."""
    command = ["go", "mod", "download", "-json", f"{path}@v{version}"]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "go.mod").write_text("module schema\n", encoding="utf-8")
        told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    try:
        return Path(json.loads(told.stdout)["Dir"])
    except (ValueError, KeyError):
        raise SystemExit(f"{' '.join(command)}: {(told.stderr or told.stdout).strip()}") from None


class Enums:
    """What fields of k8s.io/api take, from its Go source."""

    def __init__(self, api: Path) -> None:
        self.fields: dict[str, dict[str, tuple[str, str]]] = {}  # type -> field in JSON -> (package, Go type)
        self.inlined: dict[str, list[str]] = {}
        self.values: dict[str, tuple[str, ...]] = {}
        for file in sorted(api.glob("*/*/types.go")):
            self._read(".".join(file.parts[-3:-1]), file.read_text(encoding="utf-8"))

    def _read(self, package: str, source: str) -> None:
        marked = set(re.findall(r"// \+enum\n(?://[^\n]*\n)*type (\w+) string", source))
        marked.update(MORE_ENUMS.get(package, ()))
        constants: dict[str, list[str]] = {}
        for kind, value in re.findall(r"^\s*(?:const )?\w+\s+(\w+) = \"([^\"]*)\"", source, re.M):
            constants.setdefault(kind, []).append(value)
        for kind in marked:
            if constants.get(kind):
                self.values[f"{package}.{kind}"] = tuple(dict.fromkeys(constants[kind]))
        for name, body in re.findall(r"^type (\w+) struct \{\n(.*?)^\}", source, re.M | re.S):
            here = self.fields.setdefault(f"{package}.{name}", {})
            for line in body.split("\n"):
                found = re.match(r"\s*(?:(\w+)\s+)?([*\[\]\w.]+)\s+`[^`]*json:\"([^\",]*)(,inline)?", line)
                if found and (found[4] or not found[1]):
                    self.inlined.setdefault(f"{package}.{name}", []).append(f"{package}.{found[2].lstrip('*')}")
                elif found:
                    here[found[3]] = (package, found[2].replace("*", "").replace("[]", ""))

    def of(self, name: str, field: str) -> tuple[str, ...] | None:
        found = self.fields.get(name, {}).get(field)
        if found is not None:
            package, kind = found
            alias, _, rest = kind.partition(".")
            if rest:  # v1.PullPolicy: of core/v1, as these import each other
                package, kind = "core.v1" if alias in ("v1", "corev1") else alias, rest
            return self.values.get(f"{package}.{kind}")
        for other in self.inlined.get(name, ()):
            values = self.of(other, field)
            if values:
                return values
        return None


def short(name: str) -> str:
    return next((name[len(prefix) :] for prefix in _PREFIXES if name.startswith(prefix)), name)


class Types:
    """Lines for the types that are asked for, and for those that they are made of."""

    def __init__(self, definitions: dict[str, Any], enums: Enums) -> None:
        self.definitions, self.enums = definitions, enums
        self.written: dict[str, str] = {}
        self.waiting: list[str] = []
        self.lenient: set[str] = set()

    def word(self, schema: dict[str, Any]) -> str:
        target = schema.get("$ref", "").removeprefix("#/definitions/")
        if target in (_QUANTITY, _INT_OR_STRING):
            return "q" if target == _QUANTITY else "x"
        if target:
            definition = self.definitions[target]
            if "properties" not in definition:  # a scalar with a name, or what nothing is said of
                return _SCALARS.get(definition.get("type"), "*")
            self.waiting.append(target)
            return f"@{short(target)}"
        kind = schema.get("type")
        if kind == "array":
            return f"[{self.word(schema['items'])}"
        if kind == "object":
            return f"{{{self.word(schema['additionalProperties'])}" if "additionalProperties" in schema else "*"
        return _SCALARS.get(kind, "*")

    def add(self, name: str) -> str:
        told = short(name)
        if told in self.written:
            return told
        definition = self.definitions[name]
        lenient = NOT_REFUSED.get(told, ())
        self.lenient.update(f"{told}.{field}" for field in lenient)
        required = set(definition.get("required", ())) - set(lenient)
        self.written[told] = ""
        parts = [told]
        in_go = _OF_API.match(name)
        for field, schema in sorted(definition["properties"].items()):
            if field == "status" and "x-kubernetes-group-version-kind" in definition:
                parts.append("status:*")
                continue
            word = self.word(schema)
            values = ELSEWHERE.get((told, field))
            if in_go and word in ("s", "[s"):
                values = self.enums.of(f"{in_go[1]}.{in_go[2]}", field)
            if values:
                word = word.replace("s", f"e({'|'.join(sorted(values))})")
            parts.append(f"{field}:{'!' if field in required else ''}{word}")
        self.written[told] = "\t".join(parts)
        while self.waiting:
            self.add(self.waiting.pop())
        return told


def text(version: str, definitions: dict[str, Any], enums: Enums) -> str:
    types = Types(definitions, enums)
    kinds: dict[str, str] = {}
    for name, definition in sorted(definitions.items()):
        declared = definition.get("x-kubernetes-group-version-kind", [])
        if len(declared) != 1 or "metadata" not in definition.get("properties", {}):
            continue
        group, api, kind = declared[0]["group"], declared[0]["version"], declared[0]["kind"]
        if "alpha" in api or (kind.endswith("List") and "items" in definition["properties"]):
            continue
        kinds[f"{group}/{api}/{kind}" if group else f"{api}/{kind}"] = types.add(name)
    unused = {f"{name}.{field}" for name, fields in NOT_REFUSED.items() for field in fields} - types.lenient
    if unused:
        print(f"NOT_REFUSED names what is not there: {', '.join(sorted(unused))}", file=sys.stderr)
    lines = [".".join(version.split(".")[:2])]
    lines += [f"={kind}\t{told}" for kind, told in sorted(kinds.items())]
    lines += [types.written[told] for told in sorted(types.written)]
    return "\n".join(lines) + "\n"


def compressed(body: str) -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=9, mtime=0) as out:
        out.write(body.encode())
    return stream.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("version", help="a release of Kubernetes, such as 1.37.0")
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    number = chosen.version.removeprefix("v")
    specification = module("k8s.io/kubernetes", number) / "api" / "openapi-spec" / "swagger.json"
    enums = Enums(module("k8s.io/api", f"0.{number.partition('.')[2]}"))
    body = text(number, json.loads(specification.read_text(encoding="utf-8"))["definitions"], enums)
    if chosen.check:
        same = TARGET.exists() and zlib.decompress(TARGET.read_bytes(), 31).decode() == body
        print(f"{TARGET.name} is {'up to date' if same else 'out of date'}")
        return 0 if same else 1
    TARGET.write_bytes(compressed(body))
    return 0


if __name__ == "__main__":
    sys.exit(main())
