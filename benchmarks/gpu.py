"""A GPU against bare loops in the same process: iterations per second, of one run and of many trained as one,
waits, a whole run, ResNet-18.

    ANPYC_DATASETS_DIR=… python benchmarks/gpu.py [--images own_images.zip] [--parts as_one …] [--device cpu]

The bare loops train one network of torch modules with ``torch.optim`` and do nothing else: as written, and
with the step captured in a CUDA graph. Ours select batches, penalise, mask, record and evaluate as in any
run. Exits with 1 where a bound is missed: 3.5 times the bare loop as written and 0.9 of its CUDA graph for
both MLPs, with 64 runs as one 64 and 22 times the bare loop as written (60 and 20 times a run alone before
its steps were captured), 1.5 times the bare ResNet-18 in bfloat16, two waits for the device from one epoch of
a round to the next, equal runs when repeated and when resumed. Without a GPU it says so and ends with 2.
``--device cpu`` tries the script itself with few steps, and judges nothing."""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import pairwise
from statistics import median
from typing import Any

import torch
from _silent import Silent
from torch import Tensor, nn
from torch.nn import functional as F

from anpyc.datasets.reading import load_dataset
from anpyc.network import Network
from anpyc.presets import PRESETS
from anpyc.recording import Checkpoint, EpochResult
from anpyc.settings import settings
from anpyc.spec import parse_spec
from anpyc.spec.dataset import MnistDataset
from anpyc.stacking import Member, train_together
from anpyc.training import RunResult, train

DEVICE = "cuda"
STEPS = 2_000
STEPS_AS_ONE = 600
TURNS = 3
MLPS: dict[tuple[int, ...], int] = {(1000, 1000): 128, (64, 32): 256}
"""Hidden units → images per batch."""
RUNS = 64
AS_ONE = (22, 64)
"""For each of these networks, times the bare loop as written."""
STRATEGIES: list[dict[str, Any]] = [
    {"kind": "finetune"},
    {"kind": "ewc", "fisher_images": 2_000},
    {"kind": "si"},
    {"kind": "lwf"},
    {"kind": "packnet"},
    {"kind": "anpyc", "importance_images": 2_000},
]


class Clock(Silent):
    """The epochs and checkpoints of a run."""

    def __init__(self, caught: Sequence[object] = ()) -> None:
        self.epochs: list[EpochResult] = []
        self.checkpoints: list[Checkpoint] = []
        self.waits: list[int] = []
        """Warnings caught when an epoch was reported."""
        self._caught = caught

    def epoch(self, result: EpochResult) -> None:
        self.epochs.append(result)
        self.waits.append(sum("synchronizing CUDA operation" in str(w) for w in self._caught))

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        self.checkpoints.append(checkpoint)


def run(
    spec: Mapping[str, Any], checkpoint: Checkpoint | None = None, caught: Sequence[object] = ()
) -> tuple[RunResult, Clock, float]:
    """A run on the GPU: its result, its epochs, and the seconds of it all."""
    clock = Clock(caught)
    started = time.perf_counter()
    directory = settings().datasets
    parsed = parse_spec({**spec, "device": DEVICE})
    result = train(parsed, clock, datasets_dir=directory, checkpoint=checkpoint)
    synchronize()
    return result, clock, time.perf_counter() - started


def synchronize() -> None:
    """Wait until the device has done everything."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def permuted(strategy: Mapping[str, Any], **training: object) -> dict[str, Any]:
    """Permuted MNIST after van de Ven's protocol, with another strategy."""
    spec = PRESETS["vandeven-permuted-mnist-ewc"].model_dump(mode="json")
    spec["strategy"] = dict(strategy)
    spec["benchmark"]["tasks"] = 3
    spec["training"] |= training
    return spec


def mlp(hidden: Sequence[int]) -> nn.Sequential:
    sizes = [784, *hidden]
    layers = [m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 10)).to(DEVICE)


def bare_mlp(hidden: Sequence[int], batch: int, *, graph: bool) -> float:
    """Iterations per second of a bare loop with Adam; the best of three turns."""
    data = load_dataset(MnistDataset(), settings().datasets).train
    images, labels = data.pixels.float().div_(255).flatten(1).to(DEVICE), data.labels.to(DEVICE)
    network = mlp(hidden)
    optimizer = torch.optim.Adam(network.parameters(), 1e-4, capturable=graph and DEVICE == "cuda")

    def step(x: Tensor, y: Tensor) -> None:
        optimizer.zero_grad(set_to_none=not graph)
        F.cross_entropy(network(x), y).backward()
        optimizer.step()

    x, y = torch.empty(batch, 784, device=DEVICE), torch.zeros(batch, dtype=torch.int64, device=DEVICE)
    replay = captured(lambda: step(x, y)) if graph else None
    rates = []
    for _ in range(TURNS):
        synchronize()
        started = time.perf_counter()
        order = torch.randperm(len(images), device=DEVICE)
        for i in range(STEPS):
            start = i * batch % (len(images) - batch)
            chosen = order[start : start + batch]
            if replay is None:
                step(images[chosen], labels[chosen])
            else:
                x.copy_(images[chosen])
                y.copy_(labels[chosen])
                replay()
        synchronize()
        rates.append(STEPS / (time.perf_counter() - started))
    return max(rates)


def captured(body: Callable[[], None]) -> Callable[[], None]:
    """A step as a CUDA graph, in the way that torch's manual shows."""
    if DEVICE == "cpu":
        return body
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            body()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        body()
    return graph.replay


def iterations() -> bool:
    """Ours against the bare loops."""
    met = True
    for hidden, batch in MLPS.items():
        eager, graph = bare_mlp(hidden, batch, graph=False), bare_mlp(hidden, batch, graph=True)
        print(f"MLP {hidden}, batch {batch}: bare {eager:,.0f} it/s, bare CUDA graph {graph:,.0f}")
        for strategy in (STRATEGIES[0], STRATEGIES[1], STRATEGIES[-1]):
            spec = permuted(strategy, iterations=STEPS, batch_size=batch)
            spec["model"] = {"kind": "mlp", "hidden": list(hidden)}
            _, clock, seconds = run(spec)
            own = [e.seconds for e in clock.epochs if e.task > 0 and e.round == 0]
            rate = STEPS / 10 / median(own)
            met &= rate >= 3.5 * eager and rate >= 0.9 * graph
            inside = sum(epoch.seconds for epoch in clock.epochs)
            print(
                f"  {strategy['kind']}: {rate:,.0f} it/s, {rate / eager:.2f} × bare, {rate / graph:.2f} × "
                f"its graph; the run {seconds:.1f} s, {inside:.1f} s of it training"
            )
    return met


def as_one() -> bool:
    """64 runs that differ in seed and λ, trained as one."""
    met = True
    for (hidden, batch), bound in zip(reversed(MLPS.items()), reversed(AS_ONE), strict=True):
        eager = bare_mlp(hidden, batch, graph=False)
        for strategy in (STRATEGIES[0], STRATEGIES[1], {**STRATEGIES[-1], "prune_step": 50}):
            spec = permuted(strategy, iterations=STEPS_AS_ONE, batch_size=batch)
            spec["model"] = {"kind": "mlp", "hidden": list(hidden)}
            spec["benchmark"]["tasks"] = 2
            specs = [parse_spec({**spec, "device": DEVICE, "seed": seed}) for seed in range(RUNS)]
            clocks = [Clock() for _ in specs]
            if DEVICE == "cuda":
                torch.cuda.reset_peak_memory_stats()
            began = time.perf_counter()
            members = [Member(own, clock) for own, clock in zip(specs, clocks, strict=True)]
            for outcome in train_together(members, datasets_dir=settings().datasets):
                if isinstance(outcome, Exception):
                    raise outcome
            together = time.perf_counter() - began
            memory = torch.cuda.max_memory_allocated() if DEVICE == "cuda" else 0
            _, alone, seconds = run(spec | {"seed": 1})
            own = [e.seconds for e in clocks[0].epochs if e.task > 0 and e.round == 0]
            rate = RUNS * STEPS_AS_ONE / 10 / median(own)
            apart = abs(alone.epochs[0].loss - clocks[1].epochs[0].loss)
            met &= rate >= bound * eager
            print(
                f"  {RUNS} runs {hidden}, batch {batch}, {strategy['kind']}: {rate:,.0f} runs × it/s, "
                f"{rate / eager:.1f} × the bare loop; all {together:.1f} s, one alone {seconds:.1f} s: "
                f"{RUNS * seconds / together:.1f} ×; {memory / 2**30:.1f} GiB; "
                f"mean loss of the first epoch {apart:.1e} from it alone",
                flush=True,
            )
    return met


def waits() -> bool:
    """How often the host waited for the device, as torch counts it."""
    met = True
    for strategy in STRATEGIES:
        if DEVICE == "cuda":
            torch.cuda.set_sync_debug_mode("warn")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            _, clock, _ = run(permuted(strategy, iterations=STEPS_AS_ONE, evaluate_every=1), caught=caught)
        if DEVICE == "cuda":
            torch.cuda.set_sync_debug_mode("default")
        reports = list(zip(clock.epochs, clock.waits, strict=True))
        between = [
            after - before
            for (first, before), (second, after) in pairwise(reports)
            if (first.task, first.round) == (second.task, second.round)
        ]
        met &= max(between) <= 2
        print(
            f"{strategy['kind']}: at most {max(between)} waits from epoch to epoch, each with an evaluation; "
            f"{clock.waits[-1]} in all {len(reports)} epochs, data and tasks' ends included"
        )
    return met


def repeats() -> bool:
    """A run twice, and once more from a checkpoint in its middle."""
    spec = permuted(STRATEGIES[-1], iterations=STEPS_AS_ONE)
    spec["model"] = {"kind": "mlp", "hidden": [64, 32], "dropout": 0.2}
    first, clock, _ = run(spec)
    second, _, _ = run(spec)
    resumed, _, _ = run(spec, clock.checkpoints[len(clock.checkpoints) // 2])
    equal = first.accuracy == second.accuracy, first.accuracy == resumed.accuracy
    print(
        f"repeated: {'equal' if equal[0] else 'NOT equal'}; resumed: {'equal' if equal[1] else 'NOT equal'}"
    )
    return all(equal)


def whole_run() -> bool:
    """EWC after van de Ven's protocol with three tasks of 3,000 iterations."""
    _, clock, seconds = run(permuted({"kind": "ewc"} | _ewc(), iterations=3_000 if DEVICE == "cuda" else 30))
    training = sum(epoch.seconds for epoch in clock.epochs)
    print(f"EWC, three tasks of 3,000 iterations: {seconds:.1f} s, {training:.1f} s of it training")
    return True


def _ewc() -> dict[str, Any]:
    return PRESETS["vandeven-permuted-mnist-ewc"].model_dump(mode="json")["strategy"]


def resnet(images: str) -> bool:
    """ResNet-18 of 64 channels, batch 128, seconds per 10,000 images."""
    bare = bare_resnet()
    print(f"ResNet-18, bare in bfloat16, channels last: {bare:.2f} s per 10,000 images")
    met = True
    for precision, name, conditions in (
        ("full", "full", nullcontext()),
        ("full", "TF32 in all products", tf32()),
        ("fast", "fast", nullcontext()),
        ("fast", "fast, compiled", compiled()),
    ):
        spec = permuted(STRATEGIES[0], iterations=None, epochs=6, evaluate_every=100, batch_size=128)
        spec["training"] |= {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9, "precision": precision}
        spec["model"] = {"kind": "resnet18", "width": 64 if DEVICE == "cuda" else 4}
        spec["dataset"] = {"kind": "images", "file": images, "standardise": True}
        spec["benchmark"] = {"kind": "split", "tasks": 1, "classes_per_task": 10}
        if DEVICE == "cpu":
            spec["dataset"]["train_limit"] = 256
        with conditions:
            if name.endswith("compiled"):
                run(spec)  # compiles
            result, clock, whole = run(spec)
        seconds = median([epoch.seconds for epoch in clock.epochs][1:])
        accuracy = 100 * (result.accuracy[0][0] or 0)
        met &= name != "fast" or bare / seconds >= 1.5
        print(
            f"  {name}: {seconds:.2f} s, {bare / seconds:.2f} × bare; {accuracy:.1f} % after six epochs; "
            f"the run {whole:.1f} s",
            flush=True,
        )
    return met


@contextmanager
def tf32() -> Iterator[None]:
    """Products outside convolutions in TF32 too, which torch takes in convolutions by itself."""
    matmul = torch.backends.cuda.matmul
    before, matmul.fp32_precision = matmul.fp32_precision, "tf32"
    try:
        yield
    finally:
        matmul.fp32_precision = before


@contextmanager
def compiled() -> Iterator[None]:
    """The body's features through torch.compile, to see what that would be worth."""
    features = Network.features
    Network.features = torch.compile(features, dynamic=False)  # type: ignore[method-assign]
    started = time.perf_counter()
    try:
        yield
    finally:
        Network.features = features  # type: ignore[method-assign]
        print(f"  compiling and two runs: {time.perf_counter() - started:.0f} s")


def bare_resnet() -> float:
    """Seconds per 10,000 images of a bare loop over torchvision's network with a first layer for 32×32."""
    from torchvision.models import resnet18

    network = resnet18(num_classes=10)
    network.conv1, network.maxpool = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Identity()
    network = network.to(DEVICE).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    images = torch.randn(10_000, 3, 32, 32, device=DEVICE).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (10_000,), device=DEVICE)
    seconds = []
    for _ in range(TURNS + 1):
        synchronize()
        started = time.perf_counter()
        for chosen in torch.randperm(10_000, device=DEVICE).split(128):
            optimizer.zero_grad()
            with torch.autocast(DEVICE, torch.bfloat16):
                loss = F.cross_entropy(network(images[chosen]), labels[chosen])
            loss.backward()
            optimizer.step()
        synchronize()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


PARTS: dict[str, Callable[[], bool]] = {
    "as_one": as_one,
    "iterations": iterations,
    "waits": waits,
    "repeats": repeats,
    "whole_run": whole_run,
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--images", help="own images in the folder of data sets, for ResNet-18")
    options.add_argument("--parts", nargs="*", choices=[*PARTS, "resnet"], help="only these")
    options.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    chosen = options.parse_args()
    if chosen.device == "cpu":
        _only_try()
    elif not torch.cuda.is_available():
        print("There is no GPU here, so nothing was measured.")
        return 2
    else:
        print(torch.cuda.get_device_name(), "torch", torch.__version__)
    parts = dict(PARTS)
    if chosen.images:
        parts["resnet"] = lambda: resnet(chosen.images)
    met = {name: part() for name, part in parts.items() if name in (chosen.parts or parts)}
    if chosen.device == "cpu":
        return 0
    print(
        "Missed: " + ", ".join(n for n, good in met.items() if not good)
        if not all(met.values())
        else "All met."
    )
    return 0 if all(met.values()) else 1


def _only_try() -> None:
    global DEVICE, STEPS, STEPS_AS_ONE, TURNS, RUNS
    DEVICE, STEPS, STEPS_AS_ONE, TURNS, RUNS = "cpu", 20, 20, 1, 2


if __name__ == "__main__":
    raise SystemExit(main())
