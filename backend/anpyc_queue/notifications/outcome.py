"""How an attempt to send went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from anpyc_queue.errors import ServiceError


@dataclass(frozen=True)
class Outcome:
    """sent: it was taken. later: it did not arrive, and may do so at another try. never: it did not arrive
    and will not. unsure: it may have arrived, so it is not sent again."""

    how: Literal["sent", "later", "never", "unsure"]
    trouble: str = ""


SENT = Outcome("sent")


class NotLet(ServiceError):
    """The operator does not let notifications go there."""

    status = 422
    code = "not_allowed"


class BadAddress(ServiceError):
    """Nothing can be sent to such an address."""

    status = 422
    code = "invalid"
