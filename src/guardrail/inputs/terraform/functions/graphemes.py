"""Characters as a reader sees them: the extended grapheme clusters of Unicode's annex 29, in which Terraform counts.

Python has no table of the property; general categories and a few ranges say the same of all but rare scripts.
"""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_PICTOGRAPHS = (
    (0x00A9, 0x00A9), (0x00AE, 0x00AE), (0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122), (0x2139, 0x2139),
    (0x2194, 0x2199), (0x21A9, 0x21AA), (0x231A, 0x231B), (0x2328, 0x2328), (0x2388, 0x2388), (0x23CF, 0x23CF),
    (0x23E9, 0x23F3), (0x23F8, 0x23FA), (0x24C2, 0x24C2), (0x25AA, 0x25AB), (0x25B6, 0x25B6), (0x25C0, 0x25C0),
    (0x25FB, 0x25FE), (0x2600, 0x2605), (0x2607, 0x2612), (0x2614, 0x2685), (0x2690, 0x2705), (0x2708, 0x2712),
    (0x2714, 0x2714), (0x2716, 0x2716), (0x271D, 0x271D), (0x2721, 0x2721), (0x2728, 0x2728), (0x2733, 0x2734),
    (0x2744, 0x2744), (0x2747, 0x2747), (0x274C, 0x274C), (0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757),
    (0x2763, 0x2767), (0x2795, 0x2797), (0x27A1, 0x27A1), (0x27B0, 0x27B0), (0x27BF, 0x27BF), (0x2934, 0x2935),
    (0x2B05, 0x2B07), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55), (0x3030, 0x3030), (0x303D, 0x303D),
    (0x3297, 0x3297), (0x3299, 0x3299), (0x1F000, 0x1F0FF), (0x1F10D, 0x1F10F), (0x1F12F, 0x1F12F),
    (0x1F16C, 0x1F171), (0x1F17E, 0x1F17F), (0x1F18E, 0x1F18E), (0x1F191, 0x1F19A), (0x1F1AD, 0x1F1E5),
    (0x1F201, 0x1F20F), (0x1F21A, 0x1F21A), (0x1F22F, 0x1F22F), (0x1F232, 0x1F23A), (0x1F23C, 0x1F23F),
    (0x1F249, 0x1F3FA), (0x1F400, 0x1F53D), (0x1F546, 0x1F64F), (0x1F680, 0x1F6FF), (0x1F774, 0x1F77F),
    (0x1F7D5, 0x1F7FF), (0x1F80C, 0x1F80F), (0x1F848, 0x1F84F), (0x1F85A, 0x1F85F), (0x1F888, 0x1F88F),
    (0x1F8AE, 0x1F8FF), (0x1F90C, 0x1F93A), (0x1F93C, 0x1F945), (0x1F947, 0x1FAFF), (0x1FC00, 0x1FFFD),
)  # fmt: skip
_EXTENDING_MARKS = frozenset(  # of category Mc, which otherwise only follow within a syllable
    "\u09be\u09d7\u0b3e\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf\u1b35\u302e\u302f"
)


def clusters(text: str) -> list[str]:
    if text.isascii() and "\r" not in text:
        return list(text)
    found: list[str] = []
    before = ""  # the class of the letter before
    pictograph = False  # whether the cluster is a pictograph and what extends it, so far
    flags = 0  # regional indicators in a row
    for letter in text:
        kind = _class(letter)
        if found and _together(before, kind, pictograph, flags):
            found[-1] += letter
        else:
            found.append(letter)
        if kind == "pictograph":
            pictograph = True
        elif kind not in ("extend", "joiner"):
            pictograph = False
        flags = flags + 1 if kind == "flag" else 0
        before = kind
    return found


def count(text: str) -> int:
    return len(text) if text.isascii() and "\r" not in text else len(clusters(text))


def _together(before: str, kind: str, pictograph: bool, flags: int) -> bool:
    if before == "cr" and kind == "lf":
        return True
    if before in ("cr", "lf", "control") or kind in ("cr", "lf", "control"):
        return False
    if kind in ("extend", "joiner", "mark"):
        return True
    if before == "joiner" and kind == "pictograph":
        return pictograph
    if before == "flag" and kind == "flag":
        return flags % 2 == 1
    if before == "L":
        return kind in ("L", "V", "LV", "LVT")
    if before in ("LV", "V"):
        return kind in ("V", "T")
    return before in ("LVT", "T") and kind == "T"


def _class(letter: str) -> str:
    code = ord(letter)
    if code < 0x300:
        if letter == "\r":
            return "cr"
        if letter == "\n":
            return "lf"
        if code < 0x20 or 0x7F <= code < 0xA0 or code == 0xAD:
            return "control"
        return "pictograph" if code in (0xA9, 0xAE) else ""
    if letter == _JOINER:
        return "joiner"
    if 0x1100 <= code < 0x1200 or 0xA960 <= code <= 0xA97C or 0xAC00 <= code <= 0xD7FB:
        return _hangul(code)
    if 0x1F1E6 <= code <= 0x1F1FF:
        return "flag"
    category = unicodedata.category(letter)
    if category in ("Mn", "Me") or letter == "\u200c" or 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F:
        return "extend"
    if category == "Mc":
        return "extend" if letter in _EXTENDING_MARKS else "mark"
    if category in ("Cc", "Cf", "Zl", "Zp"):
        return "control"
    if any(first <= code <= last for first, last in _PICTOGRAPHS):
        return "pictograph"
    return ""


def _hangul(code: int) -> str:
    if code < 0x1200:
        return "L" if code < 0x1160 else "V" if code < 0x11A8 else "T"
    if code < 0xAC00:
        return "L"
    if code < 0xD7A4:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    return "V" if code < 0xD7CB else "T"
