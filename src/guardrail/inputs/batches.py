"""What may be read apart, put together again as far as it pays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence


def batches(components: Iterable[Sequence[str]], sizes: Mapping[str, int], enough: int) -> Iterator[tuple[str, ...]]:
    """Components, one after the other until they have `enough` bytes: a group for each costs more than it gives."""
    batch: list[str] = []
    size = 0
    for members in components:
        batch += members
        size += sum(sizes[path] for path in members)
        if size >= enough:
            yield tuple(sorted(batch))
            batch, size = [], 0
    if batch:
        yield tuple(sorted(batch))
