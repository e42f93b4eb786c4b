"""What methods look like in a comparison: colours that belong to them, differ, and can be chosen."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from anpyc_server.figures import palette
from anpyc_server.figures.looks import Wearer, ranks_of, read_colors
from serving import Server, ended, spec

SEEN = {
    "as most do": np.eye(3),
    # Machado et al. (2009), full deficiency, on linear RGB.
    "without red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                    [-0.003882, -0.048116, 1.051998]],
    "without green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                      [-0.011820, 0.042940, 0.968881]],
}  # fmt: skip
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_LAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def linear(color: str) -> Any:
    channels = np.array([int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    light, dark = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (one, other))[::-1]
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("name", "page"), [("light", "#ffffff"), ("dark", "#181c20")])
def test_colours_stand_out_from_the_page_and_from_each_other(name: palette.Name, page: str) -> None:
    colors = palette.THEMES[name].runs
    assert len(colors) == len(palette.THEMES["light"].runs) >= 12
    assert all(contrast(color, page) >= 3 for color in colors)
    for eye, seen in SEEN.items():
        lab = {
            color: np.asarray(TO_LAB)
            @ np.cbrt(np.asarray(TO_CONES) @ np.clip(np.asarray(seen) @ linear(color), 0, 1))
            for color in colors
        }
        least = 0.1 if eye == "as most do" else 0.065
        for one, other in combinations(colors, 2):
            assert np.linalg.norm(lab[one] - lab[other]) >= least, f"{one} and {other} {eye}"


def test_methods_take_colours_of_their_own_and_seeds_share_one() -> None:
    wearers = [
        Wearer("a", "anpyc", "1"), Wearer("a", "anpyc", "2"),
        Wearer("e", "ewc", "3"), Wearer("f", "ewc", "4"),
    ]  # fmt: skip
    ranks = ranks_of(wearers)
    slots = [palette.slot_of(rank) for rank in ranks]
    assert slots[0] == slots[1]
    assert len(set(slots)) == 3
    assert len(set(ranks)) == 4, "seeds of one method differ in dashes and markers"
    assert [palette.run_dash(rank) for rank in ranks] == ["solid", "dash", "solid", "solid"]


def test_a_method_keeps_its_colour_when_newer_ones_join() -> None:
    few = [Wearer("e", "ewc", "3"), Wearer("m", "mas", "5")]
    many = [
        Wearer("z", "ewc", "8"),
        *few,
        *(Wearer(f"n{place}", "ewc", f"9{place}") for place in range(10)),
    ]
    assert ranks_of(many)[1:3] == ranks_of(few)
    assert len({palette.slot_of(rank) for rank in ranks_of(many)}) == 13


def test_a_chosen_colour_is_taken_and_whoever_had_it_takes_another() -> None:
    wearers = [Wearer("a", "anpyc", "1"), Wearer("e", "ewc", "2"), Wearer("m", "mas", "3")]
    before = [palette.slot_of(rank) for rank in ranks_of(wearers)]
    after = [palette.slot_of(rank) for rank in ranks_of(wearers, {"m": before[0]})]
    assert after[2] == before[0]
    assert after[1] == before[1]
    assert len(set(after)) == 3


def test_two_hundred_look_differently() -> None:
    wearers = [Wearer(f"m{place:03}", "ewc", f"{place:03}") for place in range(200)]
    looks = {(palette.slot_of(r), palette.run_dash(r), palette.run_symbol(r)) for r in ranks_of(wearers)}
    assert len(looks) == 200


def test_choices_are_read_leniently() -> None:
    assert read_colors("0123456789ab.3,01ARZ.99,junk") == {"0123456789ab": 3}
    assert read_colors(None) == {}


def test_a_choice_reaches_page_and_figures_alike(server: Server) -> None:
    runs = [ended(server.database, spec(name=kind, strategy={"kind": kind}), 0.9) for kind in ("ewc", "mas")]
    columns = server.get("/api/compare", run=runs)["columns"]
    assert columns[0]["color"] != columns[1]["color"]
    chosen = f"{columns[0]['method']}.{columns[1]['slot']}"
    columns = server.get("/api/compare", run=runs, colors=chosen)["columns"]
    figure = server.get("/api/figures/parallel_coordinates", run=runs, colors=chosen)
    assert columns[0]["color"] == palette.THEMES["light"].runs[columns[0]["slot"]]
    assert [trace["line"]["color"] for trace in figure["data"]] == [column["color"] for column in columns]
    assert columns[0]["color"] != columns[1]["color"]
    refused = server.http.get("/api/compare", params={"run": runs, "colors": "a b"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "colors")
