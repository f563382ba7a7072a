"""YAML as `yamlencode` writes it: that of libyaml's emitter, with every string quoted or in a literal block."""

from __future__ import annotations

from guardrail.formats.hcl_conversions import number_text
from guardrail.formats.hcl_values import EvalError, type_name
from guardrail.model import Value

WIDTH = 80  # after which a quoted string goes on in a new line

_ESCAPES = {"\0": "0", "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e",
            '"': '"', "\\": "\\", "\x85": "N", "\u2028": "L", "\u2029": "P"}  # fmt: skip


def yaml_text(value: Value) -> str:
    lines: list[str] = []
    _write(value, lines, "", "")
    if not isinstance(value, (str, list, dict)):
        lines.append("...")
    return "\n".join(lines) + "\n"


def _write(value: Value, lines: list[str], first: str, margin: str) -> None:
    """Append a value; `first` stands before its first line, `margin` before the others."""
    if isinstance(value, dict) and value:
        for key in sorted(value):
            _entry(f"{first}{_quoted(key)}:", value[key], lines, margin)
            first = margin
    elif isinstance(value, list) and value:
        for item in value:
            if isinstance(item, (dict, list)) and item:
                _write(item, lines, f"{first}- ", f"{margin}  ")
            else:
                _entry(f"{first}-", item, lines, margin)
            first = margin
    else:
        _entry(first, value, lines, margin)


def _entry(before: str, value: Value, lines: list[str], margin: str) -> None:
    gap = " " if before.strip() else ""
    if isinstance(value, (dict, list)) and value:
        lines.append(before)
        inner = margin + "  " if isinstance(value, dict) else margin
        _write(value, lines, inner, inner)
    elif isinstance(value, str):
        if "\n" in value and _fits_a_block(value):
            _block(f"{before}{gap}|", value, lines, margin + "  ")
        else:
            lines += _folded(before + gap, value, margin + "  ")
    else:
        lines.append(f"{before}{gap}{_plain(value)}")


def _plain(value: Value) -> str:
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(value)
    raise EvalError(f"a {type_name(value)} cannot be encoded")


# ---- strings ----


def _printable(letter: str) -> bool:
    code = ord(letter)
    return 0x20 <= code <= 0x7E or 0xA0 <= code < 0xD800 or (0xE000 <= code < 0xFFFE and code != 0xFEFF)


def _fits_a_block(value: str) -> bool:
    """Nothing but printable text, and no space before a line's end."""
    if value.endswith(" ") or " \n" in value:
        return False
    return all(letter == "\n" or (_printable(letter) and letter not in _ESCAPES) or letter in '"\\' for letter in value)


def _block(header: str, value: str, lines: list[str], margin: str) -> None:
    if value[0] in " \n":
        header += "2"
    if not value.endswith("\n"):
        header += "-"
    elif value == "\n" or value.endswith("\n\n"):
        header += "+"
    lines.append(header)
    lines += [margin + line if line else "" for line in value.removesuffix("\n").split("\n")]


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return f"\\{_ESCAPES[letter]}"
    if _printable(letter):
        return letter
    code = ord(letter)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _quoted(value: str) -> str:
    return '"' + "".join([_escaped(letter) for letter in value]) + '"'


def _folded(before: str, value: str, margin: str) -> list[str]:
    """A quoted string after what stands before it in its line, broken at spaces where it grows too long."""
    if len(before) + len(value) < WIDTH:
        return [before + _quoted(value)]
    done: list[str] = []
    line = before + '"'
    last = len(value) - 1
    spaced = False
    for at, letter in enumerate(value):
        if letter == " " and not spaced and len(line) > WIDTH and 0 < at < last:
            done.append(line)
            line = margin + ("\\" if value[at + 1] == " " else "")
            spaced = True
        else:
            line += _escaped(letter)
            spaced = letter == " "
    return [*done, line + '"']
