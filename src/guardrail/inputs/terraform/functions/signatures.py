"""What functions take: the parameters of each, as `terraform metadata functions` lists them (1.11), and those of
OpenTofu and of old Terraform that are evaluated too.

S, N, B: string, number, bool; D: anything; L, Z, M before one of them: a list, set or map of it. `?`: may be null;
`*`: any number of them.
"""

from __future__ import annotations

from guardrail.formats.hcl_values import Type

_LISTED = """
abs N; abspath S; alltrue LB; anytrue LB; base64decode S; base64encode S; base64gunzip S; base64gzip S; base64sha256 S;
base64sha512 S; basename S; bcrypt S *N; ceil N; chomp S; chunklist LD N; cidrcontains S S; cidrhost S N;
cidrnetmask S; cidrsubnet S N N; cidrsubnets S *N; coalesce *D?; coalescelist *D?; compact LS; concat *D;
contains D D; csvdecode S; defaults D D; dirname S; distinct LD; element D N; endswith S S; ephemeralasnull D?; file S;
filebase64 S; filebase64sha256 S; filebase64sha512 S; fileexists S; filemd5 S; fileset S S; filesha1 S; filesha256 S;
filesha512 S; flatten D; floor N; format S *D?; formatdate S S; formatlist S *D?; indent N S; index D D; issensitive D?;
join S *LS; jsondecode S; jsonencode D?; keys D; length D; list *D?; log N N; lookup D S *D?; lower S; map *D?;
matchkeys LD LD LD; max *N; md5 S; merge *D?; min *N; nonsensitive D?; one D; parseint D N; pathexpand S; plantimestamp;
pow N N; range *N; regex S S; regexall S S; replace S S S; reverse D; rsadecrypt S S; sensitive D?;
setintersection ZD *ZD; setproduct *D;
setsubtract ZD ZD; setunion ZD *ZD; sha1 S; sha256 S; sha512 S; signum N; slice D N N; sort LS;
split S S; startswith S S; strcontains S S; strrev S; substr S N N; sum D; templatefile S D; templatestring S D;
textdecodebase64 S S; textencodebase64 S S; timeadd S S; timecmp S S; timestamp; title S; tobool D?; tolist D?;
tomap D?; tonumber D?; toset D?; tostring D?; transpose MLS; trim S S; trimprefix S S; trimspace S; trimsuffix S S;
upper S; urldecode S; urlencode S; uuid; uuidv5 S S; values D; yamldecode S; yamlencode D?; zipmap LS D
"""

_SCALARS = {"S": "string", "N": "number", "B": "bool", "D": "any"}
_COLLECTIONS = {"L": "list", "Z": "set", "M": "map"}

Parameter = tuple[Type, bool]  # the type, and whether null may stand there


class Signature:
    """`rest` is what any number of further arguments are; None where there may be none."""

    __slots__ = ("fixed", "rest")

    def __init__(self, fixed: list[Parameter], rest: Parameter | None) -> None:
        self.fixed, self.rest = fixed, rest


def _type(code: str) -> Type:
    return (_COLLECTIONS[code[0]], _type(code[1:])) if code[0] in _COLLECTIONS else _SCALARS[code]


def _read(words: list[str]) -> Signature:
    fixed: list[Parameter] = []
    rest: Parameter | None = None
    for word in words:
        parameter = (_type(word.strip("*?")), word.endswith("?"))
        if word.startswith("*"):
            rest = parameter
        else:
            fixed.append(parameter)
    return Signature(fixed, rest)


SIGNATURES: dict[str, Signature] = {
    line[0]: _read(line[1:]) for line in (listed.split() for listed in _LISTED.split(";"))
}
