"""Shell code that installs, publishes and builds."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from guardrail.formats.builds import builds
from guardrail.formats.packages import loose_installs, publishes
from guardrail.formats.shell import remote_pipe


@pytest.mark.parametrize(
    ("code", "tools"),
    [
        ("npm install -g tool", ["npm"]), ("sudo npm i tool", ["npm"]), ("npm add x", ["npm"]),
        ("npm install", []), ("npm ci --prefix x", []), ("npm install --no-audit", []),
        ("cd x && yarn add y", ["yarn"]), ("yarn global add y", ["yarn"]), ("yarn install --immutable", []),
        ("pnpm add x", ["pnpm"]), ("gem install x -v 1", ["gem"]), ("bundle add x", ["bundle"]), ("bundle install", []),
        ("if true; then npm install x; fi", ["npm"]), ("echo npm install x", []), ("# npm install x", []),
        ("npm install \\\n  x@1 \\\n  y@2", ["npm"]),
    ],
)  # fmt: skip
def test_installs(code: str, tools: list[str]) -> None:
    assert [use.tool for use in loose_installs(code)] == tools


@pytest.mark.parametrize(
    ("code", "tools"),
    [
        ("npm publish --provenance", ["npm"]), ("npm publish --dry-run", []), ("pnpm -r publish", ["pnpm"]),
        ("python -m twine upload dist/*", ["twine"]), ("twine check dist/*", []), ("uv publish", ["uv"]),
        ("cargo +nightly publish", ["cargo"]), ("cargo publish --dry-run", []), ("gem push x.gem", ["gem"]),
        ("gem push --host https://rubygems.pkg.github.com/x x.gem", []), ("dotnet nuget push x", ["dotnet nuget"]),
        ("npm publish --registry https://registry.npmjs.org", ["npm"]), ("npm publish --registry https://x", []),
        ("echo npm publish", []), ("npx semantic-release", []),
    ],
)  # fmt: skip
def test_publishes(code: str, tools: list[str]) -> None:
    assert [use.tool for use in publishes(code)] == tools


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("make", 1), ("make --version", 0), ("npm ci && npm test", 2), ("./x.sh", 1), ("bash scripts/x.sh", 1),
        ("bash -c 'echo x'", 0), ("python setup.py build", 1), ("python --version", 0), ("python -c 'x'", 0),
        ("go test ./...", 1), ("go version", 0), ("docker build .", 1), ("docker login", 0), ("echo make", 0),
        ("terraform plan", 1), ("terraform fmt", 0), ("npx eslint .", 1), ("cat Makefile", 0), ("source env.sh", 1),
    ],
)  # fmt: skip
def test_builds(code: str, count: int) -> None:
    assert len(list(builds(code))) == count


@given(strategies.text(alphabet="npm install-$\"'\\\n|&;<>{}() ", max_size=300))
def test_whatever_is_written(code: str) -> None:
    for use in [*loose_installs(code), *publishes(code)]:
        assert 0 <= use.command.start < use.command.end <= len(code)
    list(builds(code))


@pytest.mark.parametrize(
    "code",
    [
        "curl x | sudo " + "--a " * 3000 + "zzz publish npm ", "sudo " + "-u a=b " * 3000 + "npm publish push z",
        "npm " + "--a " * 3000 + "zzz publish", "(" * 3000 + " npm publish", "then " * 3000 + "npm install z",
    ],
)  # fmt: skip
def test_what_is_written_to_take_for_ever(code: str) -> None:
    """Each of these took exponential time where a flag could be read in two ways."""
    remote_pipe(code)
    list(loose_installs(code))
    list(publishes(code))
    list(builds(code))
