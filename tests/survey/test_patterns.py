"""ResponsePatterns: counting loses nothing and depends on nothing but the answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omstilling_psychometrics.core.errors import UsageError
from omstilling_psychometrics.core.numerics.tally import distinct, distinct_flags, number_of_values, numbered, tally
from omstilling_psychometrics.survey.instrument import plain_instrument
from omstilling_psychometrics.survey.patterns import Key, ResponsePatterns

INSTRUMENT = plain_instrument((1, 2, 3), ("a", "b", "c"), non_answers=("dont_know",), roles=("team", "self"))
CODES = (-3, -2, -1, 1, 2, 3)

rows = st.lists(
    st.tuples(
        st.tuples(*[st.sampled_from(CODES)] * 3),
        st.sampled_from(["team", "self"]),
        st.sampled_from(["x", "y", "æ", None]),
    ),
    max_size=60,
)
Row = tuple[tuple[int, int, int], str, str | None]


def count(content: list[Row]) -> ResponsePatterns:
    answers = np.array([row[0] for row in content], dtype=np.int64).reshape(-1, 3)
    keys = {"role": Key.of([row[1] for row in content]), "leader": Key.of([row[2] for row in content])}
    return ResponsePatterns.count(INSTRUMENT, answers, keys)


@given(rows, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_shuffling_rows_changes_nothing(content: list[Row], random: object) -> None:
    shuffled = list(content)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = count(content), count(shuffled)
    assert one == other
    assert one.patterns.tobytes() == other.patterns.tobytes()
    assert one.to_frame().to_csv() == other.to_frame().to_csv()


@given(rows)
@settings(max_examples=60, deadline=None)
def test_expanding_and_recounting_is_the_identity(content: list[Row]) -> None:
    patterns = count(content)
    assert patterns.n == len(content)
    assert ResponsePatterns.from_frame(patterns.expand(coded=True), INSTRUMENT) == patterns
    assert ResponsePatterns.from_frame(patterns.to_frame(), INSTRUMENT) == patterns


@given(rows, rows)
@settings(max_examples=60, deadline=None)
def test_adding_is_reading_together(first: list[Row], second: list[Row]) -> None:
    assert count(first) + count(second) == count(first + second)


@given(rows)
@settings(max_examples=60, deadline=None)
def test_pooling_commutes_with_counting(content: list[Row]) -> None:
    pooled = count(content).pool("leader")
    answers = np.array([row[0] for row in content], dtype=np.int64).reshape(-1, 3)
    assert pooled == ResponsePatterns.count(INSTRUMENT, answers, {"role": Key.of([row[1] for row in content])})


@given(rows)
@settings(max_examples=60, deadline=None)
def test_the_parts_of_a_split_add_up(content: list[Row]) -> None:
    patterns = count(content).pool("leader")
    parts = [part for _, part in patterns.split("role")]
    assert sum(part.n for part in parts) == patterns.n
    if parts:
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        assert total == patterns


@given(rows)
@settings(max_examples=60, deadline=None)
def test_a_part_is_what_counting_its_rows_gives(content: list[Row]) -> None:
    whole = count(content)
    for role in whole.roles if content else ():
        part = [row for row in content if row[1] == role]
        assert whole.select(role=role) == count(part)
        alone = whole.by_role[role]
        assert alone == count(part).pool("role")
        assert alone.patterns.tobytes() == count(part).patterns.tobytes()
    if any(row[2] is None for row in content):
        assert whole.select(leader=None) == count([row for row in content if row[2] is None])


@given(rows)
@settings(max_examples=60, deadline=None)
def test_counts_per_cluster_add_up(content: list[Row]) -> None:
    patterns = count(content)
    clusters = patterns.clusters("leader")
    total = np.asarray(clusters.counts.sum(axis=0)).ravel() + clusters.singles
    np.testing.assert_array_equal(total, patterns.table()[1])
    known = [row[2] for row in content]
    assert clusters.size == len({one for one in known if one is not None}) + known.count(None)


@given(rows)
@settings(max_examples=60, deadline=None)
def test_counts_per_cluster_and_role_are_those_of_each_role(content: list[Row]) -> None:
    patterns = count(content)
    both, size = patterns.clusters("leader", "role"), len(patterns.patterns)
    for place, (role, _) in enumerate(patterns.split("role")):
        columns = slice(place * size, (place + 1) * size)
        own = both.counts.toarray()[:, columns], both.singles[columns]
        for code, leader in enumerate([*patterns.keys["leader"].levels, None]):
            found = own[1] if leader is None else own[0][code]
            answered = [row[0] for row in content if row[1:] == (role, leader)]
            assert found.tolist() == [answered.count(tuple(one)) for one in patterns.patterns.tolist()]
    assert patterns.clusters("leader", "role") is both


def test_roles_keep_the_order_of_the_instrument() -> None:
    assert count([((1, 1, 1), "self", "x"), ((1, 1, 1), "team", "x")]).roles == ("team", "self")


def test_selecting_not_known_and_several() -> None:
    patterns = count([((1, 1, 1), "team", "x"), ((1, 1, 2), "team", None), ((1, 1, 3), "self", "y")])
    assert patterns.select(leader=None).n == 1
    assert patterns.select(leader=["x", "y"]).n == 2
    assert patterns.select(role="team", leader="x").n == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.select(role="boss"), "role 'boss' does not occur; there are: 'team'"),
        (lambda p: p.select(wave="1"), "no column 'wave' to group by; known: role, leader"),
        (lambda p: p.pool("wave"), "no column 'wave'"),
        (lambda p: p + p.pool("leader"), "cannot be added"),
        (lambda p: ResponsePatterns.count(INSTRUMENT, np.array([[0, 1, 1]])), "codes outside 1…3"),
        (lambda p: ResponsePatterns.count(INSTRUMENT, np.array([[1, 1]])), r"\(answers, 3\) is needed"),
    ],
)
def test_wrong_calls_say_what_is_there(call: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call(count([((1, 1, 1), "team", "x")]))  # type: ignore[operator]


def test_long_scales_do_not_overflow() -> None:
    # 40 items with 12 codes each need 144 bits: far past one integer.
    items = tuple(f"q{number}" for number in range(40))
    instrument = plain_instrument(tuple(range(1, 11)), items)
    rng = np.random.default_rng(5)
    base = rng.integers(1, 11, (50, 40))
    base[1] = base[0]
    base[1, 39] = base[0, 39] % 10 + 1  # differs in the last item only
    answers = base[rng.integers(0, 50, 3000)]
    patterns = ResponsePatterns.count(instrument, answers)
    expected, counts = np.unique(answers, axis=0, return_counts=True)
    np.testing.assert_array_equal(patterns.patterns, expected)
    np.testing.assert_array_equal(patterns.table()[1], counts)


def test_counting_agrees_with_sorting_rows() -> None:
    rng = np.random.default_rng(2)
    for widths in ([3, 4], [1 << 20, 1 << 20], [1 << 40, 1 << 40, 3]):
        columns = [rng.integers(0, min(width, 5), 500) * (width // 5 or 1) for width in widths]
        columns = [np.minimum(column, width - 1) for column, width in zip(columns, widths, strict=True)]
        rows = np.column_stack(columns)
        expected, expected_counts = np.unique(rows, axis=0, return_counts=True)
        found, inverse = distinct(columns, widths)
        np.testing.assert_array_equal(np.column_stack(found), expected)
        np.testing.assert_array_equal(expected[inverse], rows)
        for weight in (None, 3):
            weights = None if weight is None else np.full(500, weight)
            found, counts = tally(columns, widths, weights)
            np.testing.assert_array_equal(np.column_stack(found), expected)
            np.testing.assert_array_equal(counts, expected_counts * (weight or 1))


def test_reasons_and_values() -> None:
    instrument = plain_instrument((0, 1, 2, 3), ("a", "b"))
    patterns = ResponsePatterns.count(instrument, np.array([[1, 4], [-1, 2]]))
    np.testing.assert_array_equal(patterns.values(), [[np.nan, 1], [0, 3]])


def test_the_counts_shown_are_those_read() -> None:
    text = repr(count([((1, 1, 1), "team", "x"), ((1, 1, 1), "team", None)]))
    assert text.startswith("2 answers to 3 items in 1 distinct pattern\n")
    assert "leader: 1 value (1 answers without)" in text


@pytest.mark.parametrize("k", [1, 5, 20, 70])
def test_distinct_flags(k: int) -> None:
    """As numpy's, which sorts whole rows; 70 flags are more than an integer holds."""
    flags = np.random.default_rng(k).random((300, k)) < 0.03
    found, place = distinct_flags(flags)
    expected, inverse = np.unique(flags, axis=0, return_inverse=True)
    assert np.array_equal(found, expected)
    assert np.array_equal(place, inverse.ravel())
    assert distinct_flags(flags[:0])[0].shape == (0, k)


def test_codes_are_numbered_by_those_that_occur() -> None:
    found, place = numbered(np.array([7, 2, 7, 0]))
    assert (found.tolist(), place.tolist()) == ([0, 2, 7], [2, 1, 2, 0])
    assert number_of_values(np.array([7, 2, 7, 0])) == 3
    nothing = np.zeros(0, dtype=np.int64)
    assert (number_of_values(nothing), numbered(nothing)[1].size) == (0, 0)
