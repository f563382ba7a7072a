"""What a finding's remedy says to write: an attribute, and a literal."""

from __future__ import annotations

from typing import NamedTuple

from guardrail.model.patterns import lazy_regex

# At the very start of a remedy, which `rules/` and packs hold to.
_HCL = lazy_regex(r"\ASet `(?P<path>[A-Za-z_]\w*) = (?P<value>true|false|-?\d+|\"[^\"`$%{}\\]*\")`")
_YAML = lazy_regex(
    r"\ASet `(?P<path>[A-Za-z_][\w-]*(?:: \{[A-Za-z_][\w-]*)*): "
    r"(?P<value>true|false|-?\d+|\"[^\"`$%{}\\]*\"|[A-Za-z][\w.-]*)\}*`"
)

# What may come after it: where it stands (in `site_config`), what else would do (", or ..."), what explains. A sentence
# that goes on to something else to do ("and ...", "with ...", "where ...") is for people: half of it may break things.
_ASIDE = lazy_regex(r" \((?!and )[^()]*\)")
_SENTENCE = lazy_regex(r"[.;](?= |\Z)")
_INSTEAD = lazy_regex(r",? or ")
_PLACES = (" in ", " on ", " of ", " for ", " under ")
_GOES_ON = lazy_regex(r"[,(]| and (?!in )| (?:with|where|when|once|if|unless|after|beside|to) ")


class Assignment(NamedTuple):
    """`path`: one name, or in YAML several (Set `with: {persist-credentials: false}`). `value` is as it stands in the
    text: `true`, `"TLS1_2"`. `is_hcl`: it is meant for HCL, not for YAML."""

    path: tuple[str, ...]
    value: str
    is_hcl: bool

    @property
    def name(self) -> str:
        return self.path[-1]


def assignment_of(remedy: str) -> Assignment | None:
    """What a remedy says to write, if that is all that there is to do."""
    hcl = _HCL.match(remedy)
    found = hcl or _YAML.match(remedy)
    if found is None or not _is_all(remedy[found.end() :]):
        return None
    return Assignment(tuple(found["path"].split(": {")), found["value"], hcl is not None)


def _is_all(rest: str) -> bool:
    sentence = _SENTENCE.split(_ASIDE.sub("", rest), maxsplit=1)[0]
    place = _INSTEAD.split(sentence, maxsplit=1)[0]
    return ", and " not in sentence and (not place or (place.startswith(_PLACES) and not _GOES_ON.search(place)))
