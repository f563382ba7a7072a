from __future__ import annotations

import gzip

import pytest
from helm_charts import packed

from guardrail.inputs.kubernetes.helm import archives
from guardrail.inputs.kubernetes.helm.archives import BadArchive, unpack


def test_files_without_the_charts_own_folder() -> None:
    assert unpack(packed({"redis/Chart.yaml": "name: redis\n", "redis/templates/a.yaml": "x"})) == {
        "Chart.yaml": b"name: redis\n",
        "templates/a.yaml": b"x",
    }


def test_links_are_left_out() -> None:
    assert list(unpack(packed({"a/Chart.yaml": ""}, links=["a/passwd"]))) == ["Chart.yaml"]


@pytest.mark.parametrize("name", ["../../etc/cron", "a/../../b", "/etc/passwd"])
def test_what_leads_out(name: str) -> None:
    with pytest.raises(BadArchive, match="leads out"):
        unpack(packed({name: "x"}))


def test_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 20_000)
    with pytest.raises(BadArchive, match="unpacked"):
        unpack(packed({"a/b": "0" * 50_000}))
    monkeypatch.setattr(archives, "MAX_FILES", 3)
    with pytest.raises(BadArchive, match="more than 3 files"):
        unpack(packed({f"a/{n}": "" for n in range(5)}))


@pytest.mark.parametrize(
    "data",
    [b"", b"no gzip", gzip.compress(b"no tar" * 200), packed({"a/b": "c" * 900})[:-40]],
    ids=["empty", "no gzip", "no tar", "cut short"],
)
def test_what_is_no_archive(data: bytes) -> None:
    with pytest.raises(BadArchive):
        unpack(data)
