from __future__ import annotations

from guardrail.inputs import table


def test_every_reader_in_the_table_can_be_loaded() -> None:
    for entry in table.READERS:
        assert callable(table.load(entry)), entry.name


def test_names_of_readers_are_unique() -> None:
    assert list(table.BY_NAME) == [entry.name for entry in table.READERS]


def test_terraforms_own_rules_for_names() -> None:
    names = ["a.tf", "x/a.tf", "a.tf.json", ".a.tf", "x/.a.tf", "a.tf~", "a.tfstate", "tf", ".tf", "a.tfvars", "A.TF"]
    assert [name for name in names if table.is_terraform(name)] == ["a.tf", "x/a.tf", "a.tf.json", "a.tfvars"]


def test_the_first_reader_that_claims_a_file_has_it() -> None:
    workflow = b"on: push\njobs:\n  a:\n    runs-on: x\n"
    pod = b"apiVersion: v1\nkind: Pod\n"
    heads = {"a.tf": pod, ".github/workflows/ci.yml": workflow, "pod.yaml": pod, "x.yaml": b"a: 1\n", "x.txt": pod}
    names = [entry.name if (entry := table.entry_for(path, head)) else None for path, head in heads.items()]
    assert names == ["terraform", "pipelines", "kubernetes", None, None]


def test_a_unit_of_terragrunt_is_terraforms() -> None:
    assert table.is_terraform("terragrunt.hcl")
    assert table.is_terraform("live/vpc/terragrunt.hcl")
    assert not table.is_terraform("live/root.hcl")
    assert not table.is_terraform("live/my-terragrunt.hcl")
