"""What a filter says, and where one is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpyc_server.records.finding.conditions import read_filter
from anpyc_server.records.finding.fields import UnknownField, fields, find, short_name
from anpyc_server.records.finding.language import (
    DEEPEST,
    Comparison,
    FilterError,
    Joined,
    Negated,
    Tree,
    expected,
    parse,
    quoted,
)


def _said(tree: Tree | None) -> str:
    """The tree with every parenthesis."""
    if isinstance(tree, Comparison):
        return f"{tree.field.text} {tree.operator} {' '.join(value.text for value in tree.values)}".strip()
    if isinstance(tree, Negated):
        return f"not [{_said(tree.part)}]"
    assert isinstance(tree, Joined)
    return f"[{(' and ' if tree.every else ' or ').join(map(_said, tree.parts))}]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lam > 3", "lam > 3"),
        ("lam>=3", "lam >= 3"),
        ("λ ≥ 3 AND seed=0", "[λ >= 3 and seed = 0]"),
        ("a = 1 or b = 2 and c = 3", "[a = 1 or [b = 2 and c = 3]]"),
        ("(a = 1 or b = 2) and not c = 3", "[[a = 1 or b = 2] and not [c = 3]]"),
        ("tag in (paper, 'two words')", "tag = paper two words"),
        ("tag not in (paper)", "tag != paper"),
        ("lam is unknown", "lam unknown"),
        ("lam is not unknown", "lam known"),
        ("accuracy >= 96.2 % and notes = x", "[accuracy >= 96.2 % and notes = x]"),
        ("created > -7d", "created > -7d"),
        ('name ~ "say \\"so\\" (1)"', 'name ~ say "so" (1)'),
        ("status = in", "status = in"),
        ("order_of = 1 and inner = 2", "[order_of = 1 and inner = 2]"),
    ],
)
def test_a_filter_is_read(text: str, said: str) -> None:
    assert _said(parse(text)) == said


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_value_once_it_is_quoted(text: str) -> None:
    tree = parse(f"name = {quoted(text)} and seed = 0")
    assert isinstance(tree, Joined)
    first = tree.parts[0]
    assert isinstance(first, Comparison)
    assert [value.text for value in first.values] == [text]


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_text_is_more_than_wrong(text: str) -> None:
    error = _error_of(text)
    if error is not None:
        start, end = error.position
        assert 0 <= start <= end <= len(text)
        assert error.message.startswith(f"At character {start + 1}: ")


def _error_of(text: str) -> FilterError | None:
    try:
        read_filter(text)
    except FilterError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "wrong", "words"),
    [
        ("lamb > 3", "lamb", "Did you mean lam"),
        ("kind = mlp", "kind", "model.kind"),
        ("status = runing", "runing", "one of queued, running"),
        ("accuracy > 90", "90", "write 90% or 0.9"),
        ("forgetting > 2", "2", "write 2 points or 0.02"),
        ("lam > many", "many", "is a number"),
        ("created > yesterday", "yesterday", "-7d"),
        ("duration > long", "long", "1h30m"),
        ("archived = maybe", "maybe", "yes or no"),
        ("strategy > anpyc", "strategy > ", "only by = != ~"),
        ("lam 3", "3", "a comparison is expected"),
        ("lam >", "", "ends too early"),
        ("(lam > 3", "", "closing parenthesis"),
        ("lam > 3 seed = 0", "seed", "`and` or `or`"),
        ("tag in paper", "paper", "in parentheses"),
        ('name = "open', '"open', "not closed"),
        ("lam > 3 and", "", "a field is expected"),
        (") = 3", ")", "a field is expected"),
    ],
)
def test_what_is_wrong_is_pointed_at(text: str, wrong: str, words: str) -> None:
    with pytest.raises(FilterError) as caught:
        read_filter(text)
    start, end = caught.value.position
    assert text[start:end] == wrong
    assert words in caught.value.message


def test_length_and_depth_are_bounded() -> None:
    assert parse("(" * DEEPEST + "lam = 1" + ")" * DEEPEST) is not None
    for text in (
        "(" * 900 + "lam = 1" + ")" * 900,
        "not " * 450 + "lam = 1",
        " or ".join(["lam=1"] * 200),
        "lam = " + "1" * 3_000,
    ):
        with pytest.raises(FilterError, match="t most"):
            parse(text)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("lam", "strategy.lam"),
        ("λ", "strategy.lam"),
        ("LR", "training.lr"),
        ("training.lr", "training.lr"),
        ("accuracy", "average_accuracy"),
        ("free", "capacity_free"),
        ("commit", "environment.commit"),
        ("device", "device"),
        ("tag", "tags"),
        ("model", "model.kind"),
        ("strategy.kind", "strategy"),
        ("every", "training.schedule.every"),
        ("pruning_loss", "pruning_loss"),
    ],
)
def test_a_field_has_short_names(name: str, field: str) -> None:
    assert find(name).name == field


def test_every_field_is_found_by_its_names_and_has_a_type_of_its_own() -> None:
    for name, field in fields().items():
        assert find(name) is field
        assert find(short_name(field)) is field
    assert find("exact_share").type == "flag"
    assert find("optimizer").choices == {"sgd": "sgd", "adam": "adam"}
    assert find("hidden").type == "text"
    assert find("benchmark.seed").type == "number"
    with pytest.raises(UnknownField, match="Did you mean"):
        find("learning_acuracy")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("", "WORD"), ("lam ", "OPERATOR"), ("lam > ", "VALUE"), ("lam > 3 ", "_AND"), ("tag in (a, ", "VALUE")],
)
def test_what_may_follow_is_known(text: str, wanted: str) -> None:
    assert wanted in expected(text)[0]
