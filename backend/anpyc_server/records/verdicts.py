"""Whether one method is ahead of another, in a word and in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from anpyc.measures import Measure
from anpyc_server.records.counting_sentences import at_least_a_tenth
from anpyc_server.records.statistics import ALPHA, MOST_MORE, Adjusted, Difference, More
from anpyc_server.wording import MINUS, count

Outcome = Literal["ahead", "behind", "level", "not_told_apart", "untested"]
_SAME = 1e-9
_PLAIN = "average_accuracy"
"""The metric that goes without saying."""


@dataclass(frozen=True)
class Verdict:
    """One method against another by one metric."""

    method: str
    reference: str
    name: str
    """Of the metric."""
    measure: Measure
    difference: Difference
    """Method minus reference."""
    adjusted: Adjusted | None
    more: More | None

    @property
    def outcome(self) -> Outcome:
        """What the seeds say of the method; a difference that does not hold says nothing."""
        difference = self.difference
        if difference.test == "none":
            return "untested"
        if difference.test in ("sign", "constant") and abs(difference.mean) <= _SAME:
            return "level"
        if self.adjusted is not None and self.adjusted.p >= ALPHA:
            return "not_told_apart"
        return "ahead" if self.advantage > 0 else "behind"

    @property
    def advantage(self) -> float:
        """Positive where the method is better."""
        return self.difference.mean if self.measure.higher_is_better else -self.difference.mean

    @property
    def sentence(self) -> str:
        """``ANPyC is ahead of EWC by 2.1 points (95 % 0.9 to 3.3, 5 shared seeds, d = 1.8).``"""
        said = _SENTENCES[self.outcome](self)
        if self.name == _PLAIN:
            return said
        return f"{self.measure.title}: {said}"

    @property
    def leader(self) -> str:
        """Whoever has the better mean."""
        return self.method if self.advantage > 0 else self.reference

    @property
    def follower(self) -> str:
        """Whoever has not."""
        return self.reference if self.advantage > 0 else self.method


def _ahead(verdict: Verdict) -> str:
    difference = verdict.difference
    said = f"{verdict.leader} is ahead of {verdict.follower} by {at_least_a_tenth(abs(difference.mean))}"
    if difference.test == "constant":
        return f"{said}, the same on every seed."
    if difference.test == "sign":
        return f"{said}, the same on each of {seeds_compared(difference)}."
    facts = [_interval(verdict), seeds_compared(difference)]
    if difference.effect is not None:
        facts.append(f"d = {_effect(difference.effect)}")
    return f"{said} ({', '.join(facts)})."


def _not_told_apart(verdict: Verdict) -> str:
    difference = verdict.difference
    facts = [at_least_a_tenth(abs(difference.mean))]
    facts.append("the same on each" if difference.test == "sign" else _interval(verdict))
    if difference.p is not None and difference.p < ALPHA and verdict.adjusted is not None:
        facts.append(f"{p_value(difference.p)}, after Holm’s correction {p_value(verdict.adjusted.p)}")
    return (
        f"{verdict.leader} and {verdict.follower} are not told apart by {seeds_compared(difference)} "
        f"({', '.join(facts)}){_more(verdict)}"
    )


def _untested(verdict: Verdict) -> str:
    difference = verdict.difference
    seeds = "One shared seed does" if difference.n == 1 else "So few seeds do"
    apart = f"{verdict.leader} and {verdict.follower} apart"
    return f"{seeds} not tell {apart} ({at_least_a_tenth(abs(difference.mean))}){_more(verdict)}"


def _level(verdict: Verdict) -> str:
    seeds = seeds_compared(verdict.difference)
    return f"{verdict.method} and {verdict.reference} are the same on each of {seeds}."


def _more(verdict: Verdict) -> str:
    more = verdict.more
    if more is None:
        return "."
    if more.is_beyond:
        return f"; it would take more than {MOST_MORE} more."
    if more.is_estimate:
        return f"; about {more.seeds} more would."
    return f"; {more.seeds} more {'is' if more.seeds == 1 else 'are'} a beginning."


def seeds_compared(difference: Difference) -> str:
    """``5 shared seeds``, ``3 and 4 seeds, not paired``."""
    if difference.is_paired:
        return count(difference.n, "shared seed")
    return f"{difference.n} and {difference.n_other} seeds, not paired"


def p_value(p: float) -> str:
    """``p = 0.03``, ``p < 0.001``; never rounded across the bound."""
    if p < 0.001:
        return "p < 0.001"
    text = f"{p:.2g}" if p < 0.01 else f"{p:.2f}"
    return f"p = {p:.3f}" if (float(text) >= ALPHA) != (p >= ALPHA) else f"p = {text}"


def _interval(verdict: Verdict) -> str:
    """Of the leader's lead."""
    difference = verdict.difference
    assert difference.low is not None  # noqa: S101 - it was tested
    assert difference.high is not None  # noqa: S101
    ends = (difference.low, difference.high)
    if difference.mean < 0:
        ends = (-difference.high, -difference.low)
    return f"95 % {_points(ends[0])} to {_points(ends[1])}"


def _points(change: float) -> str:
    text = f"{abs(change) * 100:.1f}"
    return f"{MINUS}{text}" if change < 0 and float(text) else text


def _effect(effect: float) -> str:
    return f"{min(abs(effect), 99.9):.1f}" if abs(effect) < 99.95 else "over 99.9"


_SENTENCES = {
    "ahead": _ahead,
    "behind": _ahead,
    "level": _level,
    "not_told_apart": _not_told_apart,
    "untested": _untested,
}
