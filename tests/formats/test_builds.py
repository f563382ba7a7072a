from __future__ import annotations

import pytest

from guardrail.formats.builds import builds

FROM_THE_FOLDER = """
npm ci; npm install; npm install -g .; yarn; pip install .; pip install '.[dev]' .; pip install -r a.txt
pip install ./pkg; pwsh -File build.ps1; rails db:create; gomplate -f a.tpl; sonar-scanner; tflint; trivy fs .
vale docs; tar -xPf a.tar; unzip -o a.zip -:; go install ./cmd/tool; cargo install --path .
gem install ./a.gem; dotnet tool install -g x; make; ./gradlew build
"""
FROM_ELSEWHERE = """
npm install -g typescript; npm i --global typescript; yarn global add typescript; pip install requests
go install example.com/tool@latest; cargo install ripgrep; gem install bundler; pwsh -c Get-Date
tar -xzf a.tgz; unzip a.zip; trivy image alpine; npm --version; echo make
"""


def commands(listed: str) -> list[str]:
    return [command for line in listed.strip().split("\n") for command in line.split("; ")]


@pytest.mark.parametrize("code", commands(FROM_THE_FOLDER))
def test_what_the_folder_decides(code: str) -> None:
    assert [command.text for command in builds(code)] == [code]


@pytest.mark.parametrize("code", commands(FROM_ELSEWHERE))
def test_what_comes_from_elsewhere(code: str) -> None:
    assert list(builds(code)) == []
