"""Rules in Python, for what conditions cannot say. Only packs have them (see `guardrail.policy.packs`).

    @guardrail.rule(id="bucket-names", on="aws_s3_bucket", title=..., severity=..., category=..., why=..., remedy=...,
                    examples=[...])
    def bucket_names(resource, inventory):
        name = resource.attributes.get("bucket")
        if isinstance(name, guardrail.Unknown):
            return guardrail.undetermined(at="bucket")
        ...

The function gets a `Resource`, or the `Noun` where `on` is a concept, the `Inventory`, and the parameters' values where
the rule declares any. It returns (or yields) `passed()`, `failed()`, `undetermined()`, or nothing where it has nothing
to say. It depends on its arguments alone: what it finds is kept for later scans.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from guardrail.conditions import Leaf, Scope, parse_path
from guardrail.errors import GuardrailError, RuleError
from guardrail.model import BECAUSE, Inventory, Noun, Problem, Resource, Span
from guardrail.policy.judge import Judgement, Setting, SettingOf, Subject, Verdict, place_of_leaves, subjects_of
from guardrail.policy.rule import Check, Rule

if TYPE_CHECKING:
    from guardrail.policy.packs import Pack

MAX_SAID = 1000
"""Verdicts on one subject."""

_MARK = "__guardrail_rule__"


class Said(NamedTuple):
    """A verdict. `truth` is None where it can't be known. `at`: what decided it, a path or a place in the files."""

    truth: bool | None
    message: str = ""
    at: str | Span = ""


def passed() -> Said:
    """The subject is as the rule wants it."""
    return Said(True)


def failed(message: str, at: str | Span = "") -> Said:
    """It is not. `message` names the actual value, the wanted one and the thing; `at` is the path of the attribute, or
    a `Span`. The finding stands there, or at the subject's header."""
    return Said(False, message, at)


def undetermined(reason: str = "", at: str | Span = "") -> Said:
    """It can't be known. Without a `reason`, it is that of the unknown value at the path `at`."""
    return Said(None, reason, at)


def rule(
    *,
    id: str,
    on: str | list[str],
    title: str,
    severity: str,
    category: str,
    why: str,
    remedy: str | dict[str, str],
    examples: list[dict[str, Any]],
    **more: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a function a rule. The keys are those of a rule file (`more`: parameters, frameworks, replaces, links,
    aliases), but for `checks`, whose place the function takes."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        data = {"id": id, "title": title, "severity": severity, "category": category, "why": why, "remedy": remedy,
                **more, "checks": [{"on": on, "require": {}, "message": ""}], "examples": examples}  # fmt: skip
        setattr(function, _MARK, (data, function.__code__.co_firstlineno))
        return function

    return register


def rules_in(pack: Pack, file: str) -> Iterator[dict[str, Any]]:
    """Runs a Python file of a pack; its rules' data, with `function`, and not yet checked. Raises RuleError."""
    shown = pack.called(file)
    name = f"_guardrail_pack_{pack.name}_{file[:-3]}".replace("-", "_").replace("/", "_")
    spec = importlib.util.spec_from_file_location(name, pack.tree.absolute(file))
    if spec is None or spec.loader is None:
        raise RuleError("cannot be loaded", shown)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except GuardrailError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the file is wrong
        raise RuleError(f"{type(error).__name__}: {error}", shown, _line_of(error, pack.tree.absolute(file))) from None
    finally:
        sys.dont_write_bytecode = before
    for value in list(vars(module).values()):
        marked = getattr(value, _MARK, None)
        if marked and getattr(value, "__module__", "") == name:
            data, line = marked
            yield {**data, "function": value, "line": line, "file": shown}


def _line_of(error: BaseException, path: str) -> int:
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def apply(rule: Rule, inventory: Inventory, setting_of: SettingOf | None, judgement: Judgement) -> None:
    for subject, given in _given(rule.on, inventory):
        setting = setting_of(rule, subject.header.file, subject.resource.environments) if setting_of else Setting()
        if not setting.enabled:
            continue
        try:
            for said in _said(rule, given, inventory, setting):
                _note(rule, said, subject, setting, inventory, judgement)
        except GuardrailError:
            raise
        except Exception as error:  # noqa: BLE001 - a crashing rule is a problem, never a pass
            header = subject.header
            message = f"rule {rule.id} crashed on {subject.resource.address}: {type(error).__name__}: {error}"
            judgement.problems.append(Problem("rule-crash", message, header.file, header.line))


def _given(words: Iterable[str], inventory: Inventory) -> Iterator[tuple[Subject, Resource | Noun]]:
    seen: set[int] = set()
    for word in words:
        nouns = inventory.by_concept.get(word)
        for index, subject in enumerate(subjects_of(word, inventory)):
            if id(subject.root) not in seen:
                seen.add(id(subject.root))
                yield subject, subject.resource if nouns is None else nouns[index]


def _said(rule: Rule, given: Resource | Noun, inventory: Inventory, setting: Setting) -> list[Said]:
    assert rule.function is not None
    values = (rule.values(setting.parameters or {}),) if rule.data.get("parameters") else ()
    result = rule.function(given, inventory, *values)
    if result is None:
        return []
    if isinstance(result, Said):
        return [result]
    found: list[Said] = []
    for said in result:
        if not isinstance(said, Said):
            raise TypeError(f"{said!r} is no verdict")
        if len(found) == MAX_SAID:
            raise ValueError(f"says more than {MAX_SAID:,} things")
        found.append(said)
    return found


def _note(
    rule: Rule, said: Said, subject: Subject, setting: Setting, inventory: Inventory, judgement: Judgement
) -> None:
    if said.truth is True:
        judgement.note_pass(subject)
        return
    leaves: tuple[Leaf, ...] = ()
    if isinstance(said.at, Span):
        span = said.at
    else:
        if said.at:
            leaves = tuple(parse_path(said.at).leaves(Scope(subject.root, subject.resource, inventory)))
        span = place_of_leaves(leaves, subject)
    message = " ".join(said.message.split())
    if said.truth is None:
        message = f"{subject.name}{BECAUSE}{message}" if message else ""
    judgement.verdicts.append(
        Verdict(rule, _NO_CHECK, setting, subject, said.truth is False, leaves, span, message or _wordless(said))
    )


def _wordless(said: Said) -> str:
    """A failure says what is wrong; what can't be known, the unknown value says."""
    if said.truth is False:
        raise ValueError("failed() without a message")
    return ""


def _never(scope: Scope) -> Any:
    raise AssertionError("a rule in Python has no conditions")


_NO_CHECK = Check((), None, None, _never, None, _never, "")
