"""Between the host and the device, without making the host wait more than it must."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor there. A GPU copies by itself from memory that is pinned, and the host goes on."""
    if device.type != "cuda" or tensor.is_cuda:
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def to_host(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Copies on the CPU, contiguous, each in memory of its own. A GPU is waited for once for all of them."""
    if not any(tensor.is_cuda for tensor in tensors):
        return [tensor.detach().contiguous().clone() for tensor in tensors]
    copies = [t.detach().contiguous().to("cpu", non_blocking=True, copy=True) for t in tensors]
    torch.cuda.synchronize()
    return copies
