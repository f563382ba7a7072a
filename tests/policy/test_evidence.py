"""What led to a verdict is shown, but no secret on its way."""

from __future__ import annotations

from pathlib import Path

import pytest

from guardrail.conditions import Leaf
from guardrail.model import ELSEWHERE, NOWHERE, Unknown
from guardrail.policy.judge import _is_told
from guardrail.scanning import Request, scan

SCRIPT = """\
variable "user" {
  default = "cloud"
}

variable "pass_phrase" {
  default = %s
}

locals {
  database = "postgresql://${var.user}:${var.pass_phrase}@db.internal/app"
}

resource "aws_instance" "web" {
  user_data = <<-EOF
    #!/bin/sh
    curl -sL https://example.com/setup.sh | bash -
    psql ${local.database}
  EOF
}

resource "aws_db_instance" "main" {
  username = var.user
  password = var.pass_phrase
}
"""


@pytest.mark.parametrize("secret", ["Purpled09pony", "qq7zzk", "correcthorsebattery"])
def test_a_secret_on_the_way_of_a_script_is_not_shown(tmp_path: Path, secret: str) -> None:
    (tmp_path / "main.tf").write_text(SCRIPT % f'"{secret}"')
    findings = scan(Request((str(tmp_path),))).findings
    (piped,) = [finding for finding in findings if finding.rule == "script-no-remote-pipe"]
    steps = {evidence.note: evidence.value for evidence in piped.evidence}
    assert steps["default of var.pass_phrase"] == {"$sensitive": True}
    assert "local.database" in steps
    assert secret not in repr(findings)


def test_only_what_is_told_elsewhere_is_not_told_again() -> None:
    lacking, open_ = Leaf("a", Unknown(ELSEWHERE), NOWHERE), Leaf("b", Unknown("var.b has no value"), NOWHERE)
    assert _is_told((lacking,))
    assert not _is_told((lacking, open_))
    assert not _is_told((Leaf("c", 1, NOWHERE),))
    assert not _is_told(())
