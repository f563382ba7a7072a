"""What the tests of charts share."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Sequence
from pathlib import Path

from guardrail.config.charts import HelmProfile
from guardrail.inputs.kubernetes.reader import read
from guardrail.inputs.reader import Reading, ReadOptions
from guardrail.model import Map, Resource, Seq, Span, Value
from guardrail.tree import Tree

FIXTURES = Path(__file__).parent / "fixtures" / "kubernetes" / "helm"


class Charts:
    """Charts in a folder, read as a scan reads them."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def write(self, files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            path = self.base / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, *, profiles: Sequence[HelmProfile] = (), processes: int = 1, tree: Tree | None = None) -> Reading:
        files = [
            os.path.relpath(os.path.join(folder, name), self.base).replace(os.sep, "/")
            for folder, _, names in os.walk(self.base)
            for name in names
            if name.endswith((".yaml", ".yml"))
        ]
        options = ReadOptions(helm_profiles=tuple(profiles), processes=processes)
        return read(sorted(files), tree or Tree(str(self.base)), options)


def chart(name: str, *more: str) -> str:
    return "\n".join(["apiVersion: v2", f"name: {name}", "version: 1.2.3", *more]) + "\n"


def packed(files: dict[str, str], links: Sequence[str] = ()) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            data = content.encode()
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for name in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(member)
    return stream.getvalue()


def at(reading: Reading, address: str, profile: str = "values.yaml") -> Resource:
    found = [r for r in reading.resources if r.address == address and r.root.endswith(f"with {profile}")]
    assert len(found) == 1, [(r.address, r.root) for r in reading.resources]
    return found[0]


def holder_of(resource: Resource, path: str) -> tuple[Map | Seq, str | int]:
    """`spec.containers.0.image` -> the mapping that it stands in, and its key there."""
    value: Value = resource.attributes
    keys: list[str | int] = [int(part) if part.isdigit() else part for part in path.split(".")]
    for key in keys[:-1]:
        value = value[key]
    return value, keys[-1]


def place(resource: Resource, path: str) -> str:
    holder, key = holder_of(resource, path)
    return shown(holder.spans[key])  # type: ignore[index]


def header(resource: Resource, path: str) -> str:
    holder, key = holder_of(resource, path)
    return shown(holder[key].header)  # type: ignore[index]


def shown(span: Span) -> str:
    return f"{span.file}:{span.line}:{span.column}"
