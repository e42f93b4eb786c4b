"""What the seeds of a comparison say: means with intervals, who is ahead, and which seeds are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count as counted_from
from typing import Any

from anpyc.measures import MEASURES
from anpyc_server.records.statistics import Adjusted, Difference, Mean, compared, holm, mean_of, more_seeds
from anpyc_server.records.verdicts import Verdict
from anpyc_server.resources.compare.methods import Method, left_out_in_words
from anpyc_server.resources.compare.schemas import Method as MethodAnswer
from anpyc_server.resources.compare.schemas import (
    MethodVerdict,
    MetricStatistics,
    SeedMean,
    Statistics,
    WantedSeeds,
)
from anpyc_server.resources.compare.spread_words import spread_in_words

BySeed = Mapping[int, float]


def statistics_of(
    methods: Sequence[Method], metrics: Mapping[str, Mapping[str, Any]], baseline: int | None
) -> Statistics:
    """All metrics that a finished run knows.

    :param metrics: of each run by its id.
    :param baseline: the method that the others are held against; None: the best by each metric.
    """
    rows = (_row(methods, metrics, baseline, name) for name in MEASURES)
    return Statistics(
        methods=[
            MethodAnswer(
                key=method.key,
                title=method.title,
                note=method.note,
                columns=list(method.columns),
                seeds=method.seeds,
                on_their_way=sorted(run.seed for run in method.on_their_way),
                spread_contains=method.counting.contains,
            )
            for method in methods
        ],
        metrics=[row for row in rows if row is not None],
        spread=spread_in_words([(method.label, method.counting) for method in methods]),
        left_out=left_out_in_words(methods),
    )


def answered(mean: Mean) -> SeedMean:
    """As it is sent."""
    return SeedMean(mean=mean.mean, std=mean.std, low=mean.low, high=mean.high, n=mean.n)


def leading_sentence(statistics: Statistics) -> str:
    """The verdict on the best average accuracy against the reference, or the next best where it is that."""
    row = next((row for row in statistics.metrics if row.name == "average_accuracy"), None)
    if row is None or row.best is None:
        return ""
    place = row.best if row.best != row.reference else _next_best(row)
    verdict = None if place is None else row.verdicts[place]
    return "" if verdict is None else verdict.sentence


def _row(
    methods: Sequence[Method], metrics: Mapping[str, Mapping[str, Any]], baseline: int | None, name: str
) -> MetricStatistics | None:
    values = [method.by_seed(metrics, name) for method in methods]
    means = [mean_of(list(of.values())) if of else None for of in values]
    known = [place for place, mean in enumerate(means) if mean is not None]
    if not known:
        return None
    measure = MEASURES[name]
    sign = 1 if measure.higher_is_better else -1
    ranked = sorted(known, key=lambda place: -sign * (mean.mean if (mean := means[place]) else 0.0))
    best = ranked[0] if len(ranked) > 1 else None
    reference = baseline if baseline in known else best
    return MetricStatistics(
        name=name,
        title=measure.title,
        unit=measure.unit,
        higher_is_better=measure.higher_is_better,
        values=[None if of is None else answered(of) for of in means],
        best=best,
        best_holds=len(ranked) > 1 and _best_holds(methods, values, name, ranked),
        reference=reference,
        verdicts=[None] * len(methods)
        if reference is None
        else [
            None if verdict is None else _answer(methods, verdict, place, reference)
            for place, verdict in enumerate(_verdicts(methods, values, name, reference))
        ],
    )


def _verdicts(
    methods: Sequence[Method], values: Sequence[BySeed], name: str, reference: int
) -> list[Verdict | None]:
    """Every method against one of them; Holm's correction is over all that are tested."""
    differences = [
        None if place == reference else compared(own, values[reference]) for place, own in enumerate(values)
    ]
    adjusted = holm([None if difference is None else difference.p for difference in differences])
    return [
        None
        if difference is None
        else _verdict(methods[place].label, methods[reference].label, name, difference, adjusted[place])
        for place, difference in enumerate(differences)
    ]


def _verdict(
    method: str, reference: str, name: str, difference: Difference, adjusted: Adjusted | None
) -> Verdict:
    more = more_seeds(difference, adjusted.factor if adjusted else 1)
    return Verdict(method, reference, name, MEASURES[name], difference, adjusted, more)


def _best_holds(
    methods: Sequence[Method], values: Sequence[BySeed], name: str, ranked: Sequence[int]
) -> bool:
    """Whether the next best is behind the best, all others allowed for."""
    verdict = _verdicts(methods, values, name, ranked[0])[ranked[1]]
    return verdict is not None and verdict.outcome == "behind"


def _next_best(row: MetricStatistics) -> int | None:
    sign = -1 if row.higher_is_better else 1
    others = [(sign * value.mean, place) for place, value in enumerate(row.values) if value is not None]
    return next((place for _, place in sorted(others) if place != row.best), None)


def _answer(methods: Sequence[Method], verdict: Verdict, place: int, reference: int) -> MethodVerdict:
    difference, adjusted = verdict.difference, verdict.adjusted
    is_open = verdict.outcome in ("not_told_apart", "untested")
    more = verdict.more if is_open else None
    wanted = _wanted(methods, place, reference, more.seeds) if more and not more.is_beyond else []
    return MethodVerdict(
        outcome=verdict.outcome,
        difference=difference.mean,
        low=difference.low,
        high=difference.high,
        test=difference.test,
        n=difference.n,
        n_reference=difference.n_other,
        p=difference.p,
        p_holm=adjusted.p if adjusted else None,
        effect=difference.effect,
        more=more.seeds if more else None,
        more_is_estimate=more.is_estimate if more else False,
        more_is_beyond=more.is_beyond if more else False,
        wanted=wanted,
        sentence=verdict.sentence,
    )


def _wanted(methods: Sequence[Method], place: int, reference: int, more: int) -> list[WantedSeeds]:
    """What each lacks of so many more seeds than both have finished: first those that one of them has, then
    the smallest new ones."""
    pair = (reference, place)
    one, other = (methods[index] for index in pair)
    shared = set(one.seeds) & set(other.seeds)
    half = sorted((one.all_seeds | other.all_seeds) - shared)
    fresh = (seed for seed in counted_from() if seed not in shared and seed not in half)
    chosen = half[:more] + [next(fresh) for _ in range(more - len(half))]
    wanted = []
    for index in pair:
        method = methods[index]
        seeds = sorted(set(chosen) - method.all_seeds)
        if seeds:
            wanted.append(
                WantedSeeds(method=index, run_id=method.newest.id, seeds=seeds, join_sweep=method.in_sweep)
            )
    return wanted
