"""The arithmetic of elections at its edges: two thirds are enough, half is not, and equal votes elect nobody."""

from __future__ import annotations

from fractions import Fraction as Exact

from hypothesis import given
from hypothesis import strategies as st

from gonghui_organising.ballots import (
    candidates_needed,
    has_majority,
    has_quorum,
    most_managers,
    outcome,
    votes_needed,
)

HALF, TWO_THIRDS = (1, 2), (2, 3)
heads = st.integers(1, 10_000_000)


@given(heads, heads)
def test_two_thirds_of_those_due_are_a_quorum(due: int, attended: int) -> None:
    assert has_quorum(due, attended, TWO_THIRDS) is (Exact(attended, due) >= Exact(2, 3))


@given(heads)
def test_half_of_those_due_is_no_majority_and_one_vote_more_is(due: int) -> None:
    assert not has_majority(due // 2, due, HALF)
    assert has_majority(due // 2 + 1, due, HALF)


@given(heads, st.integers(1, 9), st.integers(0, 8))
def test_the_votes_needed_are_the_least_that_are_a_majority(due: int, denominator: int, part: int) -> None:
    above = (min(part, denominator - 1), denominator)
    least = votes_needed(due, above)
    assert has_majority(least, due, above)
    assert not has_majority(least - 1, due, above)


def test_nobody_is_a_quorum_or_a_majority_of_nobody() -> None:
    assert not has_quorum(0, 0, TWO_THIRDS)
    assert not has_majority(1, 0, HALF)


@given(st.integers(2, 99), st.integers(0, 100))
def test_candidates_exceed_the_seats_by_the_margin_and_by_no_more_than_it_asks(
    seats: int, margin: int
) -> None:
    needed = candidates_needed(seats, margin)
    assert (needed - seats) * 100 >= seats * margin
    assert needed == seats or (needed - 1 - seats) * 100 < seats * margin


def test_one_seat_may_be_uncontested() -> None:
    assert candidates_needed(1, 5) == 1
    assert [candidates_needed(seats, 5) for seats in (3, 5, 19, 21)] == [4, 6, 20, 23]


@given(heads, st.integers(0, 100))
def test_managers_keep_within_their_share(delegates: int, share: int) -> None:
    most = most_managers(delegates, share)
    assert Exact(most, delegates) <= Exact(share, 100) < Exact(most + 1, delegates)


@given(
    st.dictionaries(st.integers(1, 60), st.integers(0, 60), max_size=40),
    st.integers(1, 45),
    st.integers(1, 60),
)
def test_whoever_is_elected_has_a_majority_and_nobody_with_as_many_votes_is_left_out(
    votes: dict[int, int], seats: int, due: int
) -> None:
    found = outcome(votes, seats, due, HALF)
    assert len(found.elected) + found.vacant == seats
    assert all(votes[who] * 2 > due for who in found.elected | found.tied)
    worst = min((votes[who] for who in found.elected), default=max(votes.values(), default=0) + 1)
    assert all(votes[who] < worst for who in votes.keys() - found.elected)
    assert not found.tied or len(found.tied) > found.vacant > 0


def test_equal_votes_for_the_last_seat_elect_neither() -> None:
    found = outcome({1: 30, 2: 25, 3: 25}, 2, 40, HALF)
    assert (found.elected, found.tied, found.vacant) == (frozenset({1}), frozenset({2, 3}), 1)
