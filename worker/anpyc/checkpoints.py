"""The whole state of a run as safetensors and JSON, and back. No pickle."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from safetensors.torch import load, save
from torch import Tensor

from anpyc.errors import CheckpointMismatch
from anpyc.network import Network
from anpyc.recording import Checkpoint
from anpyc.spec import RunSpec, SpecError, parse_spec
from anpyc.strategies.base import Strategy
from anpyc.transfer import to_host

VERSION = 4


def pack_tensors(parts: Mapping[str, Mapping[str, Tensor]]) -> bytes:
    """Named groups of tensors as one safetensors file."""
    flat = {f"{part}/{name}": t for part, group in parts.items() for name, t in group.items()}
    return save(dict(zip(flat, to_host(list(flat.values())), strict=True)))


def unpack_tensors(data: bytes, device: torch.device) -> dict[str, dict[str, Tensor]]:
    """The groups again; random states stay on the CPU, where torch wants them."""
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in load(data).items():
        part, _, rest = name.partition("/")
        parts.setdefault(part, {})[rest] = tensor if part == "random" else tensor.to(device)
    return parts


def pack_outcome(network: Network, strategy: Strategy) -> bytes:
    """What the tasks learnt so far are tested with: a fraction of the whole state."""
    state = strategy.state_dict()
    return pack_tensors(
        {
            "network": {"flat": network.flat, **dict(network.named_buffers())},
            "strategy": {name: state[name] for name in strategy.tested_with()},
        }
    )


def restore_outcome(outcome: bytes, network: Network, strategy: Strategy) -> None:
    """The network and as much of the strategy as testing needs, as they were at the task's end."""
    tensors = unpack_tensors(outcome, network.flat.device)
    restore_network(network, tensors["network"])
    if "strategy" in tensors:
        strategy.load_state_dict(strategy.state_dict() | tensors["strategy"])


def restore_network(network: Network, saved: Mapping[str, Tensor]) -> None:
    """Parameters and buffers."""
    network.flat.copy_(saved["flat"])
    for name, buffer in network.named_buffers():
        buffer.copy_(saved[name])


def identity(spec: RunSpec) -> dict[str, object]:
    """What two specifications must have in common for one to go on from the other's checkpoint."""
    return spec.model_dump(mode="json", exclude={"name", "device"})


def check_belongs(checkpoint: Checkpoint, spec: RunSpec) -> None:
    """:raises CheckpointMismatch: if the checkpoint is of another run or another version of this package."""
    if checkpoint.state.get("version") != VERSION:
        raise CheckpointMismatch(
            "The checkpoint was written by another version of this package; start the run anew."
        )
    if not _describes(checkpoint.state.get("spec"), spec):
        raise CheckpointMismatch(
            "The checkpoint belongs to a run with another specification; resume with the one it was started "
            "with, or start anew."
        )


def _describes(saved: object, spec: RunSpec) -> bool:
    """Whether it is the specification of the same run; what has become a setting since has its default."""
    try:
        return isinstance(saved, Mapping) and identity(parse_spec(saved)) == identity(spec)
    except SpecError:
        return False
