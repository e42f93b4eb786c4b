"""Importance and masks against the authors' own functions on fixed weights and the first images of MNIST."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from anpyc.datasets.reading import load_dataset
from anpyc.importance import removal_importance
from anpyc.models import build_network
from anpyc.network import Network
from anpyc.pruning import claimed, first_mask
from anpyc.spec.dataset import MnistDataset
from anpyc.spec.model import MlpModel
from anpyc.tasks import Examples, Task

HERE = Path(__file__).parent
TENSORS = {"W1": "fc1.weight", "b1": "fc1.bias", "W2": "fc2.weight", "b2": "fc2.bias"}
"""The authors' names and ours; their weights are (inputs, outputs)."""

Arrays = Mapping[str, npt.NDArray[np.float32]]
Measured = tuple[Arrays, Arrays]


@pytest.fixture(scope="module")
def golden() -> Arrays:
    with np.load(HERE / "data" / "authors_importance_and_masks.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def network(golden: Arrays) -> Network:
    built = build_network(MlpModel(hidden=(64, 32)), (1, 28, 28), [10], torch.device("cpu"))
    weights = {**{TENSORS[name]: golden[name] for name in TENSORS}}
    for name, parameter in built.body.named_parameters():
        parameter.data.copy_(torch.from_numpy(weights[name].T.copy()))
    built.heads[0].weight.data.copy_(torch.from_numpy(golden["W_out"].T.copy()))  # type: ignore[operator]
    built.heads[0].bias.data.copy_(torch.from_numpy(golden["b_out"]))  # type: ignore[operator]
    return built


@pytest.fixture(scope="module")
def measured(network: Network, golden: Arrays, mnist: Path) -> Measured:
    """Our importance over the first and the second n training images of MNIST, under the authors' names."""
    n = int(golden["n_images"])
    images = load_dataset(MnistDataset(), mnist).train

    def over(start: int, stop: int) -> Arrays:
        examples = Examples(images.floats(slice(start, stop), torch.device("cpu")), images.labels[start:stop])
        flat = removal_importance(network, Task(0, "", 0, slice(0, 10)), examples, 99, 1)
        ours = {s.layer.name: s.of(flat).numpy().T for s in network.segments}
        return {name: ours[other] for name, other in TENSORS.items()}

    return over(0, n), over(n, 2 * n)


@pytest.mark.parametrize(("prefix", "part"), [("omega", 0), ("omega2", 1)])
def test_importance_is_the_authors(measured: Measured, golden: Arrays, prefix: str, part: int) -> None:
    for name in TENSORS:
        theirs = golden[f"{prefix}_{name}"]
        assert np.linalg.norm(measured[part][name] - theirs) <= 1e-4 * np.linalg.norm(theirs), name


def packed(golden: Arrays, key: str, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    bits = np.unpackbits(golden[key].astype(np.uint8), count=int(np.prod(shape)))
    return bits.reshape(shape).astype(bool)


def assert_equal_off_threshold(
    ours: torch.Tensor,
    theirs: npt.NDArray[np.bool_],
    importance: torch.Tensor,
    values: torch.Tensor,
    q: float,
) -> None:
    threshold = float(np.percentile(values.numpy(), q))
    clear = (importance - threshold).abs().numpy() > 1e-6 * abs(threshold)
    clear |= importance.numpy() == 0
    assert clear.mean() > 0.9
    assert (ours.numpy() == theirs)[clear].all()


@pytest.mark.parametrize("source", ["authors", "ours"])
@pytest.mark.parametrize("q", [10, 30, 50])
@pytest.mark.parametrize("name", TENSORS)
def test_first_masks_are_the_authors(
    measured: Measured, golden: Arrays, name: str, q: int, source: str
) -> None:
    omega = golden[f"omega_{name}"] if source == "authors" else measured[0][name]
    importance = torch.from_numpy(np.ascontiguousarray(omega))
    theirs = packed(golden, f"first_mask_p{q}_{name}", importance.shape)
    assert_equal_off_threshold(first_mask(importance, q), theirs, importance, importance, q)


@pytest.mark.parametrize("source", ["authors", "ours"])
@pytest.mark.parametrize("q", [10, 20, 40])
@pytest.mark.parametrize("name", TENSORS)
def test_later_masks_are_the_authors(
    measured: Measured, golden: Arrays, name: str, q: int, source: str
) -> None:
    omega = golden[f"omega2_{name}"] if source == "authors" else measured[1][name]
    importance = torch.from_numpy(np.ascontiguousarray(omega))
    previous = torch.from_numpy(packed(golden, f"first_mask_p50_{name}", importance.shape))
    theirs = packed(golden, f"next_mask_p{q}_{name}", importance.shape)
    ours = previous | claimed(importance, previous, q)
    assert_equal_off_threshold(ours, theirs, importance, importance[~previous], q)
