"""What of a plan's plain JSON is secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def texts_in(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Those in a value, each with the name that it stands under."""
    stack = [(name, value)]
    while stack:
        name, value = stack.pop()
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            stack.extend(value.items())
        elif isinstance(value, list):
            stack.extend((name, item) for item in value)


def sensitive_texts(value: Any, sensitive: Any) -> Iterator[str]:
    """Plain JSON, and the same shape with true for what is sensitive."""
    stack = [(value, sensitive)]
    while stack:
        value, sensitive = stack.pop()
        if sensitive is True:
            yield from (text for _, text in texts_in(value))
        elif isinstance(value, dict) and isinstance(sensitive, dict):
            stack.extend((value[key], mark) for key, mark in sensitive.items() if mark and key in value)
        elif isinstance(value, list) and isinstance(sensitive, list):
            stack.extend((item, mark) for item, mark in zip(value, sensitive, strict=False) if mark)


def literals_in(configuration: Any) -> Iterator[str]:
    """Texts that expressions of a plan's configuration give."""
    stack = [configuration]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                if key == "constant_value":
                    yield from (text for _, text in texts_in(item))
                else:
                    stack.append(item)
        elif isinstance(value, list):
            stack.extend(value)
