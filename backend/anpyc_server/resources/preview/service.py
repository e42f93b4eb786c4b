"""Previews, judged by the runs that have ended here."""

from __future__ import annotations

from anpyc import preview as science
from anpyc.spec import RunSpec
from anpyc_queue import workers
from anpyc_server.records.changes import changes, in_words, named_after
from anpyc_server.records.limits import too_large
from anpyc_server.records.lookup import find_run
from anpyc_server.records.pace import past_runs
from anpyc_server.resources.preview.schemas import PreviewAnswer
from anpyc_server.services import Services


def preview(services: Services, spec: RunSpec, parent_id: str | None) -> PreviewAnswer:
    """What a run of ``spec`` asks for, and what it changes of its parent.

    :raises NoSuchRun: when there is no such parent, or it was deleted.
    """
    with services.database.read() as session:
        parent = find_run(session, parent_id) if parent_id is not None else None
        changed = changes(parent.spec, spec.model_dump(mode="json")) if parent is not None else []
        named = named_after(session, parent, spec) if parent is not None else spec
        past = past_runs(session, spec.dataset.kind)
        bfloat16 = workers.all_multiply_in_bfloat16(session, spec.device)
    answer = science.preview(spec, services.settings.datasets, past, bfloat16)
    problem = too_large(answer, spec, services.settings)
    return PreviewAnswer(
        tasks=answer.tasks,
        epochs=answer.epochs,
        parameters=answer.parameters,
        bytes=answer.bytes,
        seconds=answer.seconds,
        judged_by=answer.judged_by,
        sentence=answer.sentence,
        warnings=[*([problem] if problem else []), *answer.warnings],
        memory=answer.memory,
        too_large=problem,
        name=named.title(),
        changes=in_words(changed),
    )
