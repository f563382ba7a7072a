"""Other scanners, where they are installed: the whole process, offline, on the same input."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import NamedTuple


class Peer(NamedTuple):
    """`reads`: names of inputs that it is for, `repository` for those of others. `{}` in `arguments` stands for the
    folder, `{assets}` for the folder `NAME-assets` beside the command, `{own}` for the one called as it is here, for
    what does not bring its checks along."""

    name: str
    arguments: tuple[str, ...]
    reads: tuple[str, ...]
    version: tuple[str, ...] = ("--version",)


PEERS = (
    Peer(
        "checkov",
        ("-d", "{}", "--skip-download", "--quiet", "--compact", "--soft-fail"),
        ("terraform-flat", "terraform-modules", "kubernetes", "workflows", "monorepo", "repository"),
    ),
    Peer("zizmor", ("--offline", "--no-progress", "--no-exit-codes", "{}"), ("workflows",)),
    Peer(
        "trivy",
        ("config", "--skip-check-update", "--quiet", "{}"),
        ("terraform-flat", "terraform-modules", "kubernetes", "monorepo", "repository"),
    ),
    Peer("kube-linter", ("lint", "{}"), ("kubernetes",), ("version",)),
    Peer(
        "kics",
        (
            "scan", "--path", "{}", "--queries-path", "{assets}/queries", "--libraries-path", "{assets}/libraries",
            "--no-progress", "--silent", "--ignore-on-exit", "all",
        ),
        ("terraform-flat", "terraform-modules", "kubernetes", "workflows", "monorepo", "repository"),
        ("version",),
    ),
    Peer(
        "conftest",
        ("test", "--policy", "{own}", "--no-fail", "--quiet", "{}"),
        ("terraform-flat", "terraform-modules", "kubernetes", "workflows", "monorepo"),
    ),
)


class Installed(NamedTuple):
    peer: Peer
    command: str
    version: str

    def on(self, folder: str) -> list[str]:
        assets = os.path.join(os.path.dirname(self.command), f"{self.peer.name}-assets")
        own = os.path.join(os.path.dirname(__file__), self.peer.name)
        filled = (
            argument.replace("{assets}", assets).replace("{own}", own).replace("{}", folder)
            for argument in self.peer.arguments
        )
        return [self.command, *filled]


def installed(path: str | None = None) -> list[Installed]:
    """Those on the search path. `path` is one to look along instead."""
    found: list[Installed] = []
    for peer in PEERS:
        command = shutil.which(peer.name, path=path)
        if command is not None:
            found.append(Installed(peer, command, _version(command, peer.version)))
    return found


def _version(command: str, arguments: Sequence[str]) -> str:
    try:
        done = subprocess.run([command, *arguments], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "?"
    words = done.stdout.split()
    return next((word.strip(",v") for word in words if word.strip("v")[:1].isdigit()), "?")
