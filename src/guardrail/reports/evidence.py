"""Evidence in words, alike in every report."""

from __future__ import annotations

from typing import NamedTuple

from guardrail.model import Evidence
from guardrail.reports.hostile import value_in_words


class Said(NamedTuple):
    """`subject` is an attribute's path, or what else the value is of ("default of var.x"); `value` is empty where
    there is none to show; `note` is what the subject doesn't say."""

    subject: str
    value: str
    note: str

    def __str__(self) -> str:
        said = f"{self.subject} = {self.value}" if self.value else self.subject
        return f"{said} ({self.note})" if self.note else said


def in_words(item: Evidence) -> Said:
    value = "" if item.value is None else value_in_words(item.value)
    if isinstance(item.value, dict) and item.value.get("$unknown") and item.value["$unknown"] in item.note:
        value = "unknown"  # the note says why
    return Said(item.path, value, item.note) if item.path else Said(item.note, value, "")
