"""Where lines may end: each of these was put before `terraform validate` (1.11.4)."""

from __future__ import annotations

import pytest

from guardrail.formats.hcl import parse

GOOD = [
    r'''
locals {
 x = [1 +
   2, true
   ? 1
   : 2 ]
 y = (1
 + 2)
 z = max(1
 , 2 +
 3)
}
''',
    r'''
locals {
 x = { for a in
   [1] : a =>
   1 +
   2
   if true
   }
}
''',
    r'''
locals {
 y = { a = 1 }
 x = local.y[
   "a"
   ]
}
''',
    r'''
locals {
 x = "${1 +
 2}"
}
''',
    r'''
locals {
 x = { a = 1 /* a
 */ + 2
 b = upper /* f
  */ ("x")
 }
}
''',
    r'''
locals {
 b = (
 [{a=1}]
 )[0].a == 1 ? {
   c = 1
 } : {
   c = 2
 }
}
''',
    r'''
locals {
 d = merge({
   a = 1
 }, {
   b = 2
 })
 e = "${true == (1 +
 2) ? "x" : jsonencode({
 a = 1 })
 }"
 f = [
   for a in
   [1]
   : {
     a = a } if a
     == 1
 ]
 g = -(
   1
 )
 h = { for a in [1] :
  a => a ... }
 i = [1,
 ][*]
 j = {
   "${"x"
   }" = 1
   (<<E
x
E
   ) = 2
 }
}
''',
    r'''
locals {
  x = { for k, v in {} : k => {
     a = 1
     b = v.c ? 1 : 2 }
  }
  y = [
    {
      a = (1 == 1
      && 2 == 2)
    }
  ]
}
''',
]

BAD = [  # with the lines that are told
    ([4], r'''
locals {
x = 1 +
 2
}
'''),
    ([4], r'''
locals {
x = true ?
 2 : 3
}
'''),
    ([4], r'''
locals {
 x = true
  ? 2 : 3
}
'''),
    ([4], r'''
locals {
 x =
  2
}
'''),
    ([5], r'''
locals {
 x = {
   a = 1 +
     2
 }
}
'''),
    ([5], r'''
locals {
 x = {
   a
   = 1
   }
}
'''),
    ([5], r'''
locals {
 y = { a = 1 }
 x = local
   .y.a
}
'''),
    ([3], r'''
locals
{
}
'''),
    ([15], r'''
locals {
 x = {
   a = [
     1 +
     2]
   b = (
     1
     + 2)
   c = {
     d = 1, e = 2 }
   (
   "f") = 3
   "g" =
     3
   }
}
'''),
    ([4], r'''
locals {
 y = !
  true
}
'''),
    ([4], r'''
locals {
 x = (true ? { a = 1
 +2 } : {})
}
'''),
    ([4], r'''
locals {
 x = ({ a = true
   ? 1 : 2
 })
}
'''),
    ([8], r'''
locals {
 x = max(1, 2
 )
 z = [for a in [1] : {
    b = a
    c = a ==
    1
 }]
}
'''),
    ([3], r'''
locals { x = 1 
}
'''),
    ([3], r'''
locals { x = 1
 y = 2 }
'''),
    ([2, 2], r'''
locals { x = 1 y = 2 }
'''),
    ([6], r'''
locals {
 x = <<A
a
A
 + 1
}
'''),
    ([3], r'''
terraform { required_version = ">= 1.0"
}
variable "a" { type = string }
'''),
    ([6], r'''
locals {
 x = 1 /* a
 */ + 2
 y = 1 + # c
  2
}
'''),
    ([4], r'''
locals {
 b = upper
 ("x")
 }
'''),
    ([3], r'''
locals {
 x = 1 }
'''),
    ([4], r'''
terraform {
 required_providers {
 }}
'''),
    ([4, 2], r'''
variable "x" { validation {
  condition = true
  error_message = "x" } }
'''),
    ([3], r'''
locals {
 x = "a
b"
}
'''),
]


@pytest.mark.parametrize("text", GOOD)
def test_lines_that_may_end_there(text):
    assert parse(text.encode(), "main.tf").problems == []


@pytest.mark.parametrize(("lines", "text"), BAD)
def test_lines_that_may_not(lines, text):
    assert [(problem.kind, problem.line) for problem in parse(text.encode(), "main.tf").problems] == [
        ("syntax", line) for line in lines
    ]


def test_what_is_rejected_is_unknown_and_the_rest_is_read():
    document = parse(b'locals {\n  a = 1 +\n    2\n  b = 3\n}\n', "main.tf")
    attributes = document.body.blocks[0].body.attributes
    assert type(attributes["a"].node).__name__ == "Broken"
    assert attributes["b"].node.eval(None) == 3
    assert document.status == "partial"
