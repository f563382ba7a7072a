"""Maps that are written as blocks (`tags { Name = "web" }`), as Terraform took them until 0.11."""

from __future__ import annotations

from guardrail.inputs.terraform.json_syntax import block_names

# Maps of the providers whose schemas are not known here.
_ELSEWHERE = frozenset((
    ("data", "external", "query"), ("data", "null_data_source", "inputs"), ("data", "template_file", "vars"),
    ("resource", "null_resource", "triggers"), ("resource", "template_dir", "vars"),
))  # fmt: skip
# Each of them the name of a map in some kind; it may be that of a block in another.
MAPS = frozenset((
    "annotations", "app_settings", "data", "environment_variables", "inputs", "keepers", "labels", "limits",
    "match_labels", "metadata", "node_selector", "query", "requests", "resource_labels",
    "tags", "triggers", "user_labels", "variables", "vars", "volume_tags",
))  # fmt: skip
_SECTIONS = {"resource": "resources", "data": "data"}


def is_map(mode: str, kind: str, path: str) -> bool:
    """Whether what is written as a block at the dotted path of a kind is a map, for the name of one."""
    if path.endswith("metadata") and kind.startswith("kubernetes_"):
        return False  # they all have one: no need to open the schemas
    if (mode, kind, path) in _ELSEWHERE or (path == "keepers" and kind.startswith("random_")):
        return True
    known = block_names().get(_SECTIONS.get(mode, ""), {}).get(kind)
    if known is None or kind == "aws_autoscaling_group":  # whose `tags` were blocks of `key` and `value`
        return False
    *above, name = path.split(".")
    for step in above:
        known = known.get(step)
        if known is None:
            return False
    return name not in known
