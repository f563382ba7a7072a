from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.inputs.pipelines.expressions import (
    ExpressionError,
    contexts,
    find_expressions,
    parse,
    pasted,
)
from guardrail.inputs.pipelines.github_untrusted import Level, Scope, spelt, untrusted_in
from guardrail.inputs.pipelines.github_values import evaluate
from guardrail.model import Map, Span, Unknown


def paths(body: str) -> list[str]:
    return [spelt(paste.path) for paste in pasted(parse(body))]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("github.event.issue.title", ["github.event.issue.title"]),
        ("GitHub['Event'].ISSUE['title']", ["github.event.issue.title"]),
        ("github.event.commits[0].message", ["github.event.commits[0].message"]),
        ("github.event.commits.*.message", ["github.event.commits.*.message"]),
        ("github.event[inputs.which].title", ["github.event[?].title"]),
        ("a.b || c.d", ["a.b", "c.d"]),
        ("a.b && c.d", ["c.d"]),
        ("a.b && 'x' || 'y'", []),
        ("a.b == 'x'", []),
        ("!a.b", []),
        ("contains(a.b, c.d)", []),
        ("format('{0}-{1}', a.b, c.d)", ["a.b", "c.d"]),
        ("join(a.*.b, ', ')", ["a.*.b"]),
        ("toJSON(a)", ["a"]),
        ("fromJSON(toJSON(a.b)).c[0]", ["a.b"]),
        ("case(a.b == 'x', c.d, e.f)", ["c.d", "e.f"]),
        ("(a.b)", ["a.b"]),
        ("'it''s ${{ a.b }}'", []),
        ("always() && a-b.c_d", ["a-b.c_d"]),
    ],
)
def test_what_an_expression_pastes(body: str, expected: list[str]) -> None:
    assert paths(body) == expected


@pytest.mark.parametrize(
    "body", ["", "a.", "a b", "a[", "f(a", "'x", "a..b", "1 +", "a | b", "(" * 200 + "a", "!" * 200 + "a", "a.0"]
)
def test_what_is_no_expression(body: str) -> None:
    with pytest.raises(ExpressionError):
        parse(body)


def test_expressions_in_a_text_know_where_they_are() -> None:
    text = "echo ${{ a.b }} and ${{ format('}}{0}', c.d) }} ${{ unclosed"
    found = find_expressions(text)
    assert [text[item.start : item.end] for item in found] == ["${{ a.b }}", "${{ format('}}{0}', c.d) }}"]
    assert [item.body for item in found] == ["a.b", "format('}}{0}', c.d)"]


def test_a_bad_expression_says_why() -> None:
    (found,) = find_expressions("${{ a b }}")
    assert found.node is None
    assert "'b'" in found.error


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("1", 1),
        ("0x10", 16),
        ("true && 'a' || 'b'", "a"),
        ("false && 'a' || 'b'", "b"),
        ("'A' == 'a'", True),
        ("1 < 2", True),
        ("null == 0", True),
        ("!''", True),
        ("format('{0}{{{1}}}', 'a', 2)", "a{2}"),
        ("startsWith('Windows-2022', 'windows')", True),
        ("known.x", "v"),
        ("fromJSON('[\"a\", \"b\"]')", ["a", "b"]),
        ("fromJSON('7')", 7),
    ],
)
def test_values_that_can_be_known(body: str, expected: object) -> None:
    value = evaluate(parse(body), lambda path: "v" if path[0] == "known" else Unknown("no"))
    assert value == expected


def test_values_that_cannot_be_known_stay_unknown() -> None:
    def lookup(path: tuple[str | None, ...]) -> object:
        return Unknown(f"{path[0]} is not known")

    for body in ("a.b", "!a.b", "a.b == 'x'", "a.b || 'x'", "format('{0}', a.b)", "hashFiles('x')", "fromJSON('{')"):
        assert isinstance(evaluate(parse(body), lookup), Unknown), body
    assert evaluate(parse("true || a.b"), lookup) is True


def scope(**env: str) -> Scope:
    level = Map()
    for key, value in env.items():
        level.put(key, value, Span("f", 1, 1, 1, 2))
    return Scope([Level(level)])


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("${{ github.event.pull_request.body }}", ["github.event.pull_request.body"]),
        ("${{ github.head_ref || github.ref_name }}", ["github.head_ref"]),
        ("${{ github.event.pull_request.head.repo.description }}", ["github.event.pull_request.head.repo.description"]),
        ("${{ github.event.pull_request.head.repo.full_name }}", []),
        ("${{ github.event.pull_request.number }}", []),
        ("${{ github.event.workflow_run.head_branch }}", ["github.event.workflow_run.head_branch"]),
        ("${{ github.event.commits[3].author.email }}", ["github.event.commits[3].author.email"]),
        ("${{ join(github.event.pages.*.page_name) }}", ["github.event.pages.*.page_name"]),
        ("${{ github.event.*.body }}", ["github.event.*.body"]),
        ("${{ toJSON(github) }}", ["github"]),
        ("${{ toJson(github.event.pull_request) }}", ["github.event.pull_request"]),
        ("${{ github.event.pull_request }}", []),  # the word "Object"
        ("${{ github.event[format('{0}', 'issue')].title }}", ["github.event[?].title"]),
        ("${{ steps.x.outputs.title }} ${{ inputs.title }} ${{ github.sha }}", []),
    ],
)
def test_what_an_outsider_controls(text: str, sources: list[str]) -> None:
    assert [hit.source for hit in untrusted_in(text, scope())] == sources


def test_env_is_followed_and_the_nearest_counts() -> None:
    outer, inner = scope(TITLE="${{ github.event.issue.title }}").env[0], scope(TITLE="safe").env[0]
    hop = scope(X="${{ env.TITLE }}").env[0]
    text = "${{ env.title }}"
    assert [hit.source for hit in untrusted_in(text, Scope([Level(None), outer]))] == [
        "env.TITLE, which holds github.event.issue.title"
    ]
    assert untrusted_in(text, Scope([inner, outer])) == []
    assert [hit.source for hit in untrusted_in("${{ env.X }}", Scope([hop, outer]))] == [
        "env.X, which holds env.TITLE, which holds github.event.issue.title"
    ]


@given(st.text(alphabet="${} abc.*[]()'!&|=<>,0123\n", max_size=60))
def test_any_text_can_be_looked_at(text: str) -> None:
    for found in find_expressions("${{" + text + "}}" + text):
        if found.node is not None:
            list(pasted(found.node))
            list(contexts(found.node))
            evaluate(found.node, lambda path: Unknown("no"))


@given(st.recursive(
    st.sampled_from(["github.head_ref", "'x'", "1", "a.b[0]"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["||", "&&", "=="]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda x: f"format('{{0}}', {x})"),
        inner.map(lambda x: f"!{x}"),
    ),
    max_leaves=12,
))  # fmt: skip
def test_every_well_formed_expression_parses(body: str) -> None:
    (found,) = find_expressions("${{ " + body + " }}")
    assert found.node is not None, found.error
    assert {paste.path for paste in pasted(found.node)} <= set(contexts(found.node))


@pytest.mark.parametrize("body", ["a 'h8Jk2'", "a == b 'h8Jk2'", "f(a 'h8Jk2')", "a['h8Jk2' b]", "!'h8Jk2' 'h8Jk2'"])
def test_a_bad_expression_is_told_without_its_texts(body: str, read_texts) -> None:
    text = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo ${{ %s }}\n"
    (problem,) = read_texts(text % body).problems
    assert problem.kind == "expression"
    assert "h8Jk2" not in problem.message
