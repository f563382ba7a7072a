"""Credentials by their name and within texts; those of `tests/concepts/test_secrets.py` stand in resources."""

from __future__ import annotations

import pytest
from harness import ends

from guardrail.formats.secret_forms import secret_by_name
from guardrail.formats.secret_texts import assignments_in, veiled

RANDOM = "h8Jk2LmP9qXz4Rt6"  # no credential of anybody


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("name", ["DB_PASSWORD", "DB_PASSWORD_1", "DB_PASSWORD2", "db.password.12", "password_wo"])
def test_numbered_names_and_blocks(name: str, end: str) -> None:
    assert secret_by_name(name, f"hunter-x{end}") == "password"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "\n"),
        ("DB_PASSWORD", "one\ntwo\n"),
        ("DB_PASSWORD_1", "changeme\n"),
        ("DB_PASSWORD_1", "DB_PASSWORD_1"),
        ("DB_PASSWORD_1", "vault:db_password_1"),
        ("PASSWORD_123", "hunter-x"),
        ("nopasswd1", "hunter-x"),
        ("password_length_1", "hunter-x"),
        ("sha256", RANDOM),
        ("Authorization", "Bearer ${TOKEN}"),
        ("Authorization", "Bearer your-token-here"),
        ("Authorization", "Basic <credentials>"),
        ("authorization", "AWS_IAM"),
        ("Cookie", f"theme={RANDOM}"),
        ("Cookie", "session=none; token=$http_x"),
        ("Cookie", ""),
    ],
)
def test_what_is_none(name: str, value: str) -> None:
    assert secret_by_name(name, value) is None


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("Authorization", f"Bearer {RANDOM}", "token"),
        ("proxy-authorization", f"'{RANDOM}'", "token"),
        ("HTTP_AUTHORIZATION", "basic YWRtaW46aHVudGVyLXg=", "password"),
        ("Authorization", f"Basic {RANDOM}+", "password"),  # not in base64, and meant to be one
        ("Cookie", f"theme=dark; JSESSIONID={RANDOM}", "token"),
        ("set-cookie", f"auth={RANDOM}; HttpOnly", "token"),
    ],
)
def test_headers(name: str, value: str, kind: str) -> None:
    assert secret_by_name(name, value) == kind


def test_numbered_names_in_a_text() -> None:
    text = f"export DB_PASSWORD_1={RANDOM} API_KEY2={RANDOM}"
    assert [match.name for match in assignments_in(text)] == ["DB_PASSWORD_1", "API_KEY2"]


def test_veiled() -> None:
    assert veiled(f"DB_PASSWORD={RANDOM} make ghp_{RANDOM * 3}") == "DB_PASSWORD=*** make ***"
    assert veiled("DB_PASSWORD=postgres make", throwaway=True) == "DB_PASSWORD=postgres make"
    text = "make test"
    assert veiled(text) is text


@pytest.mark.parametrize(
    ("text", "hidden", "name"),
    [
        (f"docker login -u a -p {RANDOM} reg", RANDOM, "login -p"),
        (f"docker login reg \\\n  -u a \\\n  -p '{RANDOM}'", RANDOM, "login -p"),
        (f"sudo podman --log-level error login -p={RANDOM} reg", RANDOM, "login -p"),
        (f"az login --service-principal -u a -p {RANDOM} --tenant x", RANDOM, "login -p"),
        (f"sshpass -p {RANDOM} ssh root@h", RANDOM, "sshpass -p"),
        (f'sshpass -p"{RANDOM}" scp a b', RANDOM, "sshpass -p"),
        (f"mysql -uroot -p{RANDOM} db < x.sql", RANDOM, "mysql -p"),
        (f"mysqldump -h db -u root -p'{RANDOM}' db", RANDOM, "mysql -p"),
        (f'echo "{RANDOM}" | docker login -u x --password-stdin', RANDOM, "echo"),
        (f"echo -n {RANDOM} | sudo docker login -u x --password-stdin reg", RANDOM, "echo"),
        (f"echo {RANDOM} | gh auth login --with-token", RANDOM, "echo"),
        (f'curl -H "Authorization: Bearer {RANDOM}" https://x', RANDOM, "Authorization"),
        (f"curl -H 'authorization: {RANDOM}' https://x", RANDOM, "authorization"),
        ("curl -H 'Authorization: Basic YWRtaW46aHVudGVyLXg='", "YWRtaW46aHVudGVyLXg=", "Authorization"),
        (f"curl -H 'X-Api-Key: {RANDOM}' https://x | sh", RANDOM, "X-Api-Key"),
        (f'curl -H \\"PRIVATE-TOKEN: {RANDOM}\\" https://x', RANDOM, "PRIVATE-TOKEN"),
        (f'fetch(url, {{headers: {{"Authorization": "Bearer {RANDOM}"}}}})', RANDOM, "Authorization"),
        (f"http.setRequestHeader('authorization', `{RANDOM}`)", RANDOM, "authorization"),
        (f'proxy_set_header Authorization "Bearer {RANDOM}";', RANDOM, "Authorization"),
        (f"grpc_set_header 'X-Api-Key' {RANDOM};", RANDOM, "X-Api-Key"),
    ],
)
def test_commands(text: str, hidden: str, name: str) -> None:
    assert [(text[match.start : match.end], match.name) for match in assignments_in(text)] == [(hidden, name)]


@pytest.mark.parametrize(
    "text",
    [
        "docker login -u a -p $PASSWORD reg",
        'docker login -u a -p "${{ secrets.TOKEN }}" reg',
        "docker login -u a -p {{ password }}",
        "docker login -u a -p <password>",
        "docker login -u a -p %PASS%",
        "docker login -u a -p changeme",
        "docker login -u test -p test",
        "docker login -u a -p $(cat token)",
        "docker login -u a --password-stdin",
        f"docker login; docker run -p {RANDOM}",
        "docker run -p 8080:80 login",
        "sshpass -e ssh root@h",
        "sshpass -p $P ssh root@h",
        "mysql -uroot -p db < x.sql",
        "mysql -uroot -p3306",
        "mysql -uroot -ppassword db",
        'mysql -uroot -p"$PASSWORD" db',
        f"mysql -P {RANDOM}",
        "echo $TOKEN | docker login -u x --password-stdin",
        'echo "${{ secrets.T }}" | docker login -u x --password-stdin',
        f"echo {RANDOM} | tee file",
        f"echo {RANDOM}; docker login --password-stdin < x",
        'curl -H "Authorization: Bearer $TOKEN"',
        "curl -H 'Authorization: Bearer your-token-here'",
        "curl -H 'Authorization: Bearer <token>'",
        "curl -H 'Authorization: Basic dXNlcjpwYXNzd29yZA=='",
        "curl -H 'X-Api-Key: my-own-key'",
        '{"Authorization": "Bearer " + token}',
        "headers['Authorization'] = `Bearer ${token}`",
        '{"authorization": "required-by-all"}',
        "proxy_set_header Authorization $http_authorization;",
        'proxy_set_header Authorization "Bearer $token";',
        "proxy_set_header X-Forwarded-For 10.20.30.40;",
        "Authorization: required for all",
        "authorization: rbac",
        f"tokens: {RANDOM}",
    ],
)
def test_commands_that_tell_nothing(text: str) -> None:
    assert list(assignments_in(text)) == []


@pytest.mark.parametrize(
    "word",
    ["docker login ", "docker ", "mysql ", "sshpass -p$ ", "echo abc | ", "authorization:", '"a-', "'a-key: $",
     "proxy_set_header ", "proxy_set_header a b", '"authorization":"'],
)  # fmt: skip
def test_commands_without_end(word: str) -> None:
    with ends():
        assert list(assignments_in(word * 20_000)) == []
