"""Packaged charts (`.tgz` in a chart's `charts` folder): their files, within limits."""

from __future__ import annotations

import io
import tarfile
import zlib

MAX_FILES = 3000
MAX_BYTES = 40 * 1024 * 1024  # unpacked
MAX_FILE_BYTES = 5 * 1024 * 1024


class BadArchive(Exception):
    """An archive that is not unpacked; the message says why."""


def unpack(data: bytes) -> dict[str, bytes]:
    """Name below the chart's folder -> contents. What is no ordinary file is left out, as Helm does. Raises
    BadArchive."""
    found: dict[str, bytes] = {}
    count = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(_inflated(data)), mode="r:") as archive:
            for member in archive:
                count += 1
                if count > MAX_FILES:
                    raise BadArchive(f"it holds more than {MAX_FILES:,} files")
                if not member.isreg():
                    continue
                parts = member.name.replace("\\", "/").split("/")
                if member.name.startswith("/") or ".." in parts or "\0" in member.name:
                    raise BadArchive(f"it holds a file that leads out of it, {member.name!r}")
                parts = [part for part in parts if part not in ("", ".")]
                if len(parts) < 2:
                    continue
                if member.size > MAX_FILE_BYTES:
                    raise BadArchive(f"{'/'.join(parts)!r} in it has {member.size:,} bytes")
                stream = archive.extractfile(member)
                if stream is not None:
                    found["/".join(parts[1:])] = stream.read()
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OSError) as error:
        raise BadArchive(f"it is no archive of a chart ({type(error).__name__})") from None
    return found


def _inflated(data: bytes) -> bytes:
    """The tar in a gzip file; Raises BadArchive where it is larger than the cap."""
    inflater = zlib.decompressobj(wbits=31)
    text = inflater.decompress(data, MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise BadArchive(f"it has more than {MAX_BYTES:,} bytes unpacked")
    if not inflater.eof:
        raise BadArchive("it is cut off")
    return text
