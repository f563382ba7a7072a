from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.inputs.pipelines.shell import checkouts, evaluated, expanded_variables, pipelines, remote_pipe


@pytest.mark.parametrize(
    "code",
    [
        "curl https://x | sh",
        "curl -sSfL https://x | sudo -E bash -",
        "curl -s https://x | sudo -u build bash",
        "curl 'https://x?a=1&b=2;c' | bash -s -- --yes",
        "wget -qO- https://x | bash -x",
        "curl https://x | sh -e",
        "curl https://x \\\n  | \\\n  sh",
        "curl https://x | tee log | bash",
        "set -e; curl https://x|python3 -",
        "curl https://x | python3",
        "if ! command -v a; then curl https://x | sh; fi",
        "bash <(curl -s https://x)",
        "source <(curl -s https://x)",
        'bash -c "$(curl -fsSL https://x)"',
        'sh -c "$(wget -qO- https://x)" -- -y',
        'eval "$(curl https://x)"',
        'ssh host "curl https://x | sh"',
        "sudo bash -c 'curl https://x | sh'",
        'echo "$(curl https://x)" | bash',
        "cat <<EOF\nit's\nEOF\ncurl https://x | sh\n",
        "iwr https://x | iex",
        "irm https://x -UseBasicParsing | Invoke-Expression",
        "iex ((New-Object System.Net.WebClient).DownloadString('https://x'))",
        "curl https://x | FOO=1 /bin/sh 2>/dev/null",
    ],
)
def test_downloads_that_are_run(code: str) -> None:
    assert remote_pipe(code)


@pytest.mark.parametrize(
    "code",
    [
        "curl https://x -o file",
        "curl https://x | tar xz",
        "curl https://x | jq -r .y",
        "curl https://x | python3 -m json.tool",
        "curl https://x | python3 -c 'import json'",
        "curl https://x | perl -ne 'print'",
        "curl https://x | bash script.sh",
        "curl https://x | sudo tee /etc/apt/sources.list",
        "# curl https://x | sh",
        "echo 'curl https://x | sh'",
        "apt-get install curl; cat script | sh",
        "curl https://x && bash other.sh",
        "curl https://x\nsh run.sh",
        "echo curl-wget | sh",
    ],
)
def test_downloads_that_are_not(code: str) -> None:
    assert remote_pipe(code) is None


def test_a_remote_pipe_knows_where_it_is() -> None:
    code = "set -e\n  curl https://x | sh -s -- a; ls"
    found = remote_pipe(code)
    assert found is not None
    assert code[slice(*found)] == "curl https://x | sh -s -- a"


def test_checkouts() -> None:
    code = "gh pr checkout 5\ngit fetch origin pull/7/head\ngit checkout main\ngit log\n"
    assert [(command.text, plainly) for command, plainly in checkouts(code)] == [
        ("gh pr checkout 5", True),
        ("git fetch origin pull/7/head", True),
        ("git checkout main", False),
    ]


def test_code_that_is_evaluated() -> None:
    code = "eval \"a $ONE\"\nbash -ec \"$TWO ${THREE}\"\nsh -c 'x $FOUR'\necho $FIVE"
    names = [name for _, arguments in evaluated(code) for name in expanded_variables(arguments)]
    assert names == ["ONE", "TWO", "THREE"]


@given(st.text(alphabet="curl |shbas\"'$()<>`\\\n;&#- =", max_size=80))
def test_any_code_can_be_looked_at(code: str) -> None:
    remote_pipe("curl " + code)
    list(checkouts("git " + code))
    list(evaluated("eval " + code))
    for stages in pipelines(code):
        for command in stages:
            assert 0 <= command.start <= command.end <= len(code)
