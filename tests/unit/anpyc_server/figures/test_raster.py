"""A heatmap as bytes is the heatmap as JSON."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anpyc_server.figures import mask_heatmap
from anpyc_server.figures.raster import Raster, tabled
from drawn import decoded
from serving import Server, Trainer

BYTES = "application/octet-stream"


@pytest.fixture(autouse=True)
def _few_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the small layers of the tests count as large."""
    monkeypatch.setattr(mask_heatmap, "MOST_TOLD", 100)


def asked(server: Server, run: Trainer, accept: str, **params: Any) -> Any:
    return server.http.get(
        "/api/figures/mask_heatmap",
        params={"run": run.claim.run_id, "layer": "fc1.weight", **params},
        headers={"Accept": accept},
    )


@pytest.mark.parametrize("size", [16, 512], ids=["several parameters a cell", "one parameter a cell"])
@pytest.mark.parametrize("kind", ["mask", "owner", "importance", "weight"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_is_the_figure(library: Server, finished: Trainer, kind: str, size: int, theme: str) -> None:
    params = {"of": kind, "size": size, "theme": theme, "order": "density"}
    answer = asked(library, finished, f"application/json, {BYTES}", **params)
    assert answer.headers["content-type"] == BYTES
    assert "accept" in answer.headers["vary"].lower()
    drawing, numbers = decoded(answer.content)
    plain = asked(library, finished, "application/json", **params).json()
    expected = plain["data"][0].pop("z")
    if kind == "weight":
        np.testing.assert_allclose(numbers, expected, rtol=1e-3)
    else:
        assert numbers == expected
    assert drawing["data"][0].pop("z") == []
    for words in ("text", "hovertemplate"):
        plain["data"][0].pop(words, None)
    assert drawing == plain


def test_what_is_small_or_empty_is_json(library: Server, finished: Trainer, unpruned: Trainer) -> None:
    few = asked(library, finished, BYTES, rows="0:10", cols="0:10")
    assert few.headers["content-type"] == "application/json"
    assert len(few.json()["data"][0]["text"]) == 10
    nothing = asked(library, unpruned, BYTES)
    assert nothing.json()["layout"]["meta"]["empty"]
    other = library.http.get(
        "/api/figures/loss", params={"run": finished.claim.run_id}, headers={"Accept": BYTES}
    )
    assert other.headers["content-type"] == "application/json"


def test_many_numbers_take_two_bytes_and_gaps_none() -> None:
    z = np.round(np.linspace(-3, 3, 601), 2).reshape(1, -1)
    z[0, 5] = -np.inf
    cells, about = tabled(z, 2, lambda value: f"{value:.1f}")
    assert cells.dtype == np.dtype("<u2")
    assert len(about["words"]) == 600
    assert about["values"][-1] is None
    assert [about["values"][cell] for cell in cells[0]] == [
        None if np.isinf(value) else value for value in z[0].tolist()
    ]
    gaps, described = tabled(np.full((2, 3), np.nan), 2, str)
    assert described == {"rows": 2, "cols": 3, "values": [None], "words": []}
    assert Raster({"data": []}, gaps).encoded()[4:].rstrip(b"\0") == b'{"data":[]} '
