# ruff: noqa: E501 (tables of one case a line)
from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from harness import ends
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrail.concepts.secret_masks import Excerpts
from guardrail.concepts.secrets import hide
from guardrail.formats.secret_forms import (
    forms_in,
    hinted,
    looks_random,
    secret_by_name,
    star_out,
)
from guardrail.formats.secret_texts import assignments_in
from guardrail.inputs.reader import ReadOptions
from guardrail.inputs.table import READERS, load
from guardrail.model import (
    Encoded,
    EncodedUnknown,
    Map,
    Noun,
    Origin,
    Perhaps,
    Resource,
    Sensitive,
    Seq,
    Span,
    Text,
    Unknown,
    plain,
)
from guardrail.tree import Tree

RANDOM = "h8Jk2LmP9qXz4Rt6"  # no credential of anybody
KEY_BODY = "\n".join(["MIIEpAIBAAKCAQEA7Vq0mYkq3h8Jk2LmP9qXz4Rt6Wv8Yb1Nc5Df3Gh7Sj9Ak2L"] * 3)
PRIVATE_KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{KEY_BODY}\n-----END RSA PRIVATE KEY-----"
ENCODED_KEYS = [
    base64.b64encode(PRIVATE_KEY.replace("RSA ", kind).encode()).decode()
    for kind in ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ")
]
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhcGkifQ.h8Jk2LmP9qXz4Rt6Wv8Yb1Nc5Df3Gh7"


# ---- by form -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "hidden"),
    [
        ("aws-access-key", "id = AKIAQ7KX2M4VJ5NPRT6W", "AKIAQ7KX2M4VJ5NPRT6W"),
        ("aws-access-key", "ASIAQ7KX2M4VJ5NPRT6W", "ASIAQ7KX2M4VJ5NPRT6W"),
        ("private-key", PRIVATE_KEY, PRIVATE_KEY),
        ("private-key", PRIVATE_KEY.replace("\n", "\\n"), PRIVATE_KEY.replace("\n", "\\n")),
        ("private-key", PRIVATE_KEY.replace("RSA ", "OPENSSH "), PRIVATE_KEY.replace("RSA ", "OPENSSH ")),
        *(("encoded-private-key", f"client-key-data: {key}", key) for key in ENCODED_KEYS),
        ("github-token", "token ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        ("gitlab-token", "glpat-x7Kd9Qm2Lp4Rt6Vw8Yz1", "glpat-x7Kd9Qm2Lp4Rt6Vw8Yz1"),
        ("slack-token", "xoxb-123456789012-abcdefGHIJK", "xoxb-123456789012-abcdefGHIJK"),
        ("google-api-key", "AIza" + "Sy" + "D4c9" * 8 + "a", "AIza" + "Sy" + "D4c9" * 8 + "a"),
        ("npm-token", "npm_x7Kd9Qm2Lp4Rt6Vw8Yz1Bc3Df5Gh7Jk9Mn2P", "npm_x7Kd9Qm2Lp4Rt6Vw8Yz1Bc3Df5Gh7Jk9Mn2P"),
        ("jwt", f"Bearer {JWT}", JWT),
        ("azure-key", "AccountName=a;AccountKey=" + "Ab9+" * 21 + "AA==;EndpointSuffix=x", "Ab9+" * 21 + "AA=="),
        ("url-credentials", f"postgres://api:{RANDOM}@db.internal:5432/api", RANDOM),
        ("url-credentials", f"redis://:{RANDOM}@cache.internal", RANDOM),
        ("url-credentials", f"git clone https://oauth2:{RANDOM}@gitlab.example.org/a.git", RANDOM),
        ("url-credentials", "https://admin:admin@db.internal", "admin"),
        ("url-credentials", "postgres://john.doe:4711abc@db.internal/api", "4711abc"),
    ],
)  # fmt: skip
def test_forms(kind: str, text: str, hidden: str) -> None:
    assert hinted(text)
    (found,) = forms_in(text)
    assert (found.kind, text[found.start : found.end]) == (kind, hidden)
    assert star_out(text)[found.start : found.end].strip("*\n") == ""
    assert len(star_out(text)) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "xoxb-xxxxxxxxxxxxx-xxxxxxxxxxxxx-xxxxxxxxxxxxxxxxxxxxxxxx",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",  # AWS's own documentation
        "prefixAKIAQ7KX2M4VJ5NPRT6W",
        "AKIAQ7KX2M4VJ5NPRT6W7",
        "grep -q 'BEGIN RSA PRIVATE KEY' key.pem",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\n" + KEY_BODY,
        "-----BEGIN CERTIFICATE-----\n" + KEY_BODY,
        "ghp_short",
        "https://example.com:8080/@scope",
        "https://user:password@example.com",
        "http://user:$PASSWORD@host",
        "https://${var.user}:${var.password}@host",
        "https://x-access-token:{{ token }}@github.com",
        "postgres://postgres:postgres@localhost:5432/db",
        "https://user:****@host",
        "npm_config_cache",
        "eyJhbGciOiJIUzI1NiJ9",
        "git@github.com:owner/repo.git",
        "http://google.com:80\\\\@127.88.23.245:22/",
        "http://known.example:443#@other.example/",
        "AccountKey=${key}",
        "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
    ],
)
def test_no_forms(text: str) -> None:
    assert list(forms_in(text)) == []
    assert star_out(text) == text


def test_databases_of_a_test_run() -> None:
    url = "postgres://api:test_password1@db/api"
    assert list(forms_in(url)) != []
    assert list(forms_in(url, throwaway=True)) == []
    assert list(forms_in(f"postgres://api:{RANDOM}@db/api", throwaway=True)) != []


# ---- by name -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "Sommer2024!"),
        ("password", "password"[:-1] + "t"),
        ("db_password", "admin"),
        ("MYSQL_ROOT_PASSWORD", "r00t"),
        ("administrator_login_password", "Str0ngP@ss"),
        ("masterUserPassword", "letmein"),
        ("DB_PASS", "hunter22"),
        ("passphrase", "correct-horse"),
        ("PGPASSWORD", "postgres"),
        ("API_KEY", "a8f5f167f44f4964e6c998dee827110c"),
        ("apiToken", "9f3c2a7be81d4056c7aa"),
        ("client_secret", "kZ8~Q9fPq2xLmVt7RwB4"),
        ("auth_token", "my-super-auth-value"),
        ("raw_key", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="),
        ("disk_encryption_key_raw", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="),
        ("ssh_private_key_base64", "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="),
        ("secret_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz"),
        ("sonar.token", "9f3c2a7be81d4056c7aa"),
        ("webhook-secret", "3q7w9e1r5t2y8u4i"),
        ("password", "ADMIN_Sommer2024"),
        ("api_key", "PROD_KEY_9F3C2A7BE81D4056"),
        ("ConnectionString", "RunAs=App;AppId=d318cba7-db4d-4fb3-99e1;AppKey=9f3c2a7be81d4056c7aa"),
        ("connection_string", "9f3c2a7be81d4056c7aaF3=="),
    ],
)
def test_names(name: str, value: str) -> None:
    assert secret_by_name(name, value) is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", ""),
        ("checksum/ipsec-secret", "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b"),
        ("password", "${var.password}"),
        ("password", "$DB_PASSWORD"),
        ("password", "$(DB_PASSWORD)"),
        ("password", "{{ .Values.password }}"),
        ("password", "<password>"),
        ("password", "changeme"),
        ("password", "CHANGE_ME"),
        ("password", "your-password-here"),
        ("password", "INSERT-PASSWORD-HERE"),
        ("password", "put_the_db_password_here"),
        ("password", "DEFINED-IN-REGION-SECRETS"),
        ("db_password", "provided_by_pipeline"),
        ("client_secret", "injected-via-external-secrets-1"),
        ("token", "FROM-EXTERNAL-VAULT-PROVIDER-2"),
        ("AWS_SECRET_ACCESS_KEY", "UPDATE_AWS_SECRET_ACCESS_KEY"),
        ("password", "REPLACE-WITH-REAL-TEST-PASSWORD"),
        ("A__CONNECTIONSTRING", "Host=localhost;Username=postgres;Password=SET_A_PASSWORD_HERE_123;Database=vault_dev"),
        ("A__CONNECTIONSTRING", "Host=db7.example.com;Password=;Database=vault_7dev"),
        ("password", "********"),
        ("password", "xxxxxxxx"),
        ("password", "true"),
        ("password", "required"),
        ("password", "/run/secrets/password"),
        ("password", "arn:aws:ssm:eu-west-1:1:parameter/db"),
        ("password", "vault:secret/data/db#password"),
        ("password", "op://vault/item/password"),
        ("OPENSHIFT_PASS", "openshift-credentials:password"),
        ("server-password", "MAVEN_PASSWORD"),
        ("gpg-passphrase", "GPG_KEY_PASS"),
        ("webhook_secret", "APP_WEBHOOK_SECRET_ARM64"),
        ("password", "DB_PASSWORD_2"),
        ("password", "PLACEHOLDERPass$$w0rd"),
        ("cosmos_token", "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw=="),
        ("ConnectionString", "RunAs=App;AppId=d318cba7-db4d-4fb3-99e1;ServiceConnectionId=93e24264-c5e6-4681;"),
        ("NOPASSWD", "ALL"),
        ("password", "ENC[AES256_GCM,data:abc]"),
        ("password", "AgBy3i4OJSWK+PiTySYZZA9rO43cGDEq"),
        ("password", "a sentence about passwords"),
        ("password", "12"),
        ("password", "password"),
        ("PWD", "/app"),
        ("OLDPWD", "x/y"),
        ("password_length", "16-characters"),
        ("password_policy", "Str0ngP@ss"),
        ("secret_name", "a8f5f167f44f4964e6c998dee827110c"),
        ("token_id", "a8f5f167f44f4964e6c998dee827110c"),
        ("api_key_arn", "a8f5f167f44f4964e6c998dee827110c"),
        ("secret", "my-secret-2"),
        ("secret", "registry-credentials-7f9k2"),
        ("secret", "db-password-v2"),
        ("secretName", "tls-a8f5f167f44f"),
        ("token", "write"),
        ("id-token", "write"),
        ("raw_key", "my-disk-key-1"),
        ("encryption_key", "1234abcd-12ab-34cd-56ef-1234567890ab"),
        ("encryption_key", "alias/my-key-1"),
        ("client_secret", "test"),
        ("secret_key", "AKIAIOSFODNN7EXAMPLEKEY"),
        ("key", "a8f5f167f44f4964e6c998dee827110c"),
        ("kms_key", "a8f5f167f44f4964e6c998dee827110c"),
        ("public_key", "a8f5f167f44f4964e6c998dee827110c"),
        ("author", "a8f5f167f44f4964e6c998dee827110c"),
        ("token", "12345678901234567890"),
        ("PGP_PASSPHRASE", "pgp:PGP_PASSPHRASE"),
        ("DB_PASSWORD", "ci/data/db#DB_PASSWORD"),
        ("ES_PASS", "shared/logging/es_pass"),
        ("without-password", "--disable-csrf-token-checks"),
        ("secret_key", "__SEARXNG_SECRET__"),
        ("password", '"$PASSWORD"'),
    ],
)
def test_no_secrets_by_name(name: str, value: str) -> None:
    assert secret_by_name(name, value) is None


@pytest.mark.parametrize("value", ["postgres", "root", "test", "TestPassword123", "yourStrong(!)Password", "secret", "1234"])
def test_what_is_no_secret_in_a_pipeline(value: str) -> None:
    assert secret_by_name("POSTGRES_PASSWORD", value, throwaway=True) is None


def test_what_is_one_there_too() -> None:
    assert secret_by_name("POSTGRES_PASSWORD", RANDOM, throwaway=True) == "password"


@pytest.mark.parametrize("value", [RANDOM, "a8f5f167f44f4964e6c998dee827110c", "3q7w9e1r5t2y8u4i", "kZ8~Q9fPq2xLmVt7"])
def test_random(value: str) -> None:
    assert looks_random(value)


@pytest.mark.parametrize("value", ["aaaaaaa1", "my-service-2", "version1.2.3", "us-east-1", "production", "20240131", "node18"])
def test_not_random(value: str) -> None:
    assert not looks_random(value)


# ---- in texts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"export DB_PASSWORD={RANDOM}",
        f"DB_PASSWORD='{RANDOM}' ./run",
        f'PASSWORD="{RANDOM}"; run',
        f"mysql --password={RANDOM} -u root",
        f"docker login --username x --password {RANDOM} registry",
        f"curl -u deploy:{RANDOM} https://example.org",
        f"sonar-scanner -Dsonar.login.token={RANDOM}",
        f"spring.datasource.password={RANDOM}\nserver.port=1",
        f"spring.datasource.password = {RANDOM}\nserver.port = 1",
        f"db:\n  password: {RANDOM}\n  user: x",
        f'{{"password": "{RANDOM}"}}',
        f'{{"apiKey":"{RANDOM}"}}',
        f"jdbc:postgresql://db/api?user=x&password={RANDOM}",
        f"Server=tcp:db;User Id=sa;Password={RANDOM};Encrypt=true",
        f"host=db user=api password={RANDOM} sslmode=require",
        f"docker build --build-arg NPM_TOKEN={RANDOM} .",
        f"password: {RANDOM}  # the old one\n",
        f"rootPassword={RANDOM} make deploy",
        f"echo Root; dbPassword={RANDOM}",
    ],
)
def test_assignments(text: str) -> None:
    (found,) = assignments_in(text)
    assert text[found.start : found.end] == RANDOM


@pytest.mark.parametrize(
    "text",
    [
        "export DB_PASSWORD=$OTHER",
        'export DB_PASSWORD="$(cat /run/secret)"',
        "DB_PASSWORD=${{ secrets.DB_PASSWORD }}",
        "DB_PASSWORD=`cat file`",
        'if [ "$PASSWORD" = "" ]; then exit 1; fi',
        "read -p 'Password: ' PASSWORD",
        "echo the password: it stands in the vault",
        "echo Enter password: now",
        "password=os.environ['X']",
        "password=args.password",
        "connect(password=db_password)",
        "password = get_password()",
        "sed -i 's/password=.*/x/' file",
        "grep password= file",
        "--password-stdin < file",
        "PASSWORD_FILE=/run/secrets/x",
        "curl -u $USER:$PASSWORD https://example.org",
        'curl -u "${USER}:${PASSWORD}" https://example.org',
        "chown -u root:root file",
        "token: write",
        "printf 'password=%s' x",
        "passwordless=yes",
        "run --admin-pass '\"$PASSWORD\"' --yes",
        "doForgotPassword=Forgot Password?\ndoAgain=Again",
        "a=b\nupdatePassword=Passwort ändern",
        "# SELECT * FROM users WHERE password='foo'",
    ],
)
def test_no_assignments(text: str) -> None:
    assert list(assignments_in(text)) == []


# ---- in resources ------------------------------------------------------------------------------------


def scanned(files: dict[str, str]) -> tuple[list[Resource], list[tuple[str, Span]]]:
    data = {name: text.encode() for name, text in files.items()}
    tree = Tree("/nowhere-at-all", data)
    resources: list[Resource] = []
    taken: set[str] = set()
    for entry in READERS:
        names = sorted(name for name in data if name not in taken and entry.claims(name, data[name]))
        taken.update(names)
        if names:
            reading = load(entry)(names, tree, ReadOptions())
            resources += reading.resources
    assert taken == set(files)
    return resources, hide(resources, files.values())


def secrets(files: dict[str, str] | str, name: str = "main.tf") -> list[tuple[str, int]]:
    """(class, line) of every secret found, each place once."""
    resources, _ = scanned(files if isinstance(files, dict) else {name: files})
    found = {
        (noun.fields["class"], noun.fields.header.line) for r in resources for noun in r.nouns.get("secret", ())
    }
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def test_an_attribute() -> None:
    assert secrets('resource "aws_db_instance" "x" {\n  username = "a"\n  password = "Sommer2024!"\n}\n') == [("password", 3)]


def test_a_default_is_the_place_and_not_its_use() -> None:
    text = (
        'variable "db_password" {\n  default = "Sommer2024!"\n}\n'
        'resource "aws_db_instance" "x" {\n  password = var.db_password\n}\n'
    )
    assert secrets(text) == [("password", 2)]


def test_a_default_of_a_variable_whose_name_says_nothing() -> None:
    text = 'variable "x" {\n  default = "Sommer2024!"\n}\nresource "aws_db_instance" "x" {\n  password = var.x\n}\n'
    assert secrets(text) == [("password", 2)]
    resources, _ = scanned({"main.tf": text})
    assert "Sommer2024!" not in repr([plain(r.attributes) for r in resources if r.kind == "aws_db_instance"])


def test_a_sensitive_argument_is_found_where_it_is_written() -> None:
    files = {
        "main.tf": 'module "m" {\n  source  = "./m"\n  secrets = {\n    db = "Sommer2024!"\n  }\n}\n',
        "m/main.tf": 'variable "secrets" {\n  type      = map(string)\n  sensitive = true\n}\n'
        'resource "aws_db_instance" "x" {\n  password = try(var.secrets["db"], null)\n}\n',
    }
    resources, _ = scanned(files)
    (noun,) = (noun for r in resources if r.kind == "aws_db_instance" for noun in r.nouns["secret"])
    assert (noun.fields.header.file, noun.fields.header.line) == ("main.tf", 4)


def test_a_sensitive_variable_with_a_default() -> None:
    assert secrets('variable "x" {\n  sensitive = true\n  default = "Sommer2024!"\n}\n') == [("sensitive", 3)]
    assert secrets('variable "x" {\n  sensitive = true\n  default = ""\n}\n') == []
    assert secrets('variable "x" {\n  sensitive = true\n}\n') == []


def test_every_instance_has_its_noun() -> None:
    resources, _ = scanned({"main.tf": 'resource "aws_db_instance" "x" {\n  count = 3\n  password = "Sommer2024!"\n}\n'})
    assert [len(r.nouns["secret"]) for r in resources if r.kind == "aws_db_instance"] == [1, 1, 1]


@pytest.mark.parametrize(
    ("attributes", "classes"),
    [
        ('access_key = "AKIAQ7KX2M4VJ5NPRT6W"', ["aws-access-key"]),
        (f'secret_key = "{RANDOM}{RANDOM}"', ["token"]),
        ('access_key = "AKIAIOSFODNN7EXAMPLE"', ["provider-credential"]),
        ('access_key = "mock_access_key"\n  secret_key = "test"', []),
        ("access_key = var.key", []),
    ],
)
def test_a_provider(attributes: str, classes: list[str]) -> None:
    text = f'variable "key" {{}}\nprovider "aws" {{\n  {attributes}\n}}\n'
    assert [kind for kind, _ in secrets(text)] == classes


@pytest.mark.parametrize(
    ("resource", "classes"),
    [
        ('"aws_secretsmanager_secret_version" "x" {\n  secret_string = "Sommer2024!"\n}', ["secret"]),
        ('"aws_secretsmanager_secret_version" "x" {\n  secret_string = jsonencode({ password = "Sommer2024!" })\n}', ["password"]),
        ('"aws_secretsmanager_secret_version" "x" {\n  secret_string = random_password.x.result\n}', []),
        ('"aws_ssm_parameter" "x" {\n  type = "SecureString"\n  value = "Sommer2024!"\n}', ["secret"]),
        ('"aws_ssm_parameter" "x" {\n  type = "SecureString"\n  value = "changeme"\n}', []),
        ('"aws_ssm_parameter" "x" {\n  type = "String"\n  value = "Sommer2024!"\n}', []),
        ('"aws_ssm_parameter" "x" {\n  type = "SecureString"\n  value = "INITIAL_VALUE_OVERRIDDEN"\n}', []),
        ('"aws_ssm_parameter" "x" {\n  type = "SecureString"\n  value = "dev-placeholder-password"\n}', []),
        ('"aws_ssm_parameter" "x" {\n  type = "SecureString"\n  value = "test-value"\n}', ["secret"]),
        ('"aws_ssm_parameter" "x" {\n  type = "SecureString"\n  value = "test-value"\n  lifecycle {\n    ignore_changes = [value]\n  }\n}', []),
        ('"aws_ssm_parameter" "x" {\n  type = "SecureString"\n  value = "test-value"\n  lifecycle {\n    ignore_changes = all\n  }\n}', []),
        ('"aws_ssm_parameter" "x" {\n  type = "SecureString"\n  value = "test-value"\n  lifecycle {\n    ignore_changes = [tags]\n  }\n}', ["secret"]),
        ('"aws_ssm_parameter" "x" {\n  type = "SecureString"\n  value = "Sommer2024!"\n  lifecycle {\n    ignore_changes = [value]\n  }\n}', ["secret"]),
        ('"aws_secretsmanager_secret_version" "x" {\n  secret_string = "default@email.com"\n  lifecycle {\n    ignore_changes = [secret_string]\n  }\n}', []),
        ('"azurerm_key_vault_secret" "x" {\n  name = "a"\n  value = "Sommer2024!"\n}', ["secret"]),
        ('"azurerm_key_vault_secret" "x" {\n  name = "argocd-admin-username"\n  value = "Sommer2024!"\n}', []),
        ('"azurerm_key_vault_secret" "x" {\n  name = "tenant-id"\n  value = "Sommer2024!"\n}', []),
        ('"azurerm_key_vault_secret" "x" {\n  name = "approle-secret-id"\n  value = "Sommer2024!"\n}', ["secret"]),
        ('"azurerm_key_vault_secret" "x" {\n  name = "db-host"\n  value_wo = "Sommer2024!"\n}', []),
        ('"github_actions_secret" "x" {\n  plaintext_value = "Sommer2024!"\n}', ["secret"]),
        ('"github_actions_secret" "x" {\n  secret_name = "DOCKERHUB_USER"\n  plaintext_value = "Sommer2024!"\n}', []),
        ('"github_actions_secret" "x" {\n  secret_name = "DOCKERHUB_TOKEN"\n  plaintext_value = "Sommer2024!"\n}', ["secret"]),
        ('"heroku_app" "x" {\n  name = "shop-server"\n  sensitive_config_vars = { LICENSE = "Sommer2024!" }\n}', ["secret"]),
        ('"helm_release" "x" {\n  set_sensitive {\n    name = "auth.username"\n    value = "Sommer2024!"\n  }\n}', []),
        ('"kubernetes_secret" "x" {\n  data = { name = "db-user", key = "Sommer2024!" }\n}', ["secret"]),
        ('"kubernetes_secret" "x" {\n  data = { username = "api", key = "Sommer2024!" }\n}', ["secret"]),
        ('"helm_release" "x" {\n  set {\n    name = "auth.password"\n    value = "Sommer2024!"\n  }\n}', ["password"]),
        ('"helm_release" "x" {\n  set {\n    name = "license"\n    value = "Sommer2024!"\n  }\n}', []),
        ('"helm_release" "x" {\n  set_sensitive {\n    name = "license"\n    value = "Sommer2024!"\n  }\n}', ["secret"]),
        ('"helm_release" "x" {\n  set_sensitive = [{ name = "license", value = "Sommer2024!" }]\n}', ["secret"]),
        ('"aws_db_instance" "x" {\n  password_wo = "Sommer2024!"\n  password_wo_version = 1\n}', ["password"]),
        ('"aws_db_instance" "x" {\n  password_wo = ephemeral.random_password.x.result\n}', []),
        ('"aws_secretsmanager_secret_version" "x" {\n  secret_string_wo = "Sommer2024!"\n}', ["secret"]),
        ('"kubernetes_manifest" "x" {\n  manifest = { kind = "Secret", stringData = { key = "Sommer2024!" } }\n}', ["secret"]),
        ('"kubernetes_manifest" "x" {\n  manifest = { kind = "ConfigMap", data = { key = "Sommer2024!" } }\n}', []),
        ('"kubernetes_secret_v1" "x" {\n  data_wo = { key = "Sommer2024!" }\n}', ["secret"]),
        ('"gitlab_project_variable" "x" {\n  key = "LICENSE"\n  value = "Sommer2024!"\n  masked = true\n}', ["secret"]),
        ('"gitlab_project_variable" "x" {\n  key = "LICENSE"\n  value = "Sommer2024!"\n}', []),
        ('"yandex_lockbox_secret_version" "x" {\n  entries {\n    text_value = "Sommer2024!"\n  }\n}', ["secret"]),
    ],
)
def test_attributes_that_are_secrets_by_nature(resource: str, classes: list[str]) -> None:
    assert [kind for kind, _ in secrets(f"resource {resource}\n")] == classes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("arn:aws:secretsmanager:eu-west-2:123456789012:secret:gov-uk-rag/guidance-token-x7Kd9Q", []),
        (f"arn:aws:secretsmanager:eu-west-2:\0:secret:{RANDOM}", []),
        (f"secret:{RANDOM}\n", ["token"]),
        ("  redis_password: os.environ/AUTH_7x", []),
        (f"  redis_password: {RANDOM}\n", ["password"]),
    ],
)
def test_names_of_secrets_and_where_they_come_from_are_none(text: str, found: list[str]) -> None:
    assert [match.kind for match in assignments_in(text)] == found


def test_user_data() -> None:
    script = f"#!/bin/bash\necho hi\nexport DB_PASSWORD={RANDOM}\n"
    heredoc = f'resource "aws_instance" "x" {{\n  user_data = <<-EOT\n    {script.strip().replace(chr(10), chr(10) + "    ")}\n  EOT\n}}\n'
    assert secrets(heredoc) == [("password", 5)]
    encoded = base64.b64encode(script.encode()).decode()
    assert secrets(f'resource "aws_instance" "x" {{\n  user_data_base64 = "{encoded}"\n}}\n') == [("encoded-script", 2)]
    harmless = base64.b64encode(b"#!/bin/bash\necho hello world and more\n").decode()
    assert secrets(f'resource "aws_instance" "x" {{\n  user_data_base64 = "{harmless}"\n}}\n') == []


def test_a_private_key_in_base64() -> None:
    key, certificate = ENCODED_KEYS[1], base64.b64encode(PRIVATE_KEY.replace("PRIVATE KEY", "CERTIFICATE").encode()).decode()
    assert secrets(f'resource "aws_instance" "x" {{\n  user_data_base64 = "{key}"\n}}\n') == [("encoded-private-key", 2)]
    assert secrets(f'resource "local_file" "x" {{\n  content = base64decode("{key}")\n}}\n') == [("private-key", 2)]
    assert secrets(f'resource "local_file" "x" {{\n  content = "{certificate}"\n}}\n') == []


def test_a_private_key_is_hidden_to_its_end() -> None:
    text = f'resource "aws_iot_thing" "x" {{\n  key = <<EOT\n{PRIVATE_KEY}\nEOT\n}}\n'
    resources, hidden = scanned({"main.tf": text})
    assert secrets(text) == [("private-key", 3)]
    assert KEY_BODY[:20] not in repr([plain(r.attributes) for r in resources])
    shown = Excerpts(hidden).shown(text.splitlines(), 1)
    assert not any(KEY_BODY[:20] in line for line in shown)


def test_json_in_a_string_is_hidden_in_the_string_too() -> None:
    text = (
        'resource "aws_ecs_task_definition" "x" {\n  container_definitions = jsonencode([{\n'
        f'    environment = [\n      {{ name = "DB_PASSWORD", value = "{RANDOM}" }},\n    ]\n  }}])\n}}\n'
    )
    resources, _ = scanned({"main.tf": text})
    assert secrets(text) == [("password", 4)]
    assert RANDOM not in repr([plain(r.attributes) for r in resources])
    assert isinstance(resources[0].attributes["container_definitions"], Encoded)


def test_partly_unknown_json_is_looked_into() -> None:
    text = (
        'variable "image" {}\nresource "aws_ecs_task_definition" "x" {\n  container_definitions = jsonencode([{\n'
        f'    image = var.image\n    environment = [{{ name = "DB_PASSWORD", value = "{RANDOM}" }}]\n  }}])\n}}\n'
    )
    assert secrets(text) == [("password", 5)]


def test_blocks_of_which_nobody_knows_whether_they_are_there_are_looked_into() -> None:
    text = (
        'variable "on" {}\nresource "aws_lambda_function" "f" {\n  dynamic "environment" {\n    for_each = var.on ? [1] : []\n'
        '    content {\n      variables = {\n        DB_PASSWORD = "Sommer2024!"\n      }\n    }\n  }\n}\n'
    )
    assert secrets(text) == [("password", 7)]
    assert [value for value, _ in scanned({"main.tf": text})[1]] == ["Sommer2024!"]


def test_a_copy_in_a_template_is_hidden_as_well() -> None:
    text = (
        f'variable "db_password" {{\n  default = "{RANDOM}"\n}}\n'
        'output "url" {\n  value = "see ${var.db_password} there"\n}\n'
        'resource "aws_instance" "x" {\n  user_data = "run ${var.db_password}"\n}\n'
    )
    resources, _ = scanned({"main.tf": text})
    assert RANDOM not in repr([plain(r.attributes) for r in resources])


def test_the_way_by_which_a_hidden_value_came_hides_it_too() -> None:
    text = 'variable "p" {\n  default = "Sommer2024!"\n}\nresource "aws_db_instance" "x" {\n  password = var.p\n}\n'
    resources, _ = scanned({"main.tf": text})
    (database,) = [r for r in resources if r.kind == "aws_db_instance"]
    steps = database.attributes.origin_of("password")
    assert steps
    assert all(isinstance(step.value, Sensitive) for step in steps)


def test_kubernetes() -> None:
    text = f"""\
apiVersion: v1
kind: Pod
metadata: {{name: x, annotations: {{description: "password: {RANDOM}"}}}}
spec:
  containers:
    - name: api
      args: ["--db-password", "{RANDOM}"]
      command:
        - run
        - --token={RANDOM}
      env:
        - name: DB_PASSWORD
          value: {RANDOM}
        - name: API_TOKEN
          valueFrom: {{secretKeyRef: {{name: tokens, key: token}}}}
        - {{name: PIN_PASSWORD, value: 12345678}}
"""
    assert secrets(text, "a.yaml") == [("password", 7), ("token", 10), ("password", 13), ("password", 16)]


def test_secret_manifests() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata:\n  a: aHVudGVyMjI=\nstringData:\n  b: hunter22\n  c: ${C}\n"
    assert secrets(text, "a.yaml") == [("kubernetes-secret", 5), ("kubernetes-secret", 7)]


@pytest.mark.parametrize(
    "word",
    [
        "CHANGEME", "YOUR_API_TOKEN", "${TOKEN}", "<path:kv/app#token>", "xxxx", "DEFINED-IN-REGION-SECRETS",
        "from-external-vault-provider", "UPDATE_DB_PASSWORD", "REPLACE-WITH-REAL-TEST-PASSWORD",
    ],
)  # fmt: skip
def test_placeholders_in_base64(word: str) -> None:
    encoded = base64.b64encode(word.encode()).decode()
    text = "apiVersion: v1\nkind: Secret\nmetadata: {{name: x}}\n{}:\n  DB_PASSWORD: '{}'\n"
    assert secrets(text.format("data", encoded), "a.yaml") == []
    assert secrets(text.format("stringData", word), "a.yaml") == []


def test_data_that_is_no_base64_is_a_secret_all_the_same() -> None:
    text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata:\n  a: |\n    {"auth": "hunter22"}\n'
    assert secrets(text, "a.yaml") == [("kubernetes-secret", 5)]


@pytest.mark.parametrize("kind", ["SealedSecret", "ExternalSecret", "CustomResourceDefinition"])
def test_what_is_encrypted_or_only_speaks_of_secrets(kind: str) -> None:
    text = f"apiVersion: x/v1\nkind: {kind}\nmetadata: {{name: x}}\nspec:\n  password: {RANDOM}\n"
    assert secrets(text, "a.yaml") == []


def test_a_config_map() -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata:\n  app.properties: |\n    a=b\n    db.password={RANDOM}\n"
    assert secrets(text, "a.yaml") == [("password", 7)]


WORKFLOW = ".github/workflows/ci.yml"


def test_a_workflow() -> None:
    text = f"""\
on: push
env:
  API_TOKEN: {RANDOM}
jobs:
  build:
    runs-on: ubuntu-latest
    container:
      image: registry.example.org/a
      credentials: {{username: x, password: {RANDOM}1}}
    steps:
      - run: |
          echo start
          curl -u deploy:{RANDOM}2 https://example.org
      - uses: docker/login-action@v3
        with:
          password: {RANDOM}3
      - run: echo ${{{{ secrets.X }}}}
        env: {{GITHUB_TOKEN: "${{{{ github.token }}}}"}}
"""
    assert secrets(text, WORKFLOW) == [("token", 3), ("password", 9), ("password", 13), ("password", 16)]


def test_the_database_of_a_workflow() -> None:
    text = f"""\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    services:
      db:
        image: postgres
        env: {{POSTGRES_PASSWORD: {RANDOM}}}
    steps:
      - run: psql
        env: {{PGPASSWORD: {RANDOM}, DATABASE_URL: "postgres://a:{RANDOM}@localhost/x"}}
      - run: PGPASSWORD={RANDOM} psql
"""
    assert secrets(text, WORKFLOW) == []


def test_the_database_gets_its_password_from_the_job() -> None:
    text = f"""\
on: push
env: {{OTHER_PASSWORD: {RANDOM}1}}
jobs:
  build:
    runs-on: ubuntu-latest
    env: {{SA_PASSWORD: {RANDOM}, DEPLOY_PASSWORD: {RANDOM}2}}
    services:
      db:
        image: mssql
        env: {{MSSQL_SA_PASSWORD: "${{{{ env.SA_PASSWORD }}}}", B: "${{{{ env.OTHER_PASSWORD }}}}"}}
    steps: [{{run: make}}]
"""
    assert secrets(text, WORKFLOW) == [("password", 6)]


def test_the_database_of_a_workflow_is_handed_no_real_token() -> None:
    text = f"""\
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    services:
      db:
        image: registry.example.org/backend
        env:
          DB_PASSWORD: {RANDOM}
          TOKEN: ghp_16C7e42F292c6912E7710c838347Ae178B4a
    steps:
      - run: migrate
        env: {{DATABASE_URL: "postgres://app:{RANDOM}@db/app"}}
"""
    assert secrets(text, WORKFLOW) == [("github-token", 10)]


def test_databases_of_gitlab() -> None:
    text = f"""\
.unused:
  services: [{{name: "postgres:16", variables: {{POSTGRES_PASSWORD: {RANDOM}1}}}}]
.database: &database
  services: ["mysql:8"]
.passwords:
  variables:
    MYSQL_ROOT_PASSWORD: {RANDOM}2
    DEPLOY_PASSWORD: {RANDOM}3
    OWN: {RANDOM}4
by_parts: {{extends: [.database, .passwords], script: [make]}}
by_alias: {{<<: *database, variables: {{PASSWORD: {RANDOM}2}}, script: [make]}}
by_reference:
  services: !reference [.database, services]
  variables: {{MARIADB_PASSWORD: {RANDOM}5}}
  script: ["mysql --password={RANDOM}5"]
handed:
  services: [{{name: "postgres:16", variables: {{POSTGRES_PASSWORD: $OWN_PASSWORD}}}}]
  variables: {{OWN_PASSWORD: {RANDOM}6, OTHER_PASSWORD: {RANDOM}7}}
  script: [make]
deploy:
  variables: {{POSTGRES_PASSWORD: {RANDOM}8}}
  script: [make]
"""
    assert secrets(text, ".gitlab-ci.yml") == [("password", 8), ("password", 18), ("password", 21)]


def test_databases_of_circleci() -> None:
    text = f"""\
version: 2.1
executors:
  with-database:
    docker:
      - image: cimg/base:2024.12
        environment: {{PGPASSWORD: {RANDOM}1, DEPLOY_PASSWORD: {RANDOM}2}}
      - image: postgres:16
        environment: {{POSTGRES_PASSWORD: {RANDOM}1}}
jobs:
  build:
    docker:
      - image: cimg/base:2024.12
        environment: {{PGPASSWORD: {RANDOM}3}}
      - image: postgres:16
        environment: {{POSTGRES_PASSWORD: {RANDOM}3}}
    steps: [{{run: make}}]
  test: {{executor: with-database, steps: [{{run: make}}]}}
workflows: {{all: {{jobs: [build, test]}}}}
"""
    assert secrets(text, ".circleci/config.yml") == [("password", 6)]


def test_databases_of_azure() -> None:
    text = f"""\
resources:
  containers:
    - container: database
      image: postgres:16
      env: {{POSTGRES_PASSWORD: {RANDOM}1}}
    - container: tools
      image: registry.example.org/tools
      env: {{DEPLOY_PASSWORD: {RANDOM}2}}
pool: {{vmImage: ubuntu-24.04}}
jobs:
  - job: test
    container: tools
    services: {{db: database}}
    steps:
      - bash: psql
        env: {{PGPASSWORD: {RANDOM}1}}
"""
    assert secrets(text, "azure-pipelines.yml") == [("password", 8)]


def test_gitlab() -> None:
    text = f"variables:\n  DEPLOY_TOKEN: {RANDOM}\n  X_PASSWORD:\n    value: {RANDOM}1\n    description: what\nbuild:\n  script:\n    - run --password={RANDOM}2\n"
    assert secrets(text, ".gitlab-ci.yml") == [("token", 2), ("password", 4), ("password", 8)]


def test_defaults_of_parameters() -> None:
    azure = "parameters:\n  - name: dbPassword\n    type: string\n    default: kJ8sd7fG5qwe\nsteps: [script: x]\n"
    assert secrets(azure, "azure-pipelines.yml") == [("password", 4)]
    bitbucket = (
        "pipelines:\n  custom:\n    a:\n      - variables: [{name: API_TOKEN, default: kJ8sd7fG5qwe}]\n"
        "      - step: {script: [x]}\n"
    )
    assert secrets(bitbucket, "bitbucket-pipelines.yml") == [("token", 4)]
    jenkins = """pipeline {
  agent any
  parameters {
    string(name: 'DB_PASSWORD', defaultValue: 'kJ8sd7fG5qwe')
    password(name: 'KEY', defaultValue: 'kJ8sd7fG5qwf')
    password(name: 'NONE', defaultValue: '')
    string(name: 'BRANCH', defaultValue: 'main')
  }
  stages { stage('x') { steps { sh 'make' } } }
}
"""
    assert secrets(jenkins, "Jenkinsfile") == [("password", 4), ("password", 5)]
    tekton = (
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t}\nspec:\n"
        "  params: [{name: api-token, default: kJ8sd7fG5qwe}, {name: revision, default: main}]\n"
        "  steps: [{name: a, image: b, script: make}]\n"
    )
    assert secrets(tekton, "task.yaml") == [("token", 5)]


def test_nothing_is_found_in_what_names_secrets() -> None:
    text = """\
on: push
permissions: {id-token: write}
jobs:
  call:
    uses: ./.github/workflows/x.yml
    secrets:
      npm_token: ${{ secrets.NPM_TOKEN }}
  other:
    uses: ./.github/workflows/x.yml
    secrets: inherit
"""
    assert secrets(text, WORKFLOW) == []


# ---- masks -------------------------------------------------------------------------------------------


def test_masks_leave_the_rest_of_a_line() -> None:
    lines = ['  password = "Sommer2024!" # old', "  name = x"]
    shown = Excerpts([("Sommer2024!", Span("a", 4, 3, 4, 27))]).shown(lines, 4)
    assert shown == ['  password = "***********" # old', "  name = x"]


def test_a_value_spelt_differently_takes_the_line_with_it() -> None:
    lines = ["a: 1", "password: 0o777123", "b: 2"]
    assert Excerpts([("261715", Span("a", 2, 1, 2, 19))]).shown(lines, 1) == ["a: 1", "password: ********", "b: 2"]


def test_a_repeated_value_is_masked_wherever_the_excerpt_shows_it() -> None:
    lines = [f"# was {RANDOM}", f"password = {RANDOM}"]
    assert not any(RANDOM in line for line in Excerpts([(RANDOM, Span("a", 2, 1, 2, 30))]).shown(lines, 1))


@pytest.mark.parametrize(
    "lines",
    [
        ["a:", "  b: first-one", "  c: x", "  b: h8Jk2LmP9q", "  d: y"],
        ["a:", "  b: h8Jk2LmP9q", "  c: x", "", "  b: first-one", "  d: y"],
        ["a {", "  b = first-one", "  c = x", "  b     = h8Jk2LmP9q", "  d = y", "}"],
    ],
)
def test_a_key_that_stands_twice_is_masked_twice(lines: list[str]) -> None:
    number = next(index for index, line in enumerate(lines) if "h8Jk" in line) + 11
    shown = Excerpts([("h8Jk2LmP9q", Span("a", number, 3, number, 20))]).shown(lines, 11)
    assert "first-one" not in "\n".join(shown)
    assert [line for line in shown if "*" not in line] == [line for line in lines if not line.startswith("  b")]


def test_a_key_of_another_mapping_is_not_masked() -> None:
    lines = ["- name: a", "  value: h8Jk2LmP9q", "- name: b", "  value: plain"]
    assert Excerpts([("h8Jk2LmP9q", Span("a", 2, 3, 2, 20))]).shown(lines, 1)[3] == "  value: plain"


def test_what_no_reader_has_seen_is_masked_by_its_name() -> None:
    lines = ['  password: "h8Jk2LmP9q"', "  POSTGRES_PASSWORD: postgres", "  docker login -p h8Jk2LmP9q x"]
    shown = Excerpts([]).shown(lines, 1)
    assert shown == ['  password: "**********"', "  POSTGRES_PASSWORD: postgres", "  docker login -p ********** x"]


def test_the_middle_of_a_private_key() -> None:
    line = KEY_BODY.split("\n")[0]
    assert Excerpts([]).shown([line, "x = y"], 10) == ["*" * len(line), "x = y"]


@settings(max_examples=100)
@given(
    st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30), min_size=1, max_size=6),
    st.integers(0, 5),
    st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20),
)
def test_no_secret_survives_where_it_stands(lines: list[str], index: int, secret: str) -> None:
    index %= len(lines)
    lines[index] = f"key = {secret}"
    shown = Excerpts([(secret, Span("a", index + 1, 1, index + 1, 1))]).shown(lines, 1)
    assert len(shown) == len(lines)
    assert set(secret) <= {"*"} or secret.strip(" *") == "" or secret not in shown[index].removeprefix("key = ")


# ---- whatever comes ----------------------------------------------------------------------------------

NAMES = st.sampled_from(["password", "token", "name", "value", "default", "run", "key", "description", "user_data", "env", "a b"])
SECRETS = st.sampled_from(
    [RANDOM, "AKIAQ7KX2M4VJ5NPRT6W", PRIVATE_KEY, JWT, f"export PASSWORD={RANDOM}", f"postgres://x:{RANDOM}@db.internal/x"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | SECRETS


def placed(value: Any, line: int = 1) -> Any:
    here = Span("main.tf", line, 1, line, 40)
    if isinstance(value, dict):
        mapping = Map(here)
        for offset, (key, item) in enumerate(value.items()):
            mapping.put(key, placed(item, line + offset), here._replace(line=line + offset))
        return mapping
    if isinstance(value, list):
        sequence = Seq(here)
        for offset, item in enumerate(value):
            sequence.add(placed(item, line + offset), here._replace(line=line + offset))
        return sequence
    if isinstance(value, str) and "\n" in value:
        return Text(value, line, 2)
    return value


TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=14
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, TREES, max_size=4), st.sampled_from(["aws_db_instance", "Secret", "variable", "job", "provider"]), st.booleans())
def test_no_secret_that_was_found_survives(attributes: dict[str, Any], kind: str, encode: bool) -> None:
    root = placed(attributes)
    if encode:
        root.put("document", Encoded(json.dumps(attributes), placed(attributes)), root.span)
        root.put("partly", EncodedUnknown("var.x has no value", placed(attributes)), root.span)
        root.put("perhaps", Perhaps(Unknown("var.x has no value"), placed([attributes])), root.span)
    resource = Resource("terraform", "aws", kind, f"{kind}.x", root, tags=placed(attributes))
    resource.add_noun(Noun("script", "x", placed(attributes)))
    hidden = hide([resource], [json.dumps(attributes)])
    shown = json.dumps([plain(resource.attributes), plain(resource.tags), [plain(n.fields) for ns in resource.nouns.values() for n in ns]])
    for value, _ in hidden:
        if value != value.strip("*") or not looks_random(value) or len(value) < 12:
            continue
        assert value not in shown
    assert "AKIAQ7KX2M4VJ5NPRT6W" not in shown
    assert KEY_BODY[:40] not in shown
    assert JWT not in shown


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(["password", "=", ":", " ", '"', "'", "$", "{", "x1", "://", "@", "-u", "\n", "token"]), max_size=30).map("".join))
def test_no_text_raises_and_places_hold(text: str) -> None:
    end = 0
    for match in [*forms_in(text)]:
        assert end <= match.start < match.end <= len(text)
        end = match.end
    for match in assignments_in(text):
        assert 0 <= match.start < match.end <= len(text)
    assert len(star_out(text)) == len(text)
    secret_by_name(text, text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "password" * 12_000,
        "password=" * 11_000,
        "-----BEGIN PRIVATE KEY-----" * 3_000,
        "://a:" * 20_000,
        "https://" + "a:" * 50_000,
        "eyJ" * 30_000,
        "eyJaaaaaaaaaaa." * 6_000,
        "_" * 100_000 + "token",
        "token " * 16_000,
        "-u a:" * 20_000,
        "hvs." * 20_000,
    ],
)
def test_hostile_texts_take_no_longer(text: str) -> None:
    with ends(20):
        list(forms_in(text))
        list(assignments_in(text))
        hinted(text)
        looks_random(text[:4096])


def test_a_deep_document_is_walked() -> None:
    root: Any = RANDOM
    for _ in range(5000):
        holder = Map(Span("a", 1, 1, 1, 2))
        holder.put("password", root, holder.span)
        root = holder
    resource = Resource("terraform", "aws", "x", "x.y", root)
    assert [value for value, _ in hide([resource])] == [RANDOM]


def test_unknown_and_sensitive_values_pass() -> None:
    root = Map(Span("a", 1, 1, 1, 2))
    root.put("password", Unknown("?"), root.span)
    root.put("token", Sensitive(RANDOM), root.span)
    assert hide([Resource("terraform", "aws", "x", "x.y", root)]) == []


def test_origins_without_a_place_are_passed_over() -> None:
    root = Map(Span("main.tf", 1, 1, 1, 2))
    where = Span("main.tf", 7, 1, 7, 9)
    root.put("password", "Sommer2024!", where, lambda: (Origin("made", Span("", 0, 0, 0, 0), "Sommer2024!"),))
    ((value, span),) = hide([Resource("terraform", "aws", "x", "x.y", root)])
    assert (value, span) == ("Sommer2024!", where)


def test_what_stands_beside_a_credential_is_none() -> None:
    text = (
        'resource "kubernetes_secret" "x" {\n  data = {\n    type     = "git"\n    url      = "git@github.com:a/b.git"\n'
        '    password = "Sommer2024!"\n  }\n}\n'
    )
    assert [line for _, line in secrets(text)] == [5]


@pytest.mark.parametrize(
    ("entry", "is_one"),
    [
        ('destination_bucket = "s3://reports-${var.stage}"', False),
        ('sqs_queue_name = "audit-${var.stage}-queue-7"', False),
        ('APP_REDIS_PORT = "16379"', False),
        ('databaseHost = "db-7.internal.example.com"', False),
        ('cloudfront_alias = "archive.example.com"', False),
        ('DPR_USER = "reporting_7"', False),
        ('PGHOST = "db-7.internal.example.com"', False),
        ('superuser = "reporting_7"', False),
        ('enableLfs = "truthful"', False),
        ('brokers_urls = "kafka-1:9092,kafka-2:9092"', False),
        ('webhook = "SLACK_ALERT_URL"', False),
        ('license = "Sommer2024!"', True),
        ('db_password = "Sommer2024!"', True),
        ('portal = "Sommer2024!"', True),
        ('named = "Sommer2024!"', True),
        ('database_url = "postgres://api:Sommer2024!@db.example.com/api"', True),
    ],
)
def test_entries_of_a_secret_are_told_from_credentials_by_their_names(entry: str, is_one: bool) -> None:
    text = f'variable "stage" {{\n  default = "prod"\n}}\nresource "kubernetes_secret" "x" {{\n  data = {{\n    {entry}\n  }}\n}}\n'
    assert [line for _, line in secrets(text)] == ([6] if is_one else [])


@pytest.mark.parametrize(("variable", "is_one"), [("namespace", False), ("repository_name", False), ("licence", True)])
def test_what_a_variable_is_called_tells_what_it_hands_over(variable: str, is_one: bool) -> None:
    text = (
        f'variable "{variable}" {{\n  default = "shop-window-2024"\n}}\n'
        f'resource "github_actions_secret" "x" {{\n  plaintext_value = var.{variable}\n}}\n'
    )
    assert [line for _, line in secrets(text)] == ([2] if is_one else [])


def test_which_entry_of_a_secret_is_meant_is_none() -> None:
    entry = 'secret_key = "slack-alert-webhook"\n'
    assert secrets(f'module "alerts" {{\n  source = "./alerts"\n  secret_name = "alerts"\n  {entry}}}\n') == []
    assert secrets(f'resource "x_client" "y" {{\n  {entry}}}\n') == [("token", 2)]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ("{existingSecret: db, secretKeys: {password: mysql-password, admin: {password: root-pass}}}", 0),
        ("{existingSecretName: db, existingSecretKeys: {rootPassword: root}}", 0),
        ("{existingSecret: db, secretKeyNames: {password: mysql-password}, password: h8Jk2LmP9q}", 1),
        ("{secretKeys: {password: h8Jk2LmP9q}}", 1),  # which perhaps makes one
        ("{existingSecret: db, auth: {password: h8Jk2LmP9q}}", 1),
    ],
)
def test_entries_of_a_secret_that_is_there_already_are_none(values: str, found: int) -> None:
    text = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: x}\nspec:\n"
    assert len(secrets(f"{text}  values: {{db: {values}}}\n", "a.yaml")) == found


@pytest.mark.parametrize("name", ["KUBE_CERT_PRODUCTION", "OPENSEARCH_SLACK_URL", "SIGNING_CERTIFICATE_V2"])
def test_the_name_of_a_variable_that_has_it_is_none(name: str) -> None:
    assert secrets(f'variable "cert" {{\n  sensitive = true\n  default   = "{name}"\n}}\n') == []


@pytest.mark.parametrize("value", ["admin/db_password", "app/prod/api-token"])
def test_a_path_in_a_vault_is_none(value: str) -> None:
    assert secrets(f'variable "ssm_key_password" {{\n  default = "{value}"\n}}\n') == []


def test_a_credential_that_says_that_it_is_a_mock_is_none() -> None:
    assert secrets('provider "aws" {\n  access_key = "mock_access_key"\n  secret_key = "mock_secret_key"\n}\n') == []


@pytest.mark.parametrize("kind", ["VirtualServer", "VirtualServerRoute", "TransportServer"])
def test_an_upstream_that_traffic_passes_to_is_none(kind: str) -> None:
    text = f"""\
apiVersion: k8s.nginx.org/v1
kind: {kind}
metadata: {{name: shop}}
spec:
  action: {{pass: basket-v2}}
  routes:
    - path: /
      action: {{pass: basket-v2}}
      splits:
        - weight: 90
          action: {{pass: basket-v1}}
"""
    assert secrets(text, "x.yaml") == []
    other = text.replace(f"kind: {kind}", "kind: Account")
    assert [line for _, line in secrets(other, "x.yaml")] == [5, 8, 11]


def test_what_a_secret_is_called_is_none() -> None:
    assert secret_by_name("client_secret", "oauth2-proxy-client-secret") is None
    assert secret_by_name("client_secret", "oauth2-proxy-client-h8Jk2") == "token"
    assert secret_by_name("password", "my-other-password") == "password"


def test_what_asks_to_be_written_over_is_none() -> None:
    assert secret_by_name("client_secret", "override_me") is None
    assert secret_by_name("password", "overwrite-this") is None


def test_a_password_that_is_one_of_two() -> None:
    text = """variable "live" {}
resource "aws_db_instance" "d" {
  password = var.live ? "correct-Horse-99" : "battery-Staple-11"
}
"""
    resources, _ = scanned({"main.tf": text})
    assert secrets(text) == [("password", 3)]
    database = next(resource for resource in resources if resource.kind == "aws_db_instance")
    assert "Horse" not in repr(database.attributes["password"])
    assert not hasattr(database.attributes["password"], "choices")


def test_what_a_secret_store_is_given_of_another_resource() -> None:
    text = """resource "aws_route53_zone" "z" {
  name = "notification-Prv1"
}
resource "aws_db_instance" "d" {
  password = "Correct-Horse-99"
}
locals {
  mine = "Battery-Staple-11"
}
resource "aws_secretsmanager_secret_version" "name" {
  secret_string = aws_route53_zone.z.name
}
resource "aws_secretsmanager_secret_version" "password" {
  secret_string = aws_db_instance.d.password
}
resource "aws_secretsmanager_secret_version" "own" {
  secret_string = local.mine
}
"""
    assert [line for _, line in secrets(text)] == [5, 8]


def test_lines_of_a_longer_text_are_hidden_without_being_called_a_secret() -> None:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    env:\n" \
           f"    - name: SECRET\n      value: |\n        line one\n        {RANDOM}\n"  # fmt: skip
    resources, hidden = scanned({"a.yaml": text})
    assert [value for value, _ in hidden] == [RANDOM]
    assert not [noun for resource in resources for noun in resource.nouns.get("secret", [])]


def nouns(files: dict[str, str]) -> list[str]:
    return [noun.name for resource in scanned(files)[0] for noun in resource.nouns.get("secret", ())]


def test_what_is_written_in_locals_and_files_of_values_is_told_where_nobody_uses_it() -> None:
    text = (
        'locals {\n  db = { host = aws_db_instance.x.address, password = "Sommer2024!" }\n'
        '  users = [{ name = var.user, token = "c41fN8xQ2sVb7Kd0" }, var.user]\n  own = var.user\n'
        '  keys = { (var.user) = "Sommer2023!" }\n}\nvariable "user" {}\nresource "aws_db_instance" "x" {}\n'
    )
    files = {"main.tf": text, "envs/prod.tfvars": 'db_password = "Herbst2024!"\n', "dev.tfvars.json": '{"db_password": "Winter24!"}'}
    assert nouns(files) == ["locals password", "locals token", "dev.tfvars.json db_password", "prod.tfvars db_password"]


def test_names_of_keys_in_a_projects_own_words_are_none() -> None:
    text = (
        'locals {\n  account_key = "orders-production"\n  secret_key = "secret_key1"\n  client_secret = "web_client_secret"\n'
        '  connection = "Server=db;User=test;Password=test"\n  api_token = "c41fN8xQ2sVb7Kd0"\n}\n'
    )
    assert nouns({"main.tf": text, "prod.tfvars": 'account_key = "ppud-production"\n'}) == ["locals api_token"]


@pytest.mark.parametrize("use", ["local.db.password", 'lookup(local.db, "password")', 'merge(local.db, {})["password"]'])
def test_a_secret_of_locals_that_are_used_is_told_once(use: str) -> None:
    text = 'locals {\n  db = { password = "Sommer2024!" }\n}\nresource "aws_db_instance" "x" {\n  password = %s\n}\n'
    assert nouns({"main.tf": text % use}) == ["aws_db_instance.x password"]


def test_a_secret_of_a_file_of_values_that_is_used_is_told_once() -> None:
    text = 'variable "p" {}\nresource "aws_db_instance" "x" {\n  password = var.p\n}\n'
    files = {"main.tf": text, "terraform.tfvars": 'p = "Sommer2024!"\n', "other.tfvars": 'password = "Sommer2024!"\n'}
    assert nouns(files) == ["aws_db_instance.x password", "other.tfvars password"]


def test_a_file_that_nothing_takes_its_values_from_may_be_wrong() -> None:
    files = {"main.tf": "", "a.tfvars": 'password = "Sommer2024!"\nb = {{ filled_in }}\n', "b.tfvars": 'c = "${d}"\n'}
    tree = Tree("/nowhere", {name: text.encode() for name, text in files.items()})
    reading = load(next(reader for reader in READERS if reader.name == "terraform"))(sorted(files), tree, ReadOptions())
    assert not reading.problems
    assert (reading.files["a.tfvars"], reading.files["b.tfvars"]) == ("skipped", "analysed")
    assert nouns(files) == ["a.tfvars password"]


@pytest.mark.parametrize("form", ["text", "json", "sarif", "html", "markdown", "csv", "junit", "gitlab", "github"])
def test_no_report_shows_them(guardrail: Any, tmp_path: Any, form: str) -> None:
    (tmp_path / "main.tf").write_text(
        f'locals {{\n  db = {{ password = "{RANDOM}a" }}\n  other_password = "Sommer2024!b"\n}}\n'
        'resource "aws_db_instance" "x" {\n  password = local.db["password"]\n}\n'
        'resource "aws_secretsmanager_secret_version" "v" {\n  secret_string = jsonencode({ password = "Sommer2024!c" })\n}\n'
    )
    (tmp_path / "prod.tfvars").write_text(f'db_password = "{RANDOM}d"\n')
    run = guardrail("scan", tmp_path, "--format", form)
    assert run.code == 1
    assert "prod.tfvars" in run.out
    assert RANDOM not in run.out
    assert "Sommer2024!" not in run.out
