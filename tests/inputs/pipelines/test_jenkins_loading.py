"""Files that a Jenkinsfile loads from the workspace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PIPELINE = """pipeline {
  agent any
  options { checkoutToSubdirectory('src/repo') }
  stages { stage('Go') { steps { script { load 'src/repo/jobs/first.groovy' } } } }
}
"""


def test_below_the_folder_that_is_checked_out_to(read_texts: Callable[..., Any]) -> None:
    extra = {"jobs/first.groovy": "load 'src/repo/jobs/second.groovy'\n", "jobs/second.groovy": "sh 'make'\n"}
    read = read_texts({"Jenkinsfile": PIPELINE}, extra)
    assert (read.problems, read.notes) == ([], [])
    assert list(read.files) == ["Jenkinsfile", *extra]
    (note,) = read_texts({"Jenkinsfile": PIPELINE}).notes
    assert note.message.startswith("src/repo/jobs/first.groovy, which is loaded, is not in the scanned tree")
