"""/api/runs/{id}/whatif"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Header, Path, Query, Response

from anpyc_server.errors import documented, once_more
from anpyc_server.parameters import RunId, TaskNumber
from anpyc_server.resources.whatif import service
from anpyc_server.resources.whatif.schemas import WhatIfAnswer, WhatIfJob, WhatIfRequest
from anpyc_server.services import ByHere, ServicesHere

router = APIRouter(prefix="/runs/{run_id}/whatif", tags=["what if"])

WhatIfId = Annotated[str, Path(description="The job's id.", max_length=64)]


@router.post("", status_code=201, responses=once_more(WhatIfJob) | documented(404, 409, 413))
def ask_what_if(
    run_id: RunId,
    services: ServicesHere,
    response: Response,
    by: ByHere,
    request: Annotated[WhatIfRequest | None, Body()] = None,
    idempotency_key: Annotated[str | None, Header(max_length=200, min_length=1)] = None,
) -> WhatIfJob:
    """Have every seen task tested at pruned shares. With a key that was used before: that job, and 200."""
    job, created = service.ask(services, run_id, request or WhatIfRequest(), idempotency_key, by)
    if not created:
        response.status_code = 200
    return job


@router.get("", responses=documented(404))
def get_what_if(
    run_id: RunId,
    services: ServicesHere,
    task: Annotated[TaskNumber | None, Query(description="Without it: the newest that is stored.")] = None,
) -> WhatIfAnswer:
    """What was measured at a task's end, as far as it has come, and what can be."""
    return service.answer(services, run_id, task)


@router.post("/{what_if_id}/cancel", responses=documented(404, 409))
def cancel_what_if(run_id: RunId, what_if_id: WhatIfId, services: ServicesHere, by: ByHere) -> WhatIfJob:
    """Cancel a waiting job at once, ask one that is measured to stop. What was measured stays."""
    return service.cancel(services, run_id, what_if_id, by)
