from __future__ import annotations

import pytest

from guardrail.formats.builds import builds

FROM_THE_FOLDER = """
npm ci; npm install; npm install -g .; yarn; pip install .; pip install '.[dev]' .; pip install -r a.txt
pip install ./pkg; pwsh -File build.ps1; rails db:create; gomplate -f a.tpl; sonar-scanner; tflint; trivy fs .
vale docs; tar -xPf a.tar; unzip -o a.zip -:; go install ./cmd/tool; cargo install --path .
gem install ./a.gem; dotnet tool install -g x; make; ./gradlew build; uv pip install -e .; uv pip install -r a.txt
pipx install .; python3 -m build; python -m unittest; ctest -V; timeout 60 make; timeout -k 5 10m npm test; nice make
nice -n 19 make; bash -c 'make test'; eval "pytest -x"; sh -ec "cd a && make"; docker compose run tests
npm publish; npm publish ./dist --access public; npm publish --dry-run; npm publish --ignore-scripts=false
yarn publish; yarn npm publish; yarn publish --ignore-scripts; pnpm publish --ignore-scripts; bun publish
pnpm -r publish
docker run --rm -v "$PWD:/w" alpine sh; docker run -v ${{ github.workspace }}:/w alpine; docker run -v ./a:/a alpine
"""
FROM_ELSEWHERE = """
npm install -g typescript; npm i --global typescript; yarn global add typescript; pip install requests
go install example.com/tool@latest; cargo install ripgrep; gem install bundler; pwsh -c Get-Date
tar -xzf a.tgz; unzip a.zip; trivy image alpine; npm --version; echo make; timeout 60 curl -f x; bash -c 'echo make'
docker run --rm alpine:3.20 true; docker run -v "$RUNNER_TEMP/out:/out" alpine; skaffold config set --global a b
pipx install black; uv pip install requests; npm publish --ignore-scripts; npm publish ./dist/app-1.0.tgz
bun publish --tag next --ignore-scripts=true; npm --silent publish . --ignore-scripts
"""


def commands(listed: str) -> list[str]:
    return [command for line in listed.strip().split("\n") for command in line.split("; ")]


@pytest.mark.parametrize("code", commands(FROM_THE_FOLDER))
def test_what_the_folder_decides(code: str) -> None:
    assert [command.text for command in builds(code)] == [code]


@pytest.mark.parametrize("code", commands(FROM_ELSEWHERE))
def test_what_comes_from_elsewhere(code: str) -> None:
    assert list(builds(code)) == []
