"""Holding parameters near where earlier tasks left them: the quadratic penalty and its two ways of being
taken.

Penalty: λ·Σ Ω·(θ − θ_old)², no factor ½; a strategy whose paper has one passes λ/2.

``explicit`` adds its gradient 2·λ·Ω·(θ − θ_old) to that of the loss, as the papers do, and diverges once
2·lr·λ·Ω > 1. ``closed_form`` takes the proximal step θ ← (θ′ + c·θ_old) / (1 + c), c = 2·lr·λ·Ω, after each
optimizer step: stable for every λ."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

ConsolidationStep = Literal["explicit", "closed_form"]


class Consolidation:
    """The strengths Ω and the anchor θ_old of one network's flat body parameters."""

    def __init__(self, theta: Tensor, lam: float, step: ConsolidationStep) -> None:
        self._theta = theta
        self._lam = lam
        self._step = step
        self.strength = torch.zeros_like(theta)
        self.anchor = theta.clone()
        self._active = False
        self._constant = torch.zeros((), dtype=torch.float64, device=theta.device)
        """What the penalty is at the anchor, before λ."""
        self._pull = torch.empty(0)
        """c / (1 + c) for the learning rate that it was last computed for."""
        self._pull_lr = -1.0

    def anchor_here(self) -> None:
        """Hold to the parameters as they are now."""
        self.anchor.copy_(self._theta)
        self._refresh()

    def set_strength(self, strength: Tensor) -> None:
        self.strength.copy_(strength)
        self._refresh()

    def add_term(self, strength: Tensor) -> None:
        """A further penalty Ω·(θ − θ_now)² beside the earlier ones, each with an anchor of its own.

        Quadratics add up to one quadratic: strengths sum, the anchor is their weighted mean, and a constant
        remains."""
        total = self.strength + strength
        share = torch.where(total > 0, strength / total, 0)
        gap = self._theta - self.anchor
        self._constant += (self.strength * share * gap.square()).sum()
        self.anchor.lerp_(self._theta, share)  # to the bit where nothing held before
        self.strength.copy_(total)
        self._refresh()

    def add_gradient(self, gradient: Tensor) -> None:
        """The explicit step: to be called before the optimizer's."""
        if self._active and self._step == "explicit":
            gradient.addcmul_(self.strength, self._theta - self.anchor, value=2 * self._lam)

    def pull_back(self, lr: float) -> None:
        """The closed form: to be called after the optimizer's step."""
        if not self._active or self._step != "closed_form":
            return
        if lr != self._pull_lr:
            c = self.strength * (2 * lr * self._lam)
            self._pull, self._pull_lr = c / (1 + c), lr
        self._theta.lerp_(self.anchor, self._pull)

    def value(self) -> Tensor | None:
        """λ·Σ Ω·(θ − θ_old)², on the device; None while nothing is held."""
        if not self._active:
            return None
        distance = (self.strength * (self._theta - self.anchor).square_()).sum().double()
        return (distance + self._constant).mul_(self._lam)

    def divergence_cause(self, lr: float) -> str | None:
        """Says so where the explicit step cannot be stable."""
        reach = 2 * lr * self._lam * float(self.strength.max())
        if self._step == "explicit" and reach > 1:
            return (
                f"2·lr·λ·Ω reaches {reach:.3g} and the explicit consolidation step diverges above 1: "
                "take the closed form, or a smaller λ or learning rate"
            )
        return None

    def state_dict(self) -> dict[str, Tensor]:
        return {"strength": self.strength, "anchor": self.anchor, "constant": self._constant}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self.strength.copy_(state["strength"])
        self.anchor.copy_(state["anchor"])
        self._constant.copy_(state["constant"])
        self._refresh()

    def _refresh(self) -> None:
        self._active = self._lam > 0 and bool((self.strength > 0).any())
        self._pull_lr = -1.0
