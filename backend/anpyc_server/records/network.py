"""Whether two runs train the same network, so that weight lies on weight."""

from __future__ import annotations

from anpyc_queue.tables import Run
from anpyc_server.errors import Missing
from anpyc_server.wording import count


class OtherNetwork(Missing):
    """What two runs of different networks cannot show side by side."""

    status = 409
    code = "other_network"


def check_same_network(run: Run, other: Run) -> None:
    """Layers of the same names and shapes.

    :raises OtherNetwork: says the first layer that differs.
    """
    one, two = _shapes(run), _shapes(other)
    if not one or not two:
        waiting = other if one else run
        raise OtherNetwork(f"{waiting.name} has not begun, so its layers are not known yet.")
    if one == two:
        return
    layer = next(name for name in [*one, *two] if one.get(name) != two.get(name))
    raise OtherNetwork(
        f"{run.name} and {other.name} are not the same network: {layer} is {_said(one.get(layer))} in the "
        f"one and {_said(two.get(layer))} in the other. Choose a run whose network has the same layers."
    )


def _shapes(run: Run) -> dict[str, list[int]]:
    return {layer["name"]: list(layer["shape"]) for layer in run.plan.get("layers", [])}


def _said(shape: list[int] | None) -> str:
    return "missing" if shape is None else " × ".join(count(side) for side in shape)
