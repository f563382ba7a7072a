"""Regular expressions. Terraform's are RE2, which is linear; Python's can take for ever, so a pattern that
might is not run and the result is unknown."""

from __future__ import annotations

import math
import re

from guardrail.formats.hcl_values import EvalError
from guardrail.inputs.terraform.functions.table import function, sized, text
from guardrail.model import NOWHERE, Map, Seq, Unknown, Value

MAX_STEPS = 28  # binary logarithm of the steps that a search may take at the worst

_CLASSES = {"alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "ascii": r"\x00-\x7f", "blank": r"\t ", "cntrl": r"\x00-\x1f\x7f",
            "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~",
            "space": r"\t\n\v\f\r ", "upper": "A-Z", "word": r"0-9A-Za-z_", "xdigit": "0-9A-Fa-f"}  # fmt: skip
_CLASS = re.compile(r"\[:(\^?)([a-z]+):\]")
_REPEAT = re.compile(r"[*+?]|\{\d*,?\d*\}")
_NAMED = re.compile(r"\$(?:(\d+|[A-Za-z_]\w*)|\{(\w+)\})")
_cache: dict[str, tuple[re.Pattern[str], int, float] | str] = {}


def _compile(pattern: str) -> tuple[re.Pattern[str], int, float] | str:
    """The pattern, how many of its repeats are unbounded, the logarithm of its choices; or why it isn't run."""
    known = _cache.get(pattern)
    if known is None:
        if len(_cache) > 1000:
            _cache.clear()
        known = _cache[pattern] = _examine(pattern)
    return known


def _examine(pattern: str) -> tuple[re.Pattern[str], int, float] | str:
    if len(pattern) > 2000:
        return "the regular expression is too long to be run safely"
    unbounded = 0
    choices = 0.0
    stack: list[bool] = []  # for each open group: whether it holds a repeat or an alternative
    branches = [1]  # of the pattern and of each open group
    at = 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 2
            continue
        if letter == "[":
            end = at + 1
            if pattern.startswith("^", end):
                end += 1
            if pattern.startswith("]", end):
                end += 1
            while end < len(pattern) and pattern[end] != "]":
                if pattern.startswith("[:", end) and ":]" in pattern[end:]:
                    end = pattern.index(":]", end) + 1
                end += 2 if pattern[end] == "\\" else 1
            at = end + 1
            continue
        if letter == "(":
            stack.append(False)
            branches.append(1)
            at += 1
            if pattern.startswith("?", at):
                at += 1
                if pattern[at : at + 1] in "=!<" and pattern[at : at + 2] != "<":
                    return "the regular expression has what RE2 does not know"
            continue
        if letter == ")":
            busy = stack.pop() if stack else False
            choices += math.log2(branches.pop() if len(branches) > 1 else 1)
            repeat = _REPEAT.match(pattern, at + 1)
            if repeat and repeat.group() != "?" and busy:
                return "the regular expression has a repeat within a repeat, which may take for ever"
            if busy and stack:
                stack[-1] = True
            at += 1
            continue
        if letter == "|":
            branches[-1] += 1
            if stack:
                stack[-1] = True
            at += 1
            continue
        repeat = _REPEAT.match(pattern, at)
        if repeat:
            word = repeat.group()
            if stack:
                stack[-1] = True
            if word == "?":
                choices += 1
            elif word[0] == "{":
                limits = [int(number) for number in word[1:-1].split(",") if number]
                if limits and max(limits) > 1000:
                    return "the regular expression repeats too often"
                unbounded += "," in word
            else:
                unbounded += 1
            at = repeat.end()
            if pattern.startswith("?", at):  # a lazy repeat
                at += 1
            continue
        at += 1
    translated = _CLASS.sub(lambda m: "" if m[1] else _CLASSES.get(m[2], m[0]), pattern).replace(r"\z", r"\Z")
    try:
        return re.compile(translated), unbounded, choices + math.log2(branches[0])
    except (re.error, OverflowError, RecursionError):
        return "the regular expression is not valid, or uses what only RE2 knows"


def _ready(pattern: Value, subject: str) -> re.Pattern[str] | Unknown:
    found = _compile(text(pattern))
    if isinstance(found, str):
        return Unknown(found)
    compiled, unbounded, choices = found
    size = len(subject) + 1
    if choices + (unbounded + 1) * math.log2(size) > MAX_STEPS:
        return Unknown("the regular expression might take too long on this string")
    return compiled


def _captured(match: re.Match[str], compiled: re.Pattern[str]) -> Value:
    if compiled.groupindex:
        named = Map()
        for name in sorted(compiled.groupindex):
            named.put(name, match[name], NOWHERE)
        return named
    if compiled.groups:
        numbered = Seq()
        for group in match.groups():
            numbered.add(group, NOWHERE)
        return numbered
    return match.group()


@function()
def regex(pattern: Value, value: Value) -> Value:
    subject = text(value)
    compiled = _ready(pattern, subject)
    if isinstance(compiled, Unknown):
        return compiled
    match = compiled.search(subject)
    if match is None:
        raise EvalError("regex() finds no match")
    return _captured(match, compiled)


@function()
def regexall(pattern: Value, value: Value) -> Value:
    subject = text(value)
    compiled = _ready(pattern, subject)
    if isinstance(compiled, Unknown):
        return compiled
    result = Seq()
    for match in compiled.finditer(subject):
        result.add(_captured(match, compiled), NOWHERE)
    return result


@function()
def replace(value: Value, search: Value, replacement: Value) -> Value:
    subject, wanted, put = text(value), text(search), text(replacement)
    if len(wanted) > 1 and wanted[0] == wanted[-1] == "/":
        compiled = _ready(wanted[1:-1], subject)
        if isinstance(compiled, Unknown):
            return compiled
        pattern = compiled

        def expand(match: re.Match[str]) -> str:
            def group(name: re.Match[str]) -> str:
                key = name[1] or name[2]
                if key.isdecimal():
                    return match[int(key)] or "" if int(key[:4]) <= pattern.groups else ""
                return match[key] or "" if key in pattern.groupindex else ""

            return _NAMED.sub(group, put)

        return sized(pattern.sub(expand, subject))
    if len(put) * max(subject.count(wanted), 1) > 50_000_000:
        raise EvalError("replace() makes too long a string", kind="expansion")
    return sized(subject.replace(wanted, put))
