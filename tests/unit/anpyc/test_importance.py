"""Importance against what its definition says, computed slowly."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from anpyc import image_gradients
from anpyc.capacity import importance_moments
from anpyc.consolidation import Consolidation
from anpyc.importance import (
    fisher_information,
    output_entropy,
    output_sensitivity,
    removal_importance,
)
from anpyc.models import build_network
from anpyc.models.mlp import dropout
from anpyc.network import Network
from anpyc.spec import Model
from anpyc.spec.model import ConvnetModel, MlpModel, Resnet18Model
from anpyc.tasks import Examples, Task

TASK = Task(0, "", 0, slice(0, 3))
CPU = torch.device("cpu")


def small(spec: Model, size: int) -> tuple[Network, Examples]:
    torch.manual_seed(0)
    network = build_network(spec, (1, size, size), [4], CPU)
    return network, Examples(torch.rand(7, 1, size, size), torch.tensor([0, 1, 2, 0, 1, 2, 0]))


@pytest.fixture(params=["mlp", "convnet", "resnet", "mlp, shared head", "convnet, shared head"])
def learnt(request: pytest.FixtureRequest) -> tuple[Network, Examples]:
    """A head of four outputs of which the task uses three; with a shared head its parameters count too."""
    model, _, shared = request.param.partition(", ")
    spec: Model = {
        "mlp": MlpModel(hidden=(6, 5), dropout=0.5),
        "convnet": ConvnetModel(channels=(2, 3, 4), units=5),
        "resnet": Resnet18Model(width=4),
    }[model]
    network, examples = small(spec, 4 if model == "mlp" else 8)
    with torch.no_grad():
        network.train().features(examples.images)  # running statistics that are not 0 and 1
    network.shared_head = bool(shared)
    return network, examples


def gradient(network: Network, value: Tensor) -> Tensor:
    return torch.cat([g.flatten() for g in torch.autograd.grad(value, network.protected_parameters())])


def each_image(network: Network, examples: Examples, function: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """The mean over images, one at a time, of what ``of`` makes of its logits and label."""
    network.eval()
    results = []
    for image, label in zip(examples.images, examples.labels, strict=True):
        logits = network(image.unsqueeze(0), 0, slice(0, 3))[0]
        results.append(function(logits, label))
    return torch.stack(results).mean(0)


def test_exact_fisher_is_the_expectation_over_classes(learnt: tuple[Network, Examples]) -> None:
    network, examples = learnt

    def expected(logits: Tensor, _label: Tensor) -> Tensor:
        log_p = F.log_softmax(logits, 0)
        squares = [gradient_of(log_p[c]) * log_p[c].exp().detach() for c in range(3)]
        return sum(squares, torch.zeros(()))

    def gradient_of(value: Tensor) -> Tensor:
        parts = torch.autograd.grad(value, network.protected_parameters(), retain_graph=True)
        return torch.cat([g.flatten() for g in parts]).square()

    slow = each_image(network, examples, expected)
    assert torch.allclose(fisher_information(network, TASK, examples, "exact", 3), slow, atol=1e-7)


@pytest.mark.parametrize("kind", ["predicted", "empirical_sample"])
def test_fisher_of_one_class_is_its_squared_gradient(learnt: tuple[Network, Examples], kind: str) -> None:
    network, examples = learnt

    def expected(logits: Tensor, label: Tensor) -> Tensor:
        c = logits.argmax() if kind == "predicted" else label
        return gradient(network, F.log_softmax(logits, 0)[c]).square()

    slow = each_image(network, examples, expected)
    assert torch.allclose(fisher_information(network, TASK, examples, kind, 4), slow, atol=1e-7)


def test_batch_fisher_squares_the_gradient_of_batches(learnt: tuple[Network, Examples]) -> None:
    network, examples = learnt
    network.eval()
    loss = F.cross_entropy(network(examples.images, 0, slice(0, 3)), examples.labels)
    slow = gradient(network, loss).square()
    assert torch.allclose(fisher_information(network, TASK, examples, "empirical_batch", 7), slow, atol=1e-9)


def test_fast_features_are_those_in_full_precision_up_to_rounding(learnt: tuple[Network, Examples]) -> None:
    network, examples = learnt
    network.eval()
    full = network.features(examples.images)
    network.fast = True
    fast = network.features(examples.images)
    assert fast.dtype == torch.float32
    assert torch.allclose(fast, full, rtol=0.03, atol=0.01)
    assert not torch.equal(fast, full), "the layers ran in bfloat16"
    coarse = gradient(network, network.logits(fast, 0, TASK.classes).square().sum())
    network.fast = False
    exact = gradient(network, network.logits(full, 0, TASK.classes).square().sum())
    assert coarse.dtype == torch.float32
    assert torch.nn.functional.cosine_similarity(coarse, exact, dim=0) > 0.999


def test_sensitivity_is_the_mean_absolute_gradient(learnt: tuple[Network, Examples]) -> None:
    network, examples = learnt
    slow = each_image(network, examples, lambda z, _: gradient(network, z.square().sum()).abs())
    assert torch.allclose(output_sensitivity(network, TASK, examples, "sample", 3), slow, atol=1e-6)


def test_removal_importance_is_its_formula_batch_by_batch(learnt: tuple[Network, Examples]) -> None:
    network, examples = learnt
    network.eval()
    terms = []
    for start in (0, 4):
        entropy = output_entropy(network(examples.images[start : start + 3], 0, slice(0, 3))).sum()
        a = gradient(network, entropy) * network.protected_flat
        terms.append((a + a**2 / 2).clamp(min=0))
    fast = removal_importance(network, TASK, examples, 3, skip=1)
    assert torch.allclose(fast, torch.stack(terms).mean(0), atol=1e-8)
    assert (fast == 0).any()
    assert (fast > 0).any()


def test_entropy_is_finite_for_certain_outputs() -> None:
    logits = torch.tensor([[1e4, -1e4, 0.0], [0.0, 0.0, 0.0]], requires_grad=True)
    entropy = output_entropy(logits)
    entropy.sum().backward()  # type: ignore[no-untyped-call]
    assert entropy.tolist() == pytest.approx([0, torch.log(torch.tensor(3.0)).item()])
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_terms_with_their_own_anchors_add_up_to_one_quadratic() -> None:
    torch.manual_seed(1)
    theta = torch.randn(20)
    consolidation = Consolidation(theta, 0.7, "explicit")
    terms = []
    for _ in range(3):
        theta.copy_(torch.randn(20))
        strength = torch.rand(20)
        strength[:5] = 0
        consolidation.add_term(strength)
        terms.append((strength, theta.clone()))
    theta.copy_(torch.randn(20))
    expected = sum(0.7 * float((s * (theta - anchor) ** 2).sum()) for s, anchor in terms)
    assert consolidation.value() == pytest.approx(expected, rel=1e-5)
    pull = torch.zeros(20)
    consolidation.add_gradient(pull)
    slow = sum((2 * 0.7 * s * (theta - anchor) for s, anchor in terms), torch.zeros(20))
    assert torch.allclose(pull, slow, atol=1e-5)


def test_the_closed_form_is_the_minimum_of_the_penalty_around_the_step() -> None:
    theta = torch.tensor([1.0, 1.0, 1.0])
    consolidation = Consolidation(theta, 2.0, "closed_form")
    consolidation.set_strength(torch.tensor([0.0, 1.0, 1e6]))
    theta.copy_(torch.tensor([3.0, 3.0, 3.0]))
    consolidation.pull_back(lr=0.25)
    assert theta.tolist() == pytest.approx([3.0, 2.0, 1.0], abs=1e-4)


def test_moments_are_those_of_the_distribution() -> None:
    values = torch.tensor([0.0, 0.0, 0.0, 4.0])
    skewness, kurtosis = importance_moments(values)
    assert skewness == pytest.approx(1.1547, abs=1e-4)
    assert kurtosis == pytest.approx(2.3333, abs=1e-4)
    assert importance_moments(torch.full((5,), 0.3)) == (None, None)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.8])
def test_dropout_silences_its_share_and_keeps_the_mean(probability: float) -> None:
    torch.manual_seed(0)
    x = torch.ones(301, 333)
    dropped = dropout(x, probability)
    assert float((dropped == 0).float().mean()) == pytest.approx(probability, abs=0.01)
    assert float(dropped.mean()) == pytest.approx(1, abs=0.02)
    first, second = dropped[:, ::2][:, :166] == 0, dropped[:, 1::2] == 0
    both = float((first & second).float().mean())
    assert both == pytest.approx(probability**2, abs=0.01), "units are silenced independently"


def test_a_body_of_unknown_layers_takes_a_gradient_per_image(
    learnt: tuple[Network, Examples], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, examples = learnt
    by_layer = fisher_information(network, TASK, examples, "exact", 3)
    monkeypatch.setattr(image_gradients, "_is_known", lambda _module: False)
    by_image = fisher_information(network, TASK, examples, "exact", 3)
    torch.testing.assert_close(by_image, by_layer, rtol=1e-4, atol=1e-7)
