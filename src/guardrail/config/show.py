"""What `guardrail config show` prints."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from guardrail.config.environments import names_at
from guardrail.config.source import ConfigFile, Place, Setting, place_of
from guardrail.model import CATEGORIES, Map, plain

if TYPE_CHECKING:
    from guardrail.config.settings import Config, RuleSetting
    from guardrail.config.waivers import Waiver

_ANY_FILE = "any file"  # what holds for a folder holds for whatever is in it


def shown(
    config: Config, path: str, rules: Iterable[tuple[str, str]] = (), environments: Collection[str] = ()
) -> dict[str, Any]:
    """See `Config.show`."""
    name = path
    if config.tree.is_folder(path):
        path = f"{path}/{_ANY_FILE}".lstrip("/")
    chain = config.chain(path.rpartition("/")[0])
    known = config.environments
    there = [*environments, *names_at(path, known)]
    settings = config.for_path(path, there)
    base = config.file_in("")
    categories = {
        name: setting
        for name in CATEGORIES
        for layer in settings.layers
        if (setting := layer.categories.get(name)) is not None
    }
    asked = dict(rules) or {name: "" for layer in settings.layers for name in layer.rules}
    globs: list[dict[str, Any]] = []
    for layer in settings.layers:
        for pattern, found in layer.globs:
            globs.append({"match": pattern, **{key: _entry(setting) for key, setting in sorted(found.items())}})
    return {
        "path": name,
        "profiles": [_entry(setting) for setting in config.profiles],
        "packs": [_placed({pack.how: pack.name}, pack.place) for pack in config.packs],
        "files": [source.file for source in chain],
        "excluded": config.excluded(path),
        "exclude": [_entry(setting) for source in chain for setting in source.exclude_lines],
        "fail_on": _entry(base.fail_on) if base and base.fail_on else _default(config.fail_on),
        "min_severity": _entry(base.min_severity) if base and base.min_severity else _default(config.min_severity),
        "peer_ignores": _entry(base.peer_ignores) if base and base.peer_ignores else _default(config.peer_ignores),
        "baseline": _entry(base.baseline) if base and base.baseline else _default(None),
        "environments": [
            {**_placed(each.name, each.place), "here": each.name in there} for each in known if each.speaks_of(path)
        ],
        "exceptions": _terms(config),
        "waivers": [
            _placed({"rules": list(waiver.rules), "reason": waiver.reason, "until": _day(waiver)}, waiver.place)
            for waiver in config.waivers
            if waiver.speaks_of(path)
        ],
        "terraform": {
            "var_files": [_entry(setting) for setting in base.var_files] if base else [],
            "variables": {name: _entry(setting) for name, setting in base.variables.items()} if base else {},
        },
        "helm": {"profiles": _profiles(base)},
        "bindings": _bindings(config),
        "categories": {
            name: _entry(categories[name]) if name in categories else _default(True) for name in CATEGORIES
        },
        "globs": globs,
        "rules": {rule: _rule(settings.rule(rule, category)) for rule, category in sorted(asked.items())},
    }


def _terms(config: Config) -> dict[str, Any]:
    terms = config.terms
    if terms is None:
        return _default(None)
    said = {"reason": terms.reason, "until": terms.until, "max_days": terms.max_days, "never": list(terms.never)}
    return _placed({name: value for name, value in said.items() if value}, terms.place)


def _day(waiver: Waiver) -> str | None:
    return waiver.until.isoformat() if waiver.until else None


def text(show: dict[str, Any]) -> str:
    """The same for people: one setting a line, with where it comes from. Only what a file sets is told of rules."""
    lines = [f"settings for {show['path'] or '.'}", f"  files: {', '.join(show['files']) or 'none'}"]
    if show["excluded"]:
        lines.append("  excluded from the scan")
    rows: list[tuple[str, dict[str, Any]]] = [
        ("fail_on", show["fail_on"]),
        ("peer_ignores", show["peer_ignores"]),
    ]
    rows += [("min_severity", show["min_severity"])] if show["min_severity"]["file"] else []
    rows += [("baseline", show["baseline"])] if show["baseline"]["value"] else []
    rows += [("exceptions", show["exceptions"])] if show["exceptions"]["value"] else []
    rows += [("environment", entry) for entry in show["environments"] if entry["here"]]
    rows += [("waivers", entry) for entry in show["waivers"]]
    rows += [("profile", entry) for entry in show["profiles"]]
    rows += [("packs", entry) for entry in show["packs"]]
    rows += [("exclude", entry) for entry in show["exclude"]]
    rows += [("terraform.var_files", entry) for entry in show["terraform"]["var_files"]]
    rows += [(f"terraform.variables.{name}", entry) for name, entry in show["terraform"]["variables"].items()]
    rows += [("helm.profiles", entry) for entry in show["helm"]["profiles"]]
    rows += [(f"bindings.{entry['concept']}.{entry['kind']}", entry) for entry in show["bindings"]]
    rows += [(f"categories.{name}", entry) for name, entry in show["categories"].items()]
    for item in show["globs"]:
        rows += [(f"rules.{item['match']}.{key}", entry) for key, entry in item.items() if key != "match"]
    for rule, keys in show["rules"].items():
        parameters = {f"parameters.{name}": entry for name, entry in keys["parameters"].items()}
        for key, entry in [*keys.items(), *parameters.items()]:
            if key != "parameters" and entry["file"]:
                rows.append((f"rules.{rule}.{key}", entry))
    for name, entry in rows:
        source = f"{entry['file']}:{entry['line']}" if entry["file"] else "default"
        lines.append(f"  {name}: {_word(entry['value'])}  ({source})")
    return "\n".join(lines) + "\n"


def _profiles(base: ConfigFile | None) -> list[dict[str, Any]]:
    listed = base.helm.get("profiles") if base and base.helm else None
    spans = listed.spans if listed else []
    file = base.file if base else ""
    return [
        _placed(item, Place(file, span.line, span.column)) for item, span in zip(listed or (), spans, strict=True)
    ]


def _bindings(config: Config) -> list[dict[str, Any]]:
    """Every kind that is bound, in the order written."""
    found: list[dict[str, Any]] = []
    bound = config.bindings
    for concept, bindings in bound[0].items() if bound else ():
        file = bound[1] if bound else ""
        if isinstance(bindings, Map):
            for kind, value in bindings.items():
                entry = _placed(value, place_of(bindings, kind, file))
                found.append({"concept": concept, "kind": kind, **entry})
        else:
            for index, binding in enumerate(bindings or ()):
                span = bindings.spans[index]
                entry = _placed(binding["fields"], Place(file, span.line, span.column))
                found += [{"concept": concept, "kind": kind, **entry} for kind in binding["kinds"]]
    return found


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value
    import json

    return "on" if value is True else "off" if value is False else json.dumps(value, ensure_ascii=False)


def _entry(setting: Setting) -> dict[str, Any]:
    return _placed(setting.value, setting.place)


def _default(value: Any) -> dict[str, Any]:
    return {"value": value, "file": None, "line": None}


def _placed(value: Any, place: Place | None) -> dict[str, Any]:
    if place is None:
        return _default(value)
    return {"value": plain(value), "file": place.file, "line": place.line}


def _rule(setting: RuleSetting) -> dict[str, Any]:
    places = setting.provenance
    return {
        "enabled": _placed(setting.enabled, places.get("enabled")),
        "severity": _placed(setting.severity, places.get("severity")),
        "enforce": _placed(setting.enforce, places.get("enforce")),
        "effective": _placed(setting.effective or None, places.get("effective")),
        "parameters": {
            name: _placed(value, places.get(f"parameters.{name}")) for name, value in setting.parameters.items()
        },
    }
