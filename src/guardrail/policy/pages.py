"""Rules -> Markdown pages, one a rule, and an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guardrail.model import CATEGORIES

PEERS = {
    "checkov": "Checkov", "trivy": "Trivy", "kube-linter": "kube-linter", "zizmor": "zizmor", "poutine": "poutine",
    "kyverno": "Kyverno", "gatekeeper": "Gatekeeper", "kics": "KICS",
}  # fmt: skip
GENERATED = "<!-- Made by `guardrail rules docs` from the rule files; edit those. -->"


def pages(rules: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """File name -> content, for rule files' contents by id."""
    made = {f"{name}.md": page(rule) for name, rule in rules.items()}
    made["README.md"] = _index(rules)
    return made


def page(rule: Mapping[str, Any]) -> str:
    parts = [
        f"# {rule['title']}",
        GENERATED,
        f"`{rule['id']}` · {rule['severity']} · {rule['category']} · speaks of {_subjects(rule)}",
        _prose(rule["why"]),
        "## What to do",
        *_remedies(rule["remedy"]),
    ]
    if parameters := rule.get("parameters"):
        parts.append("## Parameters")
        parts.append(_table(("name", "type", "default", "what it is"), [
            (f"`{name}`", p["type"], f"`{_scalar(p['default'])}`", _prose(p["help"])) for name, p in parameters.items()
        ]))  # fmt: skip
    for index, example in enumerate(rule["examples"]):
        if index == 0:
            parts.append("## Examples")
        parts += _example(example)
    if replaces := rule.get("replaces"):
        parts.append("## Stands in for")
        rows = [f"- {PEERS[peer]}: {', '.join(f'`{name}`' for name in ids)}" for peer, ids in replaces.items()]
        parts.append("\n".join(rows))
    if frameworks := rule.get("frameworks"):
        parts.append("## Frameworks")
        parts.append("\n".join(f"- {name}: {', '.join(controls)}" for name, controls in frameworks.items()))
    return "\n\n".join(parts) + "\n"


def _subjects(rule: Mapping[str, Any]) -> str:
    words: list[str] = []
    for check in rule["checks"]:
        words += check["on"] if isinstance(check["on"], list) else [check["on"]]
    unique = list(dict.fromkeys(words))
    shown = ", ".join(f"`{word}`" for word in unique[:6])
    return f"{shown} and {len(unique) - 6} more" if len(unique) > 6 else shown


def _remedies(remedy: Any) -> list[str]:
    if isinstance(remedy, str):
        return [_prose(remedy)]
    others = [f"- `{key}`: {_prose(text)}" for key, text in remedy.items() if key != "default"]
    return [_prose(remedy["default"]), *(["\n".join(others)] if others else [])]


def _example(example: Mapping[str, Any]) -> list[str]:
    verdict = next(word for word in ("fail", "pass", "undetermined") if word in example)
    source = example[verdict]
    head = {"fail": "Fails", "pass": "Passes", "undetermined": "Can't be told"}[verdict]
    about = f": {_prose(example['about'])}" if example.get("about") else ""
    parts = [f"{head}{about}"]
    if example.get("parameters"):
        parts[0] += f" (with {', '.join(f'`{k}: {_scalar(v)}`' for k, v in example['parameters'].items())})"
    files = source if isinstance(source, dict) else {example.get("file", ""): source}
    for name, text in files.items():
        language = "hcl" if _looks_like_hcl(name, text) else "yaml"
        label = f"`{name}`\n\n" if name else ""
        fence = "````" if "```" in text else "```"
        parts.append(f"{label}{fence}{language}\n{text.rstrip()}\n{fence}")
    return parts


def _looks_like_hcl(name: str, text: str) -> bool:
    if name:
        return name.endswith((".tf", ".tofu", ".tfvars", ".hcl"))
    return "{\n" in text and not text.lstrip().startswith(("apiVersion", "on:", "name:", "{"))


def _index(rules: Mapping[str, Mapping[str, Any]]) -> str:
    parts = ["# Rules", GENERATED, f"{len(rules)} rules. `guardrail rules show RULE` prints one."]
    for category in CATEGORIES:
        found = sorted((rule for rule in rules.values() if rule["category"] == category), key=lambda r: str(r["id"]))
        if found:
            parts.append(f"## {category}")
            rows = [(f"[{rule['id']}]({rule['id']}.md)", rule["severity"], rule["title"]) for rule in found]
            parts.append(_table(("rule", "severity", "what holds"), rows))
    return "\n\n".join(parts) + "\n"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _prose(text: str) -> str:
    return " ".join(text.split())


def _scalar(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
