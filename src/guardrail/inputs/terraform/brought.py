"""Folders that are not in the repository and are brought there before Terraform runs."""

from __future__ import annotations

from guardrail.config.globs import Globs, covered
from guardrail.tree import Tree, Unreadable

MAX_LISTED = 256 * 1024  # bytes of a list of submodules, or of what git ignores


def brought_by(folder: str, tree: Tree) -> str:
    """What folder it is, where git says that what is in it is kept elsewhere; "" where it says nothing."""
    for line in _text(".gitmodules", tree).splitlines():
        key, _, path = line.partition("=")
        path = path.strip().strip('"').rstrip("/")
        if key.strip() == "path" and path and f"{folder}/".startswith(f"{path}/"):
            return "a git submodule that is not there"
    names = folder.split("/")
    above = ["", *("/".join(names[:count]) for count in range(1, len(names)))]
    scopes = [(one, Globs(_text(f"{one}/.gitignore" if one else ".gitignore", tree).splitlines())) for one in above]
    return "a folder that git ignores" if covered(folder, scopes, is_folder=True) else ""


def _text(path: str, tree: Tree) -> str:
    if not tree.is_file(path):
        return ""
    try:
        return tree.read(path, MAX_LISTED).decode("utf-8", "replace")
    except Unreadable:
        return ""
