"""Finds the folders that are shipped beside the code: the rules and the report templates.

In a checkout (and an editable install) they stand at the repository's top, where their readers look for them;
in a wheel they lie inside the package, as `guardrail/_shipped/<name>`.
"""

from __future__ import annotations

import os

from guardrail.errors import InternalFault

NAMES = ("reports", "rules")

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def folder(name: str) -> str:
    """The absolute path of a shipped folder, one of `NAMES`. The wheel's copy goes first, so that an
    installed guardrail never reads a folder that happens to stand two levels above site-packages.

    Raises `InternalFault`, which names both places, where it is in neither.
    """
    if name not in NAMES:
        raise InternalFault(f"no folder {name!r} is shipped; there are {', '.join(NAMES)}")
    places = _places(name)
    for place in places:
        if os.path.isdir(place):
            return place
    raise InternalFault(f"the folder {name!r} is missing from this installation: neither {places[0]} nor {places[1]}")


def _places(name: str) -> tuple[str, str]:
    above = os.path.dirname(os.path.dirname(_PACKAGE))
    return os.path.join(_PACKAGE, "_shipped", name), os.path.join(above, name)


def site_packages() -> list[str]:
    """Where this interpreter's own distributions are: never the working directory, nor what PYTHONPATH names, which may
    be the scanned tree."""
    import site
    import sysconfig

    paths = sysconfig.get_paths()
    folders = [paths["purelib"], paths["platlib"], *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    return list(dict.fromkeys(folders))
