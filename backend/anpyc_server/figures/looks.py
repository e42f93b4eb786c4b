"""Who wears which colour in a comparison: a method keeps its own, seeds share it, no two look alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anpyc.spec import STRATEGIES
from anpyc_server.figures.palette import COLOR_NAMES

SHORT_HASH = 12
"""Characters of a specification's hash that stand for a method in a reader's choice of colours."""
_CHOICE = re.compile(r"([0-9A-Za-z]{1,32})\.(\d{1,2})")
_SLOTS = len(COLOR_NAMES)


@dataclass(frozen=True)
class Wearer:
    """A column of a comparison."""

    method: str
    """What has the colour: the beginning of its specification's hash, or a sweep's id."""
    strategy: str
    first_id: str
    """Of its oldest run: whoever is older chooses first, so that a newcomer changes nobody's colour."""


def method_of(key: str, spec_hash: str) -> str:
    """What a column's colour belongs to: its settings; a sweep's is its own."""
    return key.removeprefix("sweep:") if key.startswith("sweep:") else spec_hash[:SHORT_HASH]


def read_colors(text: str | None) -> dict[str, int]:
    """A reader's choices, ``1f3a5b7c9d1e.3,…``: the place of a colour by method. What is none is left out."""
    found = (_CHOICE.fullmatch(each) for each in (text or "").split(","))
    return {match[1]: int(match[2]) for match in found if match and int(match[2]) < _SLOTS}


def ranks_of(wearers: Sequence[Wearer], chosen: Mapping[str, int] | None = None) -> list[int]:
    """The look of each, as :func:`palette.run_color` and its like take it.

    A method has the colour that was chosen for it; else that of its strategy, else the next one that is free.
    Once all are used up they come again with other dashes and markers.
    """
    slots = _slots(wearers, chosen or {})
    ranks = [0] * len(wearers)
    worn = [0] * _SLOTS
    for place in _oldest_first(wearers):
        slot = slots[wearers[place].method]
        ranks[place] = slot + _SLOTS * worn[slot]
        worn[slot] += 1
    return ranks


def _oldest_first(wearers: Sequence[Wearer]) -> list[int]:
    return sorted(range(len(wearers)), key=lambda place: (wearers[place].first_id, place))


def _slots(wearers: Sequence[Wearer], chosen: Mapping[str, int]) -> dict[str, int]:
    ordered = {wearers[place].method: wearers[place].strategy for place in _oldest_first(wearers)}
    used = [0] * _SLOTS
    slots: dict[str, int] = {}
    for method in ordered:
        if method in chosen and not used[chosen[method]]:
            slots[method] = chosen[method]
            used[chosen[method]] += 1
    kinds = list(STRATEGIES)
    own_slots = {
        method: kinds.index(strategy) % _SLOTS if strategy in kinds else 0
        for method, strategy in ordered.items()
        if method not in slots
    }
    # Whose own colour was given away comes last, so that nobody else changes theirs.
    for method in sorted(own_slots, key=lambda method: bool(used[own_slots[method]])):
        own = own_slots[method]
        # The least used one, from its own on.
        _, _, slot = min((used[slot], (slot - own) % _SLOTS, slot) for slot in range(_SLOTS))
        slots[method] = slot
        used[slot] += 1
    return slots
