"""What one has of a layer's weights and what another has, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Counts:
    """Of a layer's weights."""

    total: int
    first: int
    """Only the one has them."""
    second: int
    both: int

    @classmethod
    def summed(cls, several: Iterable[Counts]) -> Counts:
        """Of all layers together."""
        rows = [(each.total, each.first, each.second, each.both) for each in several]
        return cls(*(sum(numbers) for numbers in zip(*rows, strict=True)))

    @property
    def neither(self) -> int:
        return self.total - self.first - self.second - self.both

    @property
    def alike(self) -> float:
        """The share on which the two agree."""
        return (self.both + self.neither) / self.total

    @property
    def by_chance(self) -> float:
        """The share on which they would agree, had each dealt out what it has at random."""
        one, two = (self.first + self.both) / self.total, (self.second + self.both) / self.total
        return one * two + (1 - one) * (1 - two)

    @property
    def shared(self) -> float:
        """Of what either has, the share that both have (Jaccard); 1 where neither has anything."""
        either = self.total - self.neither
        return self.both / either if either else 1.0


def counts(first: Mask, second: Mask) -> Counts:
    """Of two arrays of the same shape."""
    both = int(np.count_nonzero(first & second))
    one, two = int(np.count_nonzero(first)), int(np.count_nonzero(second))
    return Counts(first.size, one - both, two - both, both)
