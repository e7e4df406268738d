"""The arithmetic of elections: quorum, majority, margin and who is elected. Whole numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Numerator and denominator.
Fraction = tuple[int, int]


def has_quorum(due: int, attended: int, share: Fraction) -> bool:
    """Whether at least `share` of those due to attend came: exactly that much is enough."""
    numerator, denominator = share
    return due > 0 and attended * denominator >= due * numerator


def has_majority(votes: int, due: int, above: Fraction) -> bool:
    """Whether `votes` are more than `above` of those due, not of the votes cast: exactly half is not enough."""
    numerator, denominator = above
    return due > 0 and votes * denominator > due * numerator


def votes_needed(due: int, above: Fraction) -> int:
    """The least votes that are a majority of those due."""
    numerator, denominator = above
    return due * numerator // denominator + 1


def candidates_needed(seats: int, margin: int) -> int:
    """The least candidates of a contested election: the seats and `margin` percent of them, rounded up.

    One seat, a chair or a commissioner, may be uncontested.
    """
    return seats if seats <= 1 else seats + -(-seats * margin // 100)


def most_managers(delegates: int, share: int) -> int:
    """The most delegates who may be managers, at `share` percent."""
    return delegates * share // 100


@dataclass(frozen=True)
class Outcome:
    """Candidates who are elected, by number; those tied for the last seats; how many seats stay empty."""

    elected: frozenset[int]
    tied: frozenset[int]
    vacant: int


def outcome(votes: Mapping[int, int], seats: int, due: int, above: Fraction) -> Outcome:
    """Those with a majority of all who were due, the most votes first, as far as there are seats.

    Where equal votes would fill more seats than are left, none of them is elected: there has to be another ballot.
    """
    elected: set[int] = set()
    for count in sorted({n for n in votes.values() if has_majority(n, due, above)}, reverse=True):
        level = {who for who, n in votes.items() if n == count}
        if len(elected) + len(level) > seats:
            is_tied = len(elected) < seats
            tied = frozenset(level) if is_tied else frozenset()
            return Outcome(frozenset(elected), tied, seats - len(elected))
        elected |= level
    return Outcome(frozenset(elected), frozenset(), seats - len(elected))
