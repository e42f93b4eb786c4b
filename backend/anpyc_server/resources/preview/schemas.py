"""A preview on the wire."""

from __future__ import annotations

from anpyc_server.schemas import Answer


class PreviewAnswer(Answer):
    """What a run asks for."""

    tasks: int
    epochs: int
    """Of the whole run, retraining included."""
    parameters: int
    """Of the network, heads included; without heads where the classes are not known."""
    bytes: int
    """Stored when the run has ended."""
    seconds: float | None
    """Of training: at the pace of a run like it that has ended here, or by a rule of thumb for one core of a
    laptop; null where it is not known how many images there are."""
    sentence: str
    warnings: list[str]
    """What deserves a second look before the run is sent."""
    memory: int
    """Bytes that training takes, roughly."""
    too_large: str | None
    """Why such a run would be refused, with what to change; also the first of the warnings."""
    name: str
    """What the run is called; where it is given no name, the one that is made."""
    changes: list[str]
    """What it has otherwise than its parent: "λ 1 → 10"; the first ones, where there are many."""
